"""`compatibility.toml`: colour families and the wheel, clashes, metals, partners. Knows no pieces."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from service.policy.files import Strict

NEUTRAL = "neutral"
Texts = tuple[str, ...]
AtLeast0 = Annotated[float, Field(ge=0)]


class Wheel(Strict):
    colours: Annotated[Texts, Field(min_length=2)]


class Accents(Strict):
    same: float
    calm: float
    steps: tuple[float, ...]
    farther: float
    many: float
    many_from: Annotated[int, Field(ge=0)]

    def clash(self, steps: int) -> float:
        """Against an accent that is so many steps from the nearest one, at least one."""
        return self.steps[steps - 1] if steps <= len(self.steps) else self.farther


class Metals(Strict):
    colours: frozenset[str]
    clash: float


class Patterns(Strict):
    quiet: frozenset[str]
    clash: float


class Beyond(Strict):
    """What each unit of a difference counts, once `free` of it is forgiven."""

    clash: float
    free: AtLeast0


class Alone(Strict):
    clash: float


class CompatibilityTable(Strict):
    """All of the table."""

    wheel: Wheel
    colour: dict[str, str]
    accent: Accents
    metal: Metals
    pattern: Patterns
    level: Beyond
    warmth: Beyond
    partner: dict[str, frozenset[str]]
    alone: Alone
    set: dict[str, Texts]

    @model_validator(mode="after")
    def _of_the_wheel(self) -> Self:
        for colour, family in self.colour.items():
            if family != NEUTRAL and family not in self.wheel.colours:
                raise ValueError(f"colour: {colour}: {family!r} is neither neutral nor on the wheel")
        return self

    @cached_property
    def neutrals(self) -> frozenset[str]:
        """Colours that go with everything."""
        return frozenset(colour for colour, family in self.colour.items() if family == NEUTRAL)

    def accents(self, colours: Texts) -> frozenset[str]:
        """The families of the colours that are on the wheel."""
        return frozenset(f for colour in colours if (f := self.colour.get(colour, NEUTRAL)) != NEUTRAL)

    def steps(self, one: str, other: str) -> int:
        """How far two families are apart on the wheel."""
        wheel = self.wheel.colours
        distance = abs(wheel.index(one) - wheel.index(other))
        return min(distance, len(wheel) - distance)
