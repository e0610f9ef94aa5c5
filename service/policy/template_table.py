"""`templates.toml`: the slots of an outfit, by whom it is for and what it is for. Knows no candidates."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from indexer.item import DEPARTMENTS, Department, Slot
from service.policy.conditions import Whens
from service.policy.files import RawTable, Strict
from service.policy.slot_table import SlotTable

Core = Annotated[tuple[Slot, ...], Field(min_length=1)]


class JoinRow(Strict):
    """A slot that joins the core where one of `when` holds."""

    slot: Slot
    needed: bool = False
    when: Whens = ()


class SuitRow(Strict):
    """The slots of an outfit that is built on a whole suit, and when it is tried unasked."""

    slots: Core
    when: Whens = ()


class Suits(Strict):
    whole: SuitRow


class TemplateTable(Strict):
    """All of the table."""

    core: dict[Department, Annotated[tuple[Core, ...], Field(min_length=1)]]
    suit: Suits
    join: dict[str, JoinRow]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if missing := [d for d in DEPARTMENTS if d not in self.core]:
            raise ValueError(f"core: {missing[0]} is missing")
        return self


def read_templates(table: RawTable, slots: SlotTable) -> TemplateTable:
    """Raises PolicyError, for a core that leaves somebody half dressed as well."""
    found = table.parse(TemplateTable)
    for department, cores in found.core.items():
        for core in cores:
            if not slots.dresses(core):
                raise table.fault(("core", department), f"{' and '.join(core)} are no whole outfit")
            if pair := slots.clashes(core):
                raise table.fault(("core", department), f"nobody wears {' and '.join(pair)} together")
    return found
