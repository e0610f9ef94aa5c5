"""The wish as the page's form holds it: out of a form or an address, into a request of the API. Knows no HTTP route."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from indexer.item import DEPARTMENTS, SEASONS, Slot
from service.schemas.outfits import MAX_OUTFITS

SIZED: tuple[Slot, ...] = ("top", "bottom", "dress", "outerwear", "shoes")
"""Slots whose sizes the form asks for."""
COUNTS = (1, 3, 6, MAX_OUTFITS)
_DECIMAL = re.compile(r"(\d+),(\d{1,2})")
_ANCHORS, _OWN = 8, 4  # that a request may name

Pairs = Iterable[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form says, as text: the API judges what can be meant. An empty text says nothing."""

    wish: str = ""
    count: str = ""
    department: str = ""
    occasion: str = ""
    season: str = ""
    temperature: str = ""
    rain: bool = False
    snow: bool = False
    budget: str = ""
    sizes: dict[Slot, str] = field(default_factory=dict)
    style: str = ""
    anchors: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    seed: str = ""

    @classmethod
    def of(cls, pairs: Pairs) -> Wish:
        """Out of the fields of a form, or of an address."""
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            if isinstance(value, str) and value.strip():
                given.setdefault(name, []).append(value.strip())
        last = {name: values[-1] for name, values in given.items()}
        return cls(
            wish=last.get("wish", ""),
            count=last.get("count", ""),
            department=_one_of(last.get("department"), DEPARTMENTS),
            occasion=last.get("occasion", ""),
            season=_one_of(last.get("season"), SEASONS),
            temperature=last.get("temperature", ""),
            rain="rain" in last,
            snow="snow" in last,
            budget=_DECIMAL.sub(r"\1.\2", last.get("budget", "")),
            sizes={slot: last[f"size_{slot}"] for slot in SIZED if f"size_{slot}" in last},
            style=last.get("style", ""),
            anchors=tuple(dict.fromkeys(given.get("anchor", ())))[:_ANCHORS],
            own=tuple(dict.fromkeys(given.get("own", ())))[:_OWN],
            seed=last.get("seed", ""),
        )

    def body(self) -> dict[str, Any]:
        """The request for outfits."""
        body: dict[str, Any] = {
            "vibe": self.wish,
            "count": _number(self.count) if self.count else 3,
            "explain": True,
            "department": self.department or None,
            "occasion": self.occasion or None,
            "season": self.season or None,
            "style": self.style or None,
            "anchors": list(self.anchors),
            "own": list(self.own),
            "sizes": {slot: _parts(text) for slot, text in self.sizes.items() if _parts(text)},
        }
        if self.temperature or self.rain or self.snow:
            weather = {"temperature_c": self.temperature or None, "rain": self.rain, "snow": self.snow}
            body["weather"] = weather
        if self.budget:
            body["budget"] = {"max": self.budget}
        if self.seed:
            body["seed"] = _number(self.seed)
        return body

    def query(self, seed: int | None = None) -> str:
        """The query of an address that says the same, and gives the same answer where a seed is named."""
        names = ("wish", "count", "department", "occasion", "season", "temperature", "budget", "style")
        pairs = [(name, str(getattr(self, name))) for name in names if getattr(self, name)]
        pairs += [(name, "1") for name in ("rain", "snow") if getattr(self, name)]
        pairs += [(f"size_{slot}", text) for slot, text in self.sizes.items()]
        pairs += [("anchor", sku) for sku in self.anchors] + [("own", text) for text in self.own]
        pairs += [("seed", str(seed))] if seed is not None else []
        return urlencode(pairs)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,19}", text) else text


def _one_of(value: str | None, known: Iterable[str]) -> str:
    return value if value is not None and value in known else ""
