"""`weather.toml`: how hot degrees, seasons and words are, and how warm garments should be. Knows no wishes."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from indexer.item import SEASONS, Season
from service.policy.files import Strict

Heat = Annotated[float, Field(ge=-2, le=2)]
Warmth = Annotated[float, Field(ge=0, le=4)]


class ScaleRow(Strict):
    """What degrees from `from_` °C on are called and how hot they are; None: all that are colder than the others."""

    from_: Annotated[float | None, Field(alias="from")] = None
    heat: Heat


class DegreesRow(Strict):
    fahrenheit_from: float
    swim_from: float


class SaidHeat(Strict):
    """How hot a sense of a wish's words is; `dry` where it is about swimming and nobody would."""

    heat: Heat
    dry: Heat | None = None


class WarmthCurve(Strict):
    heat: tuple[Heat, ...]
    wanted: tuple[Warmth, ...]
    coat: float
    coat_most: Warmth

    @model_validator(mode="after")
    def _drawn(self) -> Self:
        if len(self.heat) != len(self.wanted) or len(self.heat) < 2:
            raise ValueError("heat and wanted are not lists of one length, of two at least")
        if any(a >= b for a, b in pairwise(self.heat)):
            raise ValueError("heat does not rise")
        return self


class WeatherTable(Strict):
    """All of the table."""

    scale: dict[str, ScaleRow]
    degrees: DegreesRow
    season: dict[Season, Heat]
    said: dict[str, SaidHeat]
    mark: dict[str, float]
    warmth: WarmthCurve

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(row.from_ is None for row in self.scale.values()) != 1:
            raise ValueError("scale: exactly one row, the coldest, has no `from`")
        if missing := [season for season in SEASONS if season not in self.season]:
            raise ValueError(f"season: {missing[0]} is missing")
        if unmarked := [mark for mark in ("cold", "cool", "warm") if mark not in self.mark]:
            raise ValueError(f"mark: {unmarked[0]} is missing")
        return self

    def at(self, degrees: float) -> tuple[str, float]:
        """What so many °C are called, and how hot they are."""
        rows = sorted(self.scale.items(), key=lambda row: _floor(row[1]), reverse=True)
        return next((word, row.heat) for word, row in rows if degrees >= _floor(row))


def _floor(row: ScaleRow) -> float:
    return float("-inf") if row.from_ is None else row.from_
