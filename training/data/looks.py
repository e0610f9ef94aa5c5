"""A look as training sees it, whatever it came from: a wish, pieces by slot, and pieces that would have been wrong.

Splits are by group (a vibe, an outfit, a shopper), so that what is held out was never near the training. Knows no
model, no file format and no catalogue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from indexer.errors import StylistError
from indexer.item import Department, Season, Slot
from training.data.lookbook import Vibe, read_lookbook

Source = Literal["lookbook", "polyvore", "store", "order", "feedback"]
Split = Literal["train", "valid", "test"]


class LeakError(StylistError):
    """Something stands on both sides of a split; names what."""


@dataclass(frozen=True, slots=True)
class StyledLook:
    """One outfit. `phrasings` say the wish in different words (empty: no wish is known). `misses` are pieces of the
    same slot that would have been wrong. `line` names the range that negatives may come from.
    """

    id: str
    group: str
    source: Source
    pieces: Mapping[Slot, str]
    phrasings: tuple[str, ...] = ()
    department: Department | None = None
    occasion: str = ""
    season: Season | None = None
    misses: Mapping[Slot, tuple[str, ...]] = field(default_factory=dict)
    created: str = ""

    @property
    def line(self) -> tuple[Source, Department | None]:
        return self.source, self.department


def looks_of(vibes: Iterable[Vibe]) -> list[StyledLook]:
    """The looks of a lookbook, grouped by vibe."""
    return [
        StyledLook(
            id=f"{vibe.vibe}/{n}",
            group=vibe.vibe,
            source="lookbook",
            pieces=look.pieces,
            phrasings=tuple(vibe.phrasings),
            department=look.department,
            occasion=look.occasion,
            season=look.season,
            misses={
                slot: tuple(m.piece for m in look.near_misses if m.slot == slot)
                for slot in dict.fromkeys(m.slot for m in look.near_misses)
            },
        )
        for vibe in vibes
        for n, look in enumerate(vibe.looks)
    ]


def read_looks(paths: Iterable[Path]) -> list[StyledLook]:
    """The looks of lookbook files. Where a file's vibes are named after the file (a designer's), the group is what
    follows: all designers answer the same wishes, and a held-out wish is held out of all of them.
    """
    looks = []
    for path in paths:
        prefix = f"{path.stem}-"
        looks += [
            replace(look, group=look.group.removeprefix(prefix)) for look in looks_of(read_lookbook([path]))
        ]
    return looks


def split_of(group: str) -> Split:
    """70 % train, 10 % valid, 20 % test, by a hash of the group's name, so that a group never moves."""
    bucket = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % 10
    return "train" if bucket < 7 else "valid" if bucket == 7 else "test"


def split_by_group(looks: Iterable[StyledLook]) -> dict[Split, list[StyledLook]]:
    """The looks by split. Held-out looks with a piece that training knows word for word are left out.

    What is read of Polyvore is for learning; its test is the half that is not read, so that none of it is for testing
    here.
    """
    splits: dict[Split, list[StyledLook]] = {"train": [], "valid": [], "test": []}
    for look in looks:
        name = split_of(look.group)
        splits["train" if name == "test" and look.source == "polyvore" else name].append(look)
    return {"train": splits["train"], **_without_known(splits)}


def split_by_time(looks: Sequence[StyledLook], test_share: float = 0.2) -> dict[Split, list[StyledLook]]:
    """Train on what came first, test on what came last. Raises LeakError naming a look without a date."""
    if undated := [look.id for look in looks if not look.created]:
        raise LeakError(f"split by time: look {undated[0]!r} has no date")
    ordered = sorted(looks, key=lambda look: (look.created, look.id))
    end = round(len(ordered) * (1 - test_share))
    begin = round(len(ordered) * (1 - 1.5 * test_share))
    splits: dict[Split, list[StyledLook]] = {
        "train": ordered[:begin],
        "valid": ordered[begin:end],
        "test": ordered[end:],
    }
    return {"train": splits["train"], **_without_known(splits)}


def _without_known(splits: Mapping[Split, Sequence[StyledLook]]) -> dict[Split, list[StyledLook]]:
    known = texts(splits["train"])
    held_out: tuple[Split, Split] = ("valid", "test")
    return {
        name: [look for look in splits[name] if known.isdisjoint(look.pieces.values())] for name in held_out
    }


def texts(looks: Iterable[StyledLook]) -> set[str]:
    """Every piece text of the looks."""
    return {piece for look in looks for piece in look.pieces.values()}


def check_leaks(train: Sequence[StyledLook], held_out: Sequence[StyledLook], by_group: bool = True) -> None:
    """Raises LeakError naming a look, a group or a piece text that stands on both sides."""
    if both := {look.id for look in train} & {look.id for look in held_out}:
        raise LeakError(f"split leaks: look {min(both)!r} is in training and held out")
    if by_group and (both := {look.group for look in train} & {look.group for look in held_out}):
        raise LeakError(f"split leaks: group {min(both)!r} is in training and held out")
    if both := texts(train) & texts(held_out):
        raise LeakError(f"split leaks: piece {min(both)!r} is in training and held out")


def digest(looks: Iterable[StyledLook]) -> str:
    """Identity of a data set: a hash of what its looks say, whatever their order. 16 hex digits."""
    rows = sorted(
        json.dumps(
            [
                look.id,
                look.group,
                look.source,
                sorted(look.pieces.items()),
                look.phrasings,
                look.department,
                look.occasion,
                look.season,
                sorted(look.misses.items()),
                look.created,
            ]
        )
        for look in looks
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
