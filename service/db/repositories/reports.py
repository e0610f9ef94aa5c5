"""What staff are told of a period: requests, what they lacked, how long they took, what shoppers made of outfits.

Reads the tables of requests and events; writes nothing, and knows no HTTP.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import ceil, sqrt
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import ColumnElement, distinct, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.db.session import State
from service.db.tables import EventRow, RequestRow

ACCEPTING = ("like", "add_to_basket", "purchase")
_SHOWN = ("impression", *ACCEPTING)
_TOP_VIBES = 20
_MAX_GROUPS = 100
_Z = 1.959964  # the 97.5 % quantile of the normal distribution: a 95 % interval


class Rate(BaseModel):
    """A share with its 95 % interval after Wilson (1927), which holds for few cases and for shares near 0 and 1."""

    value: float
    low: float
    high: float


class Acceptance(BaseModel):
    """What shoppers made of the outfits of one style, or under one experiment's label.

    `outfits` were answered; `impressions` are events, `shown` the different outfits that rate is of: those with an
    impression (or accepted), or, where a shop sends no impressions (`basis` is "answers"), all that were answered.
    `accepted` had a like, were put into a basket or bought. `rate` is null when nothing was shown.
    """

    name: str
    outfits: int
    impressions: int
    basis: Literal["impressions", "answers"]
    shown: int
    accepted: int
    rate: Rate | None
    dislikes: int
    swaps: int


class Latency(BaseModel):
    """Milliseconds that composing took, waits for the language model included."""

    p50: float
    p95: float


class VibeCount(BaseModel):
    vibe: str
    count: int


class Summary(BaseModel):
    """From `since` on and before `until`, ISO 8601 in UTC. `unmet` counts answers by constraint; `composers` answers.

    `empty_vibes` are those most often left without an outfit; `note` says when what shoppers typed is not kept.
    """

    since: str
    until: str
    requests: int
    outfits: int
    empty: int
    unmet: dict[str, int]
    composers: dict[str, int]
    latency_ms: Latency | None
    empty_vibes: list[VibeCount]
    note: str | None
    styles: list[Acceptance]
    experiments: list[Acceptance]


def summarise(state: State, since: str, until: str, *, keep_vibes: bool) -> Summary:
    """The period between two times as the tables keep them."""
    asked = (RequestRow.created >= since) & (RequestRow.created < until)
    happened = (EventRow.received >= since) & (EventRow.received < until)
    empty = asked & (RequestRow.outfits == 0)
    with state.session() as session:
        requests = _count(session, asked)
        return Summary(
            since=since,
            until=until,
            requests=requests,
            outfits=session.scalar(select(func.coalesce(func.sum(RequestRow.outfits), 0)).where(asked)) or 0,
            empty=_count(session, empty),
            unmet=_unmet(session, asked),
            composers=_composers(session, asked),
            latency_ms=_latency(session, asked, requests),
            empty_vibes=_empty_vibes(session, empty) if keep_vibes else [],
            note=None
            if keep_vibes
            else "vibes are not kept: STYLIST_KEEP_VIBES=true keeps them from then on",
            styles=_acceptance(session, asked, happened, RequestRow.style, EventRow.style),
            experiments=_acceptance(session, asked, happened, RequestRow.experiment, EventRow.experiment),
        )


def wilson(part: int, whole: int) -> Rate | None:
    """The share of `part` in `whole`; None of nothing."""
    if whole == 0:
        return None
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z / (1 + z2 / whole) * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    low, high = (0.0 if part == 0 else middle - half), (1.0 if part == whole else middle + half)
    return Rate(value=round(share, 4), low=round(low, 4), high=round(high, 4))


Condition = ColumnElement[bool]


def _count(session: Session, asked: Condition) -> int:
    return session.scalar(select(func.count()).select_from(RequestRow).where(asked)) or 0


def _composers(session: Session, asked: Condition) -> dict[str, int]:
    grouped = select(RequestRow.composer, func.count()).where(asked).group_by(RequestRow.composer)
    return dict(session.execute(grouped.order_by(RequestRow.composer)).all())


def _unmet(session: Session, asked: Condition) -> dict[str, int]:
    """Answers per constraint, most frequent first. One answer counts once per constraint."""
    counts: Counter[str] = Counter()
    grouped = select(RequestRow.unmet, func.count()).where(asked, RequestRow.unmet != "[]")
    for names, count in session.execute(grouped.group_by(RequestRow.unmet)):
        counts.update(dict.fromkeys(json.loads(names), count))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _latency(session: Session, asked: Condition, count: int) -> Latency | None:
    """Nearest-rank percentiles, by the database's own order: nothing is loaded but the two rows."""
    if count == 0:
        return None
    ordered = select(RequestRow.ms).where(asked).order_by(RequestRow.ms)
    p50, p95 = (
        session.scalar(ordered.offset(max(0, ceil(count * share) - 1)).limit(1)) or 0.0
        for share in (0.5, 0.95)
    )
    return Latency(p50=round(p50, 1), p95=round(p95, 1))


def _empty_vibes(session: Session, empty: Condition) -> list[VibeCount]:
    how_often = func.count().label("how_often")
    grouped = select(RequestRow.vibe, how_often).where(empty, RequestRow.vibe.is_not(None))
    grouped = grouped.group_by(RequestRow.vibe).order_by(how_often.desc(), RequestRow.vibe).limit(_TOP_VIBES)
    return [VibeCount(vibe=vibe or "", count=count) for vibe, count in session.execute(grouped)]


Name = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _acceptance(
    session: Session, asked: Condition, happened: Condition, asked_by: Name, happened_by: Name
) -> list[Acceptance]:
    """By style or by experiment: at most `_MAX_GROUPS` groups, those with most outfits first."""
    answered = select(asked_by, func.sum(RequestRow.outfits)).where(asked, asked_by.is_not(None))
    outfits = {str(name): int(n) for name, n in session.execute(answered.group_by(asked_by))}
    events: dict[tuple[str, str], int] = {}
    by_type = select(happened_by, EventRow.type, func.count()).where(happened, happened_by.is_not(None))
    for name, kind, count in session.execute(by_type.group_by(happened_by, EventRow.type)):
        events[str(name), kind] = count
    shown = _outfits_with(session, happened, happened_by, _SHOWN)
    accepted = _outfits_with(session, happened, happened_by, ACCEPTING)
    names = sorted({*outfits, *(name for name, _ in events)}, key=lambda name: (-outfits.get(name, 0), name))
    found = []
    for name in names[:_MAX_GROUPS]:
        impressions, taken = events.get((name, "impression"), 0), accepted.get(name, 0)
        whole = shown[name] if impressions else max(outfits.get(name, 0), taken)
        found.append(
            Acceptance(
                name=name,
                outfits=outfits.get(name, 0),
                impressions=impressions,
                basis="impressions" if impressions else "answers",
                shown=whole,
                accepted=taken,
                rate=wilson(taken, whole),
                dislikes=events.get((name, "dislike"), 0),
                swaps=events.get((name, "swap"), 0),
            )
        )
    return found


def _outfits_with(session: Session, happened: Condition, by: Name, types: Sequence[str]) -> dict[str, int]:
    """Different outfits with an event of one of the types, per group."""
    counted = select(by, func.count(distinct(EventRow.outfit_id))).where(happened, by.is_not(None))
    rows = session.execute(counted.where(EventRow.type.in_(types)).group_by(by))
    return {str(name): count for name, count in rows}
