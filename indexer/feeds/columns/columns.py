"""Matching a feed's columns to canonical fields, by their names and by `--map`. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.errors import FeedError
from indexer.feeds.columns.names import like_field
from indexer.feeds.columns.suggest import Rows, mapping_for
from indexer.feeds.values.currency import currency_code
from indexer.feeds.values.minor_units import named_in_minor_units
from indexer.feeds.values.synonyms import AGE_WORDS, SYNONYMS, header_forms, normalise
from indexer.record import COST, FIELDS

_SEPARATORS = {"category": " > ", "department": " "}
_SHOWN_COLUMNS = 40
_PRICES = ("price", "sale_price", COST)

_BARE_AMOUNT = re.compile(r"[0-9.,'\s-]+")
_CURRENCY_SUFFIX = re.compile(r"(?:\bin\b)?[\s_(\[/-]*(?P<unit>[A-Za-z]{3}|[€£$¥₹])[\s)\]]*$")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which columns feed each field, and the currencies that the headers of price and cost name.

    Only category and department are fed by several columns, which are joined. `minor` are the fields whose column says
    in its name that it counts minor units ("price_cents").
    """

    sources: dict[str, tuple[str, ...]]
    ignored: tuple[str, ...]
    currency: str = ""
    explicit: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cost_currency: str = ""
    minor: frozenset[str] = frozenset()

    @property
    def priced(self) -> bool:
        return "price" in self.sources or "sale_price" in self.sources

    def apply(self, cells: Mapping[str, str]) -> dict[str, str]:
        """The non-empty canonical fields of one row."""
        fields = {}
        for name, columns in self.sources.items():
            values = [cells[c].strip() for c in columns if cells.get(c, "").strip()]
            if values:
                fields[name] = _SEPARATORS.get(name, " ").join(dict.fromkeys(values))
        if self.currency and "currency" not in fields:
            fields["currency"] = self.currency
        if self.cost_currency and _BARE_AMOUNT.fullmatch(fields.get(COST, "")):
            fields[COST] += f" {self.cost_currency}"
        return fields

    def extended(self, columns: Sequence[str]) -> ColumnMap:
        """The same map with columns seen later in the feed: they fill fields that had none."""
        known = [c for names in self.sources.values() for c in names]
        everything = list(dict.fromkeys([*known, *self.ignored, *columns]))
        pinned = {f: c for f, c in self.sources.items() if f != "category"} | self.explicit
        later = _match(everything, pinned)
        return ColumnMap(
            later.sources,
            later.ignored,
            self.currency or later.currency,
            self.explicit,
            self.cost_currency or later.cost_currency,
            self.minor | later.minor,
        )

    def notes(self) -> tuple[str, ...]:
        """Matched and ignored columns, and what is missing, for the person who runs the indexer."""
        matched = ", ".join(f"{f} <- {' + '.join(c)}" for f, c in self.sources.items())
        notes = [f"columns: {matched}"]
        if self.ignored:
            alike = [f"{c[:60]!r} (like {f})" for c in self.ignored if (f := like_field(c)) is not None]
            others = [c for c in self.ignored if like_field(c) is None]
            shown = [*alike[:_SHOWN_COLUMNS], *([_listed(others)] if others else [])]
            notes.append(f"ignored columns: {', '.join(shown)}")
        if not self.priced:
            notes.append("no price column: items are unpriced")
        return tuple(notes)


def parse_mapping(mapping: Sequence[str]) -> list[tuple[str, str]]:
    """`FIELD=COLUMN` texts -> pairs. Raises FeedError for an unknown field or a text of another shape."""
    pairs = []
    for text in mapping:
        name, equals, column = (part.strip() for part in text.partition("="))
        if not equals or not column:
            raise FeedError(f"--map {text!r}: expected FIELD=COLUMN, for example title=product_name")
        if name not in FIELDS:
            raise FeedError(f"--map {text!r}: no field {name!r}; the fields are {', '.join(FIELDS)}")
        pairs.append((name, column))
    return pairs


def match_columns(columns: Sequence[str], mapping: Sequence[str] = (), rows: Rows = ()) -> ColumnMap:
    """Find the column of each field: by `mapping` first, then by name. `rows` are some of the feed's, for advice.

    Raises FeedError when a mapped column does not exist or a field is mapped twice (only category may be, and
    is joined), and when no column can be the title, or none the SKU or group.
    """
    explicit: dict[str, tuple[str, ...]] = {}
    for name, wanted in parse_mapping(mapping):
        column = _existing(wanted, columns, name)
        if name in explicit and name != "category":
            raise FeedError(f"--map gives {name} twice: {explicit[name][0]!r} and {column!r}")
        explicit[name] = (*explicit.get(name, ()), column)
    matched = _match(columns, explicit)
    _require(matched, columns, rows)
    return matched


def _match(columns: Sequence[str], explicit: Mapping[str, tuple[str, ...]]) -> ColumnMap:
    taken = {c for names in explicit.values() for c in names}
    forms = {c: header_forms(c) for c in columns if c not in taken}
    sources = dict(explicit)
    in_minor = {c: unit for c in forms if (unit := _minor_field(c)) is not None}
    set_aside = {c: forms.pop(c) for c in in_minor}
    for name in FIELDS:
        if name in sources:
            continue
        found = _columns_of(name, forms)
        if found:
            sources[name] = found
            for column in found:
                del forms[column]
    currency = ""
    for name in ("price", "sale_price"):
        if name not in sources:
            sources, currency = _with_unit(name, sources, forms, currency)
    forms |= set_aside
    for column, name in in_minor.items():  # only where no column has whole amounts
        if name not in sources:
            sources[name] = (column,)
            del forms[column]
    if not currency:
        currency = next(
            (_unit(c) for f in ("price", "sale_price") for c in sources.get(f, ()) if _unit(c)), ""
        )
    cost_currency = ""
    if COST not in sources:
        sources, cost_currency = _with_unit(COST, sources, forms, "")
    cost_currency = next((_unit(c) for c in sources.get(COST, ())), cost_currency)
    ordered = {name: sources[name] for name in FIELDS if name in sources}
    minor = frozenset(f for f in _PRICES if any(_minor_field(c) for c in ordered.get(f, ())))
    return ColumnMap(ordered, tuple(forms), currency, dict(explicit), cost_currency, minor)


def _minor_field(column: str) -> str | None:
    """The field of a column like "price_cents", whose name says that it counts minor units."""
    rest = named_in_minor_units(column)
    return next((f for f in _PRICES if rest in SYNONYMS[f]), None) if rest else None


def _columns_of(name: str, forms: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if name == "category":
        return tuple(c for c, names in forms.items() if any(n in SYNONYMS[name] for n in names))
    found = _best(name, forms)
    if name == "department":
        found += tuple(c for c, names in forms.items() if names[0] in AGE_WORDS and c not in found)[:1]
    return found


def _best(name: str, forms: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    for word in SYNONYMS[name]:
        for column, names in forms.items():
            if word in names:
                return (column,)
    return ()


def _with_unit(
    name: str, sources: dict[str, tuple[str, ...]], forms: dict[str, tuple[str, ...]], currency: str
) -> tuple[dict[str, tuple[str, ...]], str]:
    """Prices whose header ends in a currency: "price_eur", "Preis in €"."""
    for column in list(forms):
        unit = _unit(column)
        if unit and normalise(_CURRENCY_SUFFIX.sub("", column)) in SYNONYMS[name]:
            del forms[column]
            return sources | {name: (column,)}, unit
    return sources, currency


def _unit(column: str) -> str:
    match = _CURRENCY_SUFFIX.search(column)
    if match is None or normalise(column) in SYNONYMS["price"] + SYNONYMS["sale_price"]:
        return _sign_of(column)
    return currency_code(match["unit"]) or ""


def _sign_of(column: str) -> str:
    return next((currency_code(c) or "" for c in column if c in "€£¥₹"), "")


def _existing(wanted: str, columns: Sequence[str], name: str) -> str:
    if wanted in columns:
        return wanted
    alike = [c for c in columns if normalise(c) == normalise(wanted)]
    if len(alike) == 1:
        return alike[0]
    raise FeedError(f"--map {name}={wanted}: no column {wanted!r}; the columns are {_listed(columns)}")


def _require(matched: ColumnMap, columns: Sequence[str], rows: Rows) -> None:
    wanted = (("title",), ("sku", "group_id"))
    missing = [names for names in wanted if not any(name in matched.sources for name in names)]
    if missing:
        suggestions = [s for names in missing if (s := mapping_for(names[0], matched.ignored, rows))]
        advice = f"Name it with --map {missing[0][0]}=COLUMN"
        raise FeedError(
            f"no column is recognised as {' or '.join(missing[0])}; the columns are {_listed(columns)}."
            f" {'. '.join([*suggestions, advice])}"
        )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(c[:60]) for c in columns[:_SHOWN_COLUMNS])
    more = len(columns) - _SHOWN_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown
