"""Nested JSON or Parquet values -> one text per column. Knows which columns carry sizes, nothing of files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from indexer.feeds.values.synonyms import canonical_field

_NAMING_KEYS = ("name", "title", "value", "label", "src", "url", "href", "path")
_BAGS = frozenset({"attributes", "attrs", "properties", "options", "specifications", "specs"})
_SEPARATORS = {"category": " > ", "image_url": ","}


def flatten(record: Mapping[str, object]) -> dict[str, str]:
    """One row of text cells: lists are joined, objects become "key.sub" columns, sizes are kept as JSON.

    What an object of attributes says of a field that the record does not name itself is the record's own.

    Raises RecursionError for values nested too deep to print, as the JSON parser does.
    """
    cells: dict[str, str] = {}
    for key, value in record.items():
        name = str(key)
        if isinstance(value, dict) and canonical_field(name) not in ("size", "quantity"):
            for sub, inner in value.items():
                field = canonical_field(str(sub)) if name.casefold() in _BAGS else None
                if field is not None and sub not in record:
                    cells[str(sub)] = _text(inner, field)
                else:
                    cells[f"{name}.{sub}"] = _text(inner, canonical_field(name))
        else:
            cells[name] = _text(value, canonical_field(name))
    return cells


def scalar_text(value: object) -> str:
    """A single value as a shop would write it: no ".0" after whole numbers, "" for null and NaN."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Decimal):
        return _float_text(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return ""
    if not math.isfinite(value):
        return str(value)
    if value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    # Exactly three decimals would read as thousands ("12.345"); a number of a typed file never means that.
    return text + "0" if len(text.rpartition(".")[2]) == 3 else text


def _text(value: object, field: str | None) -> str:
    if isinstance(value, list | tuple):
        return _list_text(list(value), field)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=scalar_text)
    return scalar_text(value)


def _list_text(values: list[object], field: str | None) -> str:
    if field == "size" and any(isinstance(v, dict) for v in values):
        return json.dumps(values, ensure_ascii=False, default=scalar_text)
    texts = []
    for value in values:
        if isinstance(value, dict):
            value = next((value[k] for k in _NAMING_KEYS if value.get(k)), value)
        texts.append(_text(value, field) if isinstance(value, list | dict) else scalar_text(value))
    return _SEPARATORS.get(field or "", ", ").join(t for t in texts if t)
