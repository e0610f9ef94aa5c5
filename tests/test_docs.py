"""The documents agree with the code: tables of settings, commands, routes and fields, the tree, links, targets."""

from __future__ import annotations

import json
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from reading_docs import API, DOCS, PATHS, README, ROOT, blocks, commands, options, routes, table

from indexer.record import FIELDS
from service.api.app import create_app
from service.db.migrate import HEAD
from service.lm.prompt import PROMPT_VERSION
from service.registry.adapter import Manifest
from service.schemas.outfits import OutfitRequest
from service.settings import Settings


def test_every_setting_is_listed_with_its_default() -> None:
    def shown(value: object) -> str:
        if value == ROOT / "adapters":
            return "`adapters` beside the code"
        return "unset" if value is None else str(value).replace(str(Path.home()), "~")

    defaults = Settings.model_construct()  # whatever is set on this machine
    expected = [(f"STYLIST_{name.upper()}", shown(getattr(defaults, name))) for name in Settings.model_fields]
    assert [(row[0], row[1]) for row in table(README, "variable")] == expected


def test_every_command_is_listed_with_its_options() -> None:
    listed = {row[0]: set(re.findall(r"--[a-z-]+", row[2])) for row in table(README, "command")}
    assert listed == {command: options(command) for command in commands()}


def keys_of_routes() -> dict[str, str]:
    """The key that each path wants, by the class of its route."""
    return {re.sub(r":\w+}", "}", r.path): getattr(type(r), "scope", "none") for r in routes()}


def limits(path: str, key: str, operation: dict[str, Any]) -> str:
    if key == "none":
        return "none"
    body = (
        "upload" if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}) else "body"
    )
    return f"rate, {body}" if "413" in operation["responses"] else "rate"


def test_every_route_is_listed_with_its_key_limits_and_statuses(tmp_path: Path) -> None:
    keys = keys_of_routes()
    assert {*keys.values()} == {"none", "shopper", "staff"}
    expected = {
        f"`{method.upper()} {path}` | {keys[path]} | {limits(path, keys[path], operation)}"
        f" | {' '.join(sorted(operation['responses']))}"
        for path, operations in create_app(Settings(data_dir=tmp_path)).openapi()["paths"].items()
        for method, operation in operations.items()
    }
    listed = {f"`{row[0]}` | {' | '.join(row[1:4])}" for row in table(DOCS["docs/routes.md"], "route")}
    missing = "\n".join(f"| {row} | WHAT IT DOES |" for row in sorted(expected - listed))
    assert not expected - listed, f"docs/routes.md lacks, or has differently:\n{missing}"
    assert not listed - expected, "docs/routes.md lists what does not exist"
    assert "| route |" not in README, "one table of routes is enough"


def top_level() -> set[str]:
    """What git tracks at the top, or what lies there where there is no git: a stray file is nobody's mistake."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = {line.partition("/")[0] for line in tracked.stdout.splitlines()}
    if not names:
        ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
        present = {path.name for path in ROOT.iterdir()}
        names = {name for name in present if not any(fnmatch(name, pattern) for pattern in ignored)}
    return {name for name in names if not name.startswith(".") or name == ".ci"}


def test_the_tree_is_the_repository() -> None:
    (drawn,) = (block for block in blocks(README, "") if block.startswith("indexer/"))
    names = set()
    for line in drawn.splitlines():
        first, *others = line.split()
        names |= {first.rstrip("/")} if first.endswith("/") else {first, *others}
    assert names == top_level()


def test_every_field_of_a_manifest_is_listed() -> None:
    text = DOCS["adapters/README.md"]
    assert [row[0] for row in table(text, "field")] == [*Manifest.model_fields]
    (example,) = blocks(text, "json")
    manifest = Manifest.model_validate_json(example)
    assert manifest.prompt_version == PROMPT_VERSION
    assert manifest.base_model == Settings.model_fields["base_model"].default
    optional = [name for name, field in Manifest.model_fields.items() if not field.is_required()]
    fields = [*Manifest.model_fields]
    assert optional == fields[fields.index("score_weights") :]  # the text says so


def test_every_field_of_a_feed_is_listed() -> None:
    assert [row[0] for row in table(DOCS["docs/feeds.md"], "field")] == [*FIELDS]


def test_every_field_of_a_request_is_listed_with_its_default() -> None:
    def shown(value: object) -> str:
        return "{}" if isinstance(value, BaseModel) else json.dumps(value)

    expected = [
        (name, "required" if field.is_required() else shown(field.default))
        for name, field in OutfitRequest.model_fields.items()
    ]
    assert [(row[0], row[1]) for row in table(API, "field")] == expected


@pytest.mark.parametrize("path", PATHS)
def test_every_make_target_exists(path: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^ {4}|`|cpu )make ([a-z]+)", DOCS[path], re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for variable in re.findall(r"\bmake [^`\n]*?\b([A-Z]+)=", DOCS[path]):
        assert re.search(rf"^{variable} \?=", makefile, re.MULTILINE), variable


@pytest.mark.parametrize("path", PATHS)
def test_every_link_leads_somewhere(path: str) -> None:
    prose = re.sub(r"^```.*?^```", "", DOCS[path], flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)]+)\)", prose):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / path).parent / name if name else ROOT / path
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, link


def test_the_changelog_has_the_version() -> None:
    version = create_app(Settings()).version
    assert re.search(rf"^## .*\b{re.escape(version)}\b", DOCS["CHANGELOG.md"], re.MULTILINE)


def test_every_revision_of_the_database_is_listed() -> None:
    scripts = (ROOT / "service" / "db" / "migrations" / "versions").glob("r*.py")
    expected = sorted(path.name[1:5] for path in scripts)
    assert [row[0] for row in table(DOCS["docs/database.md"], "revision")] == expected
    assert expected[-1] == HEAD


def test_commands_are_found_to_compare_with() -> None:
    assert {"stylist compose", "stylist keys add"} <= set(commands())
    assert "--budget" in options("stylist compose")
    assert "--budget" not in options("stylist serve")
