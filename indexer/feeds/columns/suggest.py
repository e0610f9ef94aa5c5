"""What columns that were not matched may hold, by their names and by what is in them. Reads no file, decides nothing.

A feed that is refused, or read without its sizes, is told which `--map` would help.
"""

from __future__ import annotations

import re
import shlex
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from indexer.feeds.columns.names import like_field
from indexer.feeds.values.availability import availability_of
from indexer.feeds.values.choices import is_size
from indexer.feeds.values.currency import ISO_CODES
from indexer.feeds.values.money import MoneyError, parse_money

_IMAGE = re.compile(r"(?:https?:)?//\S+\.(?:jpe?g|png|webp|gif|avif)(?:[?#]\S*)?", re.IGNORECASE)
_ASKED = ("size", "price", "image_url", "availability")
_MOST = 0.8
_LEAST_VALUES = 3
_SHOWN_VALUES = 3

Rows = Sequence[Mapping[str, str]]


def mapping_for(field: str, columns: Sequence[str], rows: Rows) -> str:
    """Words that name the column which most likely is `field`, with the option that would say so; "" for none."""
    column = _held_by(field, columns, rows) or next((c for c in columns if like_field(c) == field), None)
    if column is None:
        return ""
    examples = ", ".join(dict.fromkeys(v[:40] for v in _values(column, rows)[:_SHOWN_VALUES]))
    shown = f" ({examples})" if examples else ""
    return f"{column!r}{shown} looks like it: --map {shlex.quote(f'{field}={column}')}"


def missing_columns(
    sources: Mapping[str, Sequence[str]], ignored: Sequence[str], rows: Rows
) -> Iterator[str]:
    """A hint for each field that was not matched, or holds what it cannot hold, while another column may be it."""
    for field in _ASKED:
        if field not in sources:
            if suggestion := mapping_for(field, ignored, rows):
                yield f"no {field} column; {suggestion}"
        elif field == "price" and len(sources[field]) == 1:
            column = sources[field][0]
            values = _values(column, rows)
            if len(values) >= _LEAST_VALUES and _share(values, _is_amount) < 1 - _MOST:
                suggestion = mapping_for(field, ignored, rows)
                yield f"price <- {column!r} holds no amounts ({values[0][:40]!r})" + (
                    f"; {suggestion}" if suggestion else ""
                )


def _held_by(field: str, columns: Sequence[str], rows: Rows) -> str | None:
    """The column whose values are of the field's shape."""
    if field == "title":
        return _most_like_titles(columns, rows)
    if field == "sku":
        return next((c for c in columns if _is_identifier(_values(c, rows))), None)
    shape = _SHAPES.get(field)
    if shape is None:
        return None
    fitting = [
        c for c in columns if len(v := _values(c, rows)) >= _LEAST_VALUES and _share(v, shape) >= _MOST
    ]
    if field == "size":
        # Numbers alone may count anything; letters are sizes.
        fitting = [c for c in fitting if any(v[:1].isalpha() for v in _values(c, rows))]
    return min(fitting, key=lambda c: like_field(c) != field, default=None)


def _most_like_titles(columns: Sequence[str], rows: Rows) -> str | None:
    """The column of short, differing texts of several words."""
    best, most = None, 0.0
    for column in columns:
        values = _values(column, rows)
        if not values or statistics.fmean(map(len, values)) > 120 or any("//" in v for v in values[:5]):
            continue
        several = _share(
            values, lambda v: 2 <= len(v.split()) <= 20 and sum(map(str.isalpha, v)) > len(v) / 2
        )
        score = several * len(set(values)) / len(values)
        if score > max(most, 0.3):
            best, most = column, score
    return best


def _is_identifier(values: Sequence[str]) -> bool:
    plain = _share(values, lambda v: len(v) <= 40 and " " not in v and any(c.isdigit() for c in v))
    return len(values) >= _LEAST_VALUES and plain >= _MOST and len(set(values)) == len(values)


def _is_price(text: str) -> bool:
    return _is_amount(text) and any(not c.isdigit() for c in text)


def _is_amount(text: str) -> bool:
    try:
        parse_money(text)
    except MoneyError:
        return False
    return True


_SHAPES: dict[str, Callable[[str], bool]] = {
    "size": is_size,
    "price": _is_price,
    "image_url": lambda text: _IMAGE.fullmatch(text) is not None,
    "currency": lambda text: text.upper() in ISO_CODES,
    "availability": lambda text: availability_of(text) is not None and not text.isdigit(),
}


def _values(column: str, rows: Rows) -> list[str]:
    return [text for row in rows if (text := row.get(column, "").strip())]


def _share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, values)) / len(values) if values else 0.0
