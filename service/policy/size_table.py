"""`size_charts.toml`: what sizes mean and how they are written. Knows no pieces, and reads no labels."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from service.policy.files import Strict

Letters = dict[str, tuple[int, ...]]


def _in_order(span: tuple[int, int]) -> tuple[int, int]:
    if span[0] > span[1]:
        raise ValueError("the first is more than the last")
    return span


Span = Annotated[tuple[int, int], AfterValidator(_in_order)]


def _named(*names: str) -> frozenset[str]:
    return frozenset(names)


_ROWS = {
    "offset": _named("women", "men", "men-bottoms", "women-shoes", "men-shoes"),
    "range": _named("women", "men", "length", "waist", "kids-shoes", "women-shoes", "men-shoes")
    | _named("women-shoes-agreed", "men-shoes-agreed"),
    "european": _named("women", "women-bottoms", "men", "men-bottoms"),
    "inches": _named("women", "men"),
}
"""Rows that charts are read by: no other, and none missing."""
_MONTHS = re.compile(r"(\d{1,2})-(\d{1,2})")


class Child(Strict):
    heights: Annotated[tuple[int, ...], Field(min_length=1)]
    also_labelled: tuple[int, ...]


class SizeTable(Strict):
    """All of the table."""

    women: Letters
    men: Letters
    offset: dict[str, dict[str, float]]
    child_shoe: dict[str, int]
    range: dict[str, Span]
    european: dict[str, int]
    inches: dict[str, frozenset[int]]
    child: Child
    child_months: dict[str, int]
    word: dict[str, str]
    one_size: dict[str, bool]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for section, names in _ROWS.items():
            found = getattr(self, section).keys()
            if unlike := sorted(found ^ names):
                what = "is missing" if unlike[0] in names else "is no row of it"
                raise ValueError(f"{section}: {unlike[0]} {what}")
        for span in self.child_months:
            if not _MONTHS.fullmatch(span):
                raise ValueError(f"child_months: {span} is no span of months, such as 6-9")
        return self

    def __hash__(self) -> int:  # caches of what follows from the charts are keyed by them
        return id(self)

    def within(self, name: str, number: float) -> bool:
        """Whether a number is in a row of `range`."""
        first, last = self.range[name]
        return first <= number <= last

    @cached_property
    def months(self) -> dict[tuple[int, int], int]:
        """Centimetres by span of months."""
        spans = ((_MONTHS.fullmatch(span), height) for span, height in self.child_months.items())
        return {(int(found[1]), int(found[2])): height for found, height in spans if found}

    @cached_property
    def labelled(self) -> frozenset[int]:
        """Heights in centimetres that labels name."""
        return frozenset((*self.child.heights, *self.child.also_labelled))

    @cached_property
    def one_size_labels(self) -> frozenset[str]:
        """What is written where one size is for all."""
        return frozenset(label for label, holds in self.one_size.items() if holds)
