"""What a caller would rather have, by a header with quality values such as `Accept`. Knows no request and no answer."""

from __future__ import annotations

import re

_MAX_HEADER = 1_000
_MAX_VALUES = 20
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)", re.IGNORECASE)
_IS_WEIGHT = re.compile(r"q\s*=", re.IGNORECASE)


def ranked(header: str) -> dict[str, float]:
    """The header's values, the most welcome first, with their weights from 0 (not at all) to 1; after RFC 9110, 12.4.2.

    A weight that cannot be read counts as 0. Parameters other than the weight are left out. What stands far behind in
    an overlong header is not read.
    """
    found: dict[str, float] = {}
    for part in header[:_MAX_HEADER].split(",")[:_MAX_VALUES]:
        value, *parameters = (text.strip() for text in part.split(";"))
        if value:
            found.setdefault(value, _weight(parameters))
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def _weight(parameters: list[str]) -> float:
    said = next((parameter for parameter in parameters if _IS_WEIGHT.match(parameter)), None)
    if said is None:
        return 1.0
    match = _WEIGHT.fullmatch(said)
    return min(float(match[1]), 1.0) if match else 0.0
