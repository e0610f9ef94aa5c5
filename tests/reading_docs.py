"""The documents as tests read them, and the commands that they are compared with."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import typer
from fastapi import APIRouter
from fastapi.routing import APIRoute
from typer.testing import CliRunner

import service.api.routes
from training.cli import app

ROOT = Path(__file__).parent.parent
PATHS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "adapters/README.md",
    *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").glob("*.md")),
]
DOCS = {path: (ROOT / path).read_text(encoding="utf-8") for path in PATHS}
README, API = DOCS["README.md"], DOCS["docs/api.md"]


def table(text: str, first_head: str) -> list[list[str]]:
    """Cells of the one table whose first column has this head, without backticks around a whole cell."""
    (found,) = re.findall(rf"^\| {re.escape(first_head)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell) for cell in row] for row in rows]


def blocks(text: str, language: str) -> list[str]:
    """What stands in fenced blocks of the language."""
    found: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for named, code in found if named == language]


def routes() -> list[APIRoute]:
    """Every route of the service, of all its modules."""
    modules = [
        import_module(f"service.api.routes.{module.name}")
        for module in iter_modules(service.api.routes.__path__)
    ]
    routers = [m.router for m in modules if isinstance(getattr(m, "router", None), APIRouter)]
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def commands(group: Any = None, prefix: str = "stylist") -> dict[str, Any]:
    """Every command that does something, by what is typed for it."""
    group = group or typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        is_group = hasattr(command, "commands")
        found |= commands(command, f"{prefix} {name}") if is_group else {f"{prefix} {name}": command}
    return found


def options(command: str) -> set[str]:
    """The options that `--help` of the command lists."""
    run = CliRunner().invoke(app, [*command.split()[1:], "--help"], terminal_width=200)
    assert run.exit_code == 0
    listed = re.findall(r"^  (--[a-z-]+)(?: / (--[a-z-]+))?", run.output, re.MULTILINE)
    return {name for pair in listed for name in pair if name} - {"--help"}
