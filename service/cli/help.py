"""What `--help` shows beside a command's options: examples, options in groups, the version. Knows no command."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import typer
from typer.core import TyperCommand

_UNGROUPED = "Options"


def examples(*lines: str) -> str:
    """The end of a `--help`: command lines as they are typed, kept from being filled into a paragraph."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def show_version(wanted: bool) -> None:
    """The callback of `--version`: prints it and ends the program."""
    if wanted:
        typer.echo(f"stylist {version('vibe-stylist')}")
        raise typer.Exit


class GroupedCommand(TyperCommand):
    """A command whose help lists options by their `rich_help_panel`, those without one last."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(_group(parameter), []).append(record)
        rest = groups.pop(_UNGROUPED, [])
        _write(formatter, [*groups.items(), *([(_UNGROUPED, rest)] if rest else [])])


def _group(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return getattr(parameter, "rich_help_panel", None) or _UNGROUPED


def _write(formatter: Any, groups: Iterable[tuple[str, list[tuple[str, str]]]]) -> None:
    for name, records in groups:
        with formatter.section(name):
            formatter.write_dl(records)
