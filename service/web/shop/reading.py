"""What was understood of a wish, as chips: which words or field it came from, and how it is said. Knows no template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.web.wording import named

_NAMED = {
    "department": "department",
    "season": "season",
    "occasion": "occasion",
    "style": "style",
    "sizes": "sizes",
    "budget": "budget",
    "budget.max": "budget",
    "budget.currency": "budget",
    "weather": "temperature",
    "weather.temperature_c": "temperature",
    "weather.rain": "rain",
    "weather.snow": "snow",
    "own": "own",
    "anchors": "anchor",
    "count": "count",
}
"""The inputs of the form by the fields of a request; those that have none can only be said in words."""
_CHOICES = frozenset({"department", "season"})


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that was understood. `words` are those of the wish, empty where it came otherwise; `control` is the
    input of the form that holds it or can overrule it, empty where there is none.
    """

    field: str
    value: str
    words: str
    source: str
    control: str

    @property
    def is_choice(self) -> bool:
        """Whether it is one of a few values."""
        return self.control in _CHOICES


def chips(understood: Sequence[Mapping[str, Any]]) -> list[Chip]:
    """A chip for each entry that an answer lists as understood; what is malformed is left out."""
    found = []
    currency = next((_shown(e.get("value")) for e in understood if e.get("field") == "budget.currency"), "")
    has_budget = any(str(e.get("field")).startswith("budget.m") for e in understood)
    for entry in understood:
        field, source = str(entry.get("field") or ""), str(entry.get("source") or "words")
        if not field or (field == "budget.currency" and has_budget):
            continue
        words = str(entry.get("text") or "") if source == "words" else ""
        value = _shown(entry.get("value"))
        value = f"{value} {currency}".strip() if field.startswith("budget.m") else value
        found.append(Chip(field, value, words, source, _control(field)))
    return found


def own_pieces(understood: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the shopper was understood to own already."""
    return tuple(_shown(entry.get("value")) for entry in understood if entry.get("field") == "own")


def said(chip: Chip, _: Callable[[str], str]) -> str:
    """The chip in words; `_` translates."""
    value, field = chip.value, chip.field
    if field.startswith("sizes."):
        return f"{named(field.removeprefix('sizes.'), _)} {value}"
    if field.startswith("exclude."):
        return _("No {}").format(named(value, _))
    by_field = {
        "budget.max": _("Up to {}"),
        "budget": _("Up to {}"),
        "budget.min": _("From {}"),
        "weather.temperature_c": "{} °C",
        "own": _("Yours: {}"),
        "anchors": _("With {}"),
        "style": _("Style: {}"),
        "sizes": named("sizes", _) + ": {}",
    }
    if field in ("weather.rain", "weather.snow"):
        return _("Rain") if field.endswith("rain") else _("Snow")
    return by_field.get(field, "{}").format(named(value, _))


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _control(field: str) -> str:
    if field.startswith("sizes."):
        return "size_" + field.removeprefix("sizes.")
    return _NAMED.get(field, "")
