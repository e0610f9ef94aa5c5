"""Types of fields that the service's bodies and a store's own files have in common: ids, wishes, times, pseudonyms.

One rule for each, so that what the service stores is what training reads. Knows no body and no file.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, WithJsonSchema

_PSEUDONYM = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")
_LIKE_A_PHONE = re.compile(r"[+\d./-]+")
_PHONE_DIGITS = range(7, 16)  # ITU-T E.164: at most 15; shorter than 7 reaches nobody outside a town


class Strict(BaseModel):
    """Base of the schemas: nothing beside the fields, and texts without space around them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )


def utc(text: str) -> str:
    """An ISO 8601 date or time in UTC to the second, so that such texts sort by time. A time without zone is
    read as UTC. Raises ValueError for anything else.
    """
    return _parsed(text).isoformat(timespec="seconds")


def instant(text: str) -> str:
    """The same to the microsecond, in the form of the service's own times: 2025-03-31T18:00:00.000000Z."""
    return _parsed(text).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parsed(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no ISO 8601 date or time, such as 2025-03-31T18:00:00Z") from None


def _pseudonym(text: str) -> str:
    if not _PSEUDONYM.fullmatch(text):
        raise ValueError("no pseudonym: give a key without spaces or @, such as a keyed hash, never a name")
    if _LIKE_A_PHONE.fullmatch(text) and sum(c.isdigit() for c in text) in _PHONE_DIGITS:
        raise ValueError("no pseudonym: reads like a telephone number; begin with a letter, as in c-1002003")
    return text


NOT_KEPT = "(not kept)"
"""In place of a wish that may not be stored, or was forgotten."""

# Without control characters: a database may refuse them.
PLAIN = r"^[^\x00-\x1f\x7f]+$"
SKU_CHARS = 200
Id = Annotated[str, StringConstraints(min_length=1, max_length=SKU_CHARS)]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=SKU_CHARS, pattern=PLAIN)]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=500)]
When = Annotated[str, AfterValidator(utc)]
Instant = Annotated[str, StringConstraints(max_length=40), AfterValidator(instant)]
Pseudonym = Annotated[
    str, AfterValidator(_pseudonym), WithJsonSchema({"type": "string", "pattern": f"^{_PSEUDONYM.pattern}$"})
]
"""Who it was, by a pseudonym that the shop makes. What plainly is none is refused: spaces, an @, a telephone number.
That it names nobody is for the shop to see to."""
