"""`formality.toml`: what levels are called, the marks between them, and what words say. Knows no wishes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from service.policy.conditions import Whens
from service.policy.files import Strict
from service.policy.suitability_table import RuleRow

Formality = Annotated[float, Field(ge=1, le=5)]
_LEVELS = ("1", "2", "3", "4", "5")


class SaidRow(Strict):
    """What some words of a wish say of its formality."""

    when: Whens
    least: Formality | None = None
    most: Formality | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("least is more than most")
        return self

    def bound(self, formality: float) -> float:
        """The formality within what is said."""
        formality = formality if self.least is None else max(formality, self.least)
        return formality if self.most is None else min(formality, self.most)


class Settled(Strict):
    senses: tuple[str, ...]


class FormalityTable(Strict):
    """All of the table. `rule` are rules like those of `suitability.toml`."""

    level: dict[str, str]
    mark: dict[str, float]
    said: dict[str, SaidRow]
    settled: Settled
    rule: dict[str, RuleRow]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if {*self.level} != {*_LEVELS}:
            raise ValueError(f"level: has a name for each of {', '.join(_LEVELS)}, and for no other")
        if "dressy" not in self.mark:
            raise ValueError("mark: dressy is missing")
        return self

    def name(self, formality: float) -> str:
        """What the level nearest to `formality` is called."""
        return self.level[str(min(5, max(1, round(formality))))]
