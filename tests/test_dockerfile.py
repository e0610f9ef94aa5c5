"""The Dockerfile holds together with the repository: what it copies, runs and sets exists. Builds no image."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest
import typer

from service.api.app import create_app
from service.settings import Settings
from training.cli import app

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """(keyword, arguments) in order, continuation lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    pairs = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [(keyword.upper(), arguments.strip()) for keyword, _, arguments in pairs]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in instructions(TEXT):
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def of(keyword: str, *, final_only: bool = False) -> list[str]:
    chosen = stages()[-1:] if final_only else stages()
    return [arguments for stage in chosen for name, arguments in stage if name == keyword]


def copied() -> list[str]:
    """Sources of COPY from the build context."""
    own = [arguments.split() for arguments in of("COPY") if not arguments.startswith("--from=")]
    return [source for words in own for source in words[:-1]]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for arguments in of("ENV") for pair in arguments.split())


def health_code() -> str:
    (check,) = of("HEALTHCHECK", final_only=True)
    python, flag, code = json.loads(check[check.index("CMD ") + 4 :])
    assert (python, flag) == ("python", "-c")
    return str(code)


def test_all_stages_are_of_one_pinned_base() -> None:
    images = {arguments.partition(" ")[0] for arguments in of("FROM")}
    assert len(images) == 1  # the environment of the first stage links to the interpreter of the second
    (image,) = images
    match = re.fullmatch(r"python:(\d+)\.(\d+)(\.\d+)?-slim-[a-z]+(@sha256:[0-9a-f]{64})?", image)
    assert match is not None
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert least == f">={match[1]}.{match[2]}"


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_is_sent(source: str) -> None:
    path = ROOT / source
    assert path.is_file() or any(p.is_file() for p in path.iterdir())  # git keeps no empty folder
    assert not any(fnmatch(source, pattern.removeprefix("**/")) for pattern in IGNORED)


def test_nothing_is_copied_wholesale() -> None:
    assert not {".", "./", "*"} & set(copied())
    assert {".git", ".venv", ".env*", "data"} <= set(IGNORED)


def test_the_project_can_be_installed_from_what_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {"pyproject.toml", "requirements.lock", "Makefile", project["project"]["readme"]}
    needed |= set(project["project"]["license-files"])
    needed |= {p.rstrip("*") for p in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    first = [arguments.split()[:-1] for name, arguments in stages()[0] if name == "COPY"]
    assert needed == {source for sources in first for source in sources}


def test_make_is_asked_for_targets_and_variables_that_it_has() -> None:
    commands = [command.split() for run in of("RUN") for command in run.split(" && ")]
    asked = [words[1:] for words in commands if words[0] == "make"]
    assert asked
    for word in (word for words in asked for word in words):
        name, assigned, _ = word.partition("=")
        assert re.search(rf"^{name}\s*(\?=|:=)" if assigned else rf"^{name}:", MAKEFILE, re.MULTILINE)


def test_the_image_starts_a_command_that_exists() -> None:
    (arguments,) = of("CMD", final_only=True)
    program, name = json.loads(arguments)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    group = typer.main.get_command(app)
    assert program in scripts
    assert isinstance(group, click.Group | typer.core.TyperGroup)
    assert name in group.commands


def test_variables_are_settings() -> None:
    ours = {name for name in environment() if name.startswith("STYLIST_")}
    assert ours <= {f"STYLIST_{field.upper()}" for field in Settings.model_fields}
    assert environment()["STYLIST_HOST"] == "0.0.0.0"  # loopback would be unreachable from outside


def test_the_port_is_one_and_the_same() -> None:
    assert of("EXPOSE", final_only=True) == [environment()["STYLIST_PORT"]]
    assert environment()["STYLIST_PORT"] == str(Settings.model_fields["port"].default)


def test_the_health_check_asks_a_route_that_exists(tmp_path: Path) -> None:
    code = health_code()
    ast.parse(code)
    (asked,) = re.findall(r"127\.0\.0\.1:[^/]*(/[^'\"]*)", code)
    assert asked in create_app(Settings(data_dir=tmp_path)).openapi()["paths"]
    for name in re.findall(r"environ\[\"(\w+)\"\]", code):
        assert name in environment()


def test_it_does_not_run_as_root() -> None:
    (user,) = of("USER", final_only=True)
    assert user == "10001"
    made = [run for run in of("RUN", final_only=True) if "useradd" in run]
    assert [f"--uid {user}" in run for run in made] == [True]
    names = [name for name, _ in stages()[-1]]
    assert "RUN" not in names[names.index("USER") :]


def test_the_last_stage_holds_no_build_tools() -> None:
    assert not any("apt" in run or "pip" in run or "make" in run for run in of("RUN", final_only=True))


def test_there_is_no_secret_in_it() -> None:
    declared = [*environment(), *(a.partition("=")[0] for a in of("ARG"))]
    assert not [name for name in declared if re.search("KEY|TOKEN|SECRET|PASS|CREDENTIAL", name)]
    assert "vs_" not in TEXT  # how the service's own keys begin
    assert "://" not in re.sub(r"https://download\.pytorch\.org\S*|http://127\.0\.0\.1\S*", "", TEXT)
