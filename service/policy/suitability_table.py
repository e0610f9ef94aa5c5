"""`suitability.toml`, and the rules of `formality.toml`: what common sense keeps out. Knows no wishes and no items.

Rules that a store makes itself, to boost or exclude pieces, are `service.retrieval.merchandising`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service.policy.conditions import Selection, Whens
from service.policy.files import Strict

About = Literal["weather", "occasion", "sportswear"]
Sentence = Annotated[str, Field(min_length=3, max_length=200)]


class RuleRow(Strict):
    """A rule: for wishes of which one of `when` holds it keeps out what it `bars`, but for what it `spares`.

    See the head of `suitability.toml` for what each field means.
    """

    sentence: Sentence
    about: About
    when: Whens = ()
    bars: Annotated[Selection, Field(min_length=1)]
    spares: Selection = ()


class RuleTable(Strict):
    """All of the table."""

    rule: dict[str, RuleRow]
    set: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if missing := [name for name in ("active", "for-who-asks", "traditional") if name not in self.set]:
            raise ValueError(f"set: {missing[0]} is missing")
        return self


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its name."""

    name: str
    row: RuleRow
