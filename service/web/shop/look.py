"""A look as a card shows it: the outfit that the API answered, and the turns that led to it. Knows no template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from indexer.item import SLOTS, Slot

MOST_TURNS = 12
_LABEL_CHARS = 80


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of the way to a look: the outfit that it led to, and what was said or done for it."""

    outfit_id: str
    label: str

    def packed(self) -> str:
        """As a form carries it."""
        return f"{self.outfit_id}|{self.label}"


@dataclass(frozen=True, slots=True)
class Look:
    """`place` is its number on the page, from 0. `turns` ends with the one that led here, if any did; `own` is what
    the shopper has already, and the look was made around.
    """

    outfit: Mapping[str, Any]
    place: int = 0
    turns: Sequence[Turn] = ()
    basket: str | None = None
    opinion: str = ""
    kept: Sequence[str] = ()
    own: Sequence[str] = ()

    @property
    def id(self) -> str:
        return str(self.outfit["id"])

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.outfit["items"]
        return found

    @property
    def skus(self) -> list[str]:
        """Of the pieces that can be bought."""
        return [str(item["sku"]) for item in self.items if item.get("sku")]

    @property
    def missing(self) -> list[Slot]:
        """What could still be added."""
        worn = {item["slot"] for item in self.items}
        if worn & {"dress"}:
            worn |= {"top", "bottom"}
        elif worn & {"top", "bottom"}:
            worn |= {"dress"}
        return [slot for slot in SLOTS if slot not in worn]

    @property
    def basket_url(self) -> str | None:
        """Where all pieces go into the basket at once; None where the store has not said."""
        return self.basket and self.basket.replace(
            "{skus}", ",".join(quote(sku, safe="") for sku in self.skus)
        )

    def after(self, outfit: Mapping[str, Any], label: str) -> Look:
        """The look that one more turn made of this one."""
        before = self.turns or (Turn(self.id, ""),)
        turns = [*before, Turn(str(outfit["id"]), label[:_LABEL_CHARS])]
        return replace(self, outfit=outfit, turns=turns[-MOST_TURNS:])

    def with_turns(self, turns: Sequence[Turn]) -> Look:
        """The same look, reached by these."""
        return replace(self, turns=turns)


def unpacked(turns: Iterable[str]) -> list[Turn]:
    """The turns that a form carries."""
    split = (text.partition("|") for text in turns)
    found = [
        Turn(outfit_id[:128], label[:_LABEL_CHARS]) for outfit_id, bar, label in split if bar and outfit_id
    ]
    return found[-MOST_TURNS:]
