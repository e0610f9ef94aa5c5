"""`slots.toml`: what a slot is and what covers what. Knows the names of slots; nothing of pieces or outfits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from indexer.item import SLOTS, Department, Slot
from service.policy.files import RawTable, Strict

Role = Literal["core", "shown", "garment", "layer", "finishing"]
Chart = Literal["clothes", "bottoms", "shoes"]
Place = Annotated[int, Field(ge=1)]


class SlotRow(Strict):
    """One slot. See the head of the table for what each field means."""

    place: Place
    shown: Place
    roles: tuple[Role, ...]
    chart: Chart | None = None
    sized_like: tuple[Slot, ...] = ()
    covers: tuple[Slot, ...] = ()
    beside: tuple[Slot, ...] = ()
    leads: Place | None = None
    leads_from: int = 1
    suggests: Department | None = None


class SlotFile(Strict):
    slot: dict[Slot, SlotRow]


class SlotTable:
    """The slots, in the order in which they are composed."""

    def __init__(self, rows: dict[Slot, SlotRow]) -> None:
        self._rows = rows

    def __getitem__(self, slot: Slot) -> SlotRow:
        return self._rows[slot]

    def of(self, role: Role) -> tuple[Slot, ...]:
        """The slots with the role."""
        return self._of[role]

    def covers(self, slot: Slot) -> tuple[Slot, ...]:
        """What a piece of the slot fills beside its own slot."""
        return self._rows[slot].covers

    def clashes(self, slots: Iterable[Slot]) -> tuple[Slot, Slot] | None:
        """Two of the slots that nobody wears together, since one covers the other; None where there are none."""
        given = set(slots)
        return next((pair for pair in self._clashing if given.issuperset(pair)), None)

    def dresses(self, slots: Iterable[Slot]) -> bool:
        """Whether pieces in these slots leave nothing of the body bare: a dress does, and a top with a bottom."""
        filled = {covered for slot in slots for covered in (slot, *self._rows[slot].covers)}
        return filled.issuperset(self.separates)

    @cached_property
    def separates(self) -> tuple[Slot, ...]:
        """Core slots that cover no other: top and bottom."""
        return tuple(slot for slot in self.of("core") if not self._rows[slot].covers)

    @cached_property
    def as_shown(self) -> dict[Slot, int]:
        """The place of each slot in an answer."""
        return {slot: row.shown for slot, row in self._rows.items()}

    @cached_property
    def leading(self) -> tuple[Slot, ...]:
        """Slots that may give an outfit its name, the first first."""
        leads = [(row.leads, slot) for slot, row in self._rows.items() if row.leads is not None]
        return tuple(slot for _, slot in sorted(leads))

    @cached_property
    def _of(self) -> dict[Role, tuple[Slot, ...]]:
        roles: tuple[Role, ...] = ("core", "shown", "garment", "layer", "finishing")
        return {role: tuple(s for s, row in self._rows.items() if role in row.roles) for role in roles}

    @cached_property
    def _clashing(self) -> tuple[tuple[Slot, Slot], ...]:
        return tuple(
            (slot, covered)
            for slot, row in self._rows.items()
            for covered in row.covers
            if covered not in row.beside
        )


def read_slots(table: RawTable) -> SlotTable:
    """Raises PolicyError, for a slot too few as well."""
    rows = table.parse(SlotFile).slot
    if missing := [slot for slot in SLOTS if slot not in rows]:
        raise table.fault(("slot", missing[0]), "the slot has no row")
    ordered = sorted(rows, key=lambda slot: rows[slot].place)
    for slot in sorted(rows, key=table.own_first("slot").index):
        for name in ("place", "shown"):
            others = {getattr(row, name): s for s, row in rows.items() if s != slot}
            if twin := others.get(getattr(rows[slot], name)):
                raise table.fault(("slot", slot, name), f"{twin} has the same")
        if slot in rows[slot].covers:
            raise table.fault(("slot", slot, "covers"), "a slot does not cover itself")
    return SlotTable({slot: rows[slot] for slot in ordered})
