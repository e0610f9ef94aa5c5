"""Whether a dated sale price holds now. Knows no prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def on_sale(start: str, end: str, now: datetime) -> bool:
    """Whether `now` (aware) lies between two ISO 8601 dates or times; an empty one sets no bound.

    A bare end date includes that day; a time without a zone is UTC. A date that cannot be read bounds the sale
    to nothing: the regular price is the safe one.
    """
    try:
        begins = _moment(start) if start.strip() else None
        ends = _moment(end) if end.strip() else None
    except ValueError:
        return False
    if ends is not None and len(end.strip()) <= len("2026-01-31"):
        ends += timedelta(days=1)
    return (begins is None or begins <= now) and (ends is None or now < ends)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
