"""What `pyproject.toml` asks for, what the code imports and what `docs/dependencies.md` tells are the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, files, metadata, packages_distributions

import pytest
from reading_docs import DOCS, ROOT, table

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTED = {row[0]: row[1:] for row in table(DOCS["docs/dependencies.md"], "dependency")}
OWN = {"indexer", "service", "training"}
BROUGHT_ALONG = {"anyio": "fastapi", "starlette": "fastapi", "pydantic_core": "pydantic"}

FAMILY = {"PSF-2.0": "Python Software Foundation"}
OPENING = {"MIT": "Permission is hereby granted, free of charge"}
"""Of licences whose text does not name them."""


def name(requirement: str) -> str:
    """`psycopg[binary]>=3.1` -> `psycopg[binary]`."""
    found = re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?", requirement)
    assert found
    return found[0]


def asked_for() -> dict[str, str]:
    """Every dependency with the extras that ask for it, in order; "" where it is always installed."""
    extras = defaultdict(list)
    for extra, requirements in PROJECT["optional-dependencies"].items():
        for requirement in requirements:
            extras[name(requirement)].append(extra)
    always = dict.fromkeys(map(name, PROJECT["dependencies"]), "")
    return always | {dependency: ", ".join(sorted(found)) for dependency, found in extras.items()}


def test_every_dependency_is_told_with_its_extras() -> None:
    assert {dependency: row[0] for dependency, row in LISTED.items()} == asked_for()


@pytest.mark.parametrize("dependency", LISTED)
def test_every_licence_is_the_one_that_the_package_states(dependency: str) -> None:
    _, why, licence = LISTED[dependency]
    assert why
    try:
        stated = metadata(dependency.partition("[")[0])
    except PackageNotFoundError:
        pytest.skip("not installed here")
    if stated.get("License-Expression"):
        assert licence == stated["License-Expression"]
    else:  # older metadata is free text, or a file alone: the family is there
        texts = [file.read_text() for file in files(dependency) or () if file.name == "LICENSE"]
        told = f"{stated.get('License')} {stated.get_all('Classifier')} {texts}"
        assert FAMILY.get(licence, re.split(r"[- ]", licence)[0]) in told or OPENING.get(licence, "-") in told


OPTIONAL = {"opentelemetry", "psycopg"}
"""Imported by the service only where a setting asks for it."""


def imported(packages: frozenset[str] = frozenset(OWN)) -> set[str]:
    """Names of the modules at the top of what the packages import, their own and the standard library's left out."""
    found: set[str] = set()
    for package in sorted(packages):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return found - OWN - set(sys.stdlib_module_names)


def test_everything_that_is_imported_is_asked_for() -> None:
    distributions = packages_distributions()
    declared = {re.sub(r"[-_.]+", "-", one.partition("[")[0]).lower() for one in asked_for()}
    for module in imported():
        by = [BROUGHT_ALONG[module]] if module in BROUGHT_ALONG else distributions.get(module, [module])
        assert declared & {re.sub(r"[-_.]+", "-", one).lower() for one in by}, module


def test_serving_needs_no_extra() -> None:
    distributions = packages_distributions()
    always = {
        re.sub(r"[-_.]+", "-", d.partition("[")[0]).lower() for d, extra in asked_for().items() if not extra
    }
    for module in imported(frozenset({"indexer", "service"})) - OPTIONAL:
        by = [BROUGHT_ALONG[module]] if module in BROUGHT_ALONG else distributions.get(module, [module])
        assert always & {re.sub(r"[-_.]+", "-", one).lower() for one in by}, module
