"""What shoppers did with outfits: each event stored once, with what was asked and shown, and read out again.

Knows the outfits that were given out; nothing of HTTP, and not what events teach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from service.db.repositories.outfits import is_open_to
from service.db.session import State, insert_new, to_text
from service.db.tables import EventRow, OutfitRow, RequestRow
from service.db.wishes import without_words
from service.errors import InvalidError, NotFoundError, ProblemError
from service.localization.text import phrase
from service.schemas.events import SentEvent, ShownItem, StoredEvent
from service.schemas.fields import NOT_KEPT, Pseudonym
from service.schemas.outfits import Outfit, OutfitRequest

_AHEAD = timedelta(days=1)
"""How far ahead of ours a shopper's clock may be: beyond, the event would have the last word for ever."""
_BEHIND = timedelta(days=5 * 366)
"""Nothing that is told now happened longer ago."""
_BLOCK = 500


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who tells: a key, its id again as `page` where it is a publishable one; and whether wishes are kept."""

    key_id: str | None
    page: str | None
    keep_wishes: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event of a batch that was not taken: its place in the batch, its id where it has one, and why."""

    index: int
    event_id: str | None
    problem: ProblemError


@dataclass(slots=True)
class Receipt:
    """What became of a batch. `conflicts` are the places of those duplicates that say something else than the event
    stored under their id; that one stands.
    """

    accepted: int = 0
    duplicates: int = 0
    conflicts: list[tuple[int, str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class EventRepository:
    """The events of one state. What `record` has counted as accepted is on the disk."""

    def __init__(self, state: State) -> None:
        self._state = state

    def record(
        self, events: Sequence[tuple[int, SentEvent]], key_id: str | None, page: str | None = None
    ) -> Receipt:
        """Store the events, each under its place in the batch, all in one transaction.

        `page` is the publishable key that sent them: then they are of outfits that this key may act on. An id that is
        stored already is a duplicate, whoever sent it when: the primary key decides between two
        that come at once.
        """
        ids = [event.event_id for _, event in events]
        with self._state.session() as session:
            known = _stored(session, ids)
            fresh = [(index, event) for index, event in events if event.event_id not in known]
            rows, refused = _rows(session, fresh, _Sender(key_id, page, self._state.wishes.kept))
            # In one order everywhere: else two batches that share events might each wait for the other.
            accepted = {name for name in sorted(rows) if insert_new(session, EventRow, rows[name])}
            known |= _stored(session, ids)  # also what somebody else stored, or deleted, meanwhile
        receipt = Receipt(accepted=len(accepted), refused=refused)
        left_out = {refusal.index for refusal in refused}
        for index, event in events:
            if event.event_id in accepted and index not in left_out:
                accepted.remove(event.event_id)  # its first: this one is stored
            elif index not in left_out:
                receipt.duplicates += 1
                if not _agrees(event, known[event.event_id]):
                    receipt.conflicts.append((index, event.event_id))
        return receipt

    def lines(self, since: str | None = None, until: str | None = None) -> Iterator[str]:
        """The events received from `since` on and before `until`, in that order, as lines of JSON without newline.

        Both are times as the tables keep them. What arrives meanwhile is left for the next export. Reads block by
        block, so that neither memory nor a transaction grows with the export.
        """
        until = until or to_text(datetime.now(UTC))
        place: tuple[str, str] = (since or "", "")
        order = tuple_(EventRow.received, EventRow.event_id)
        ordered = select(EventRow).where(EventRow.received < until)
        ordered = ordered.order_by(EventRow.received, EventRow.event_id).limit(_BLOCK)
        while True:
            with self._state.session() as session:
                block = session.scalars(ordered.where(order > place)).all()
            yield from (row.body for row in block)
            if len(block) < _BLOCK:
                return
            place = (block[-1].received, block[-1].event_id)

    def forget(self, shopper: Pseudonym) -> int:
        """Delete the shopper's events, and take the shopper, and what they typed, out of requests that outfits answered
        and out of the log of requests; how many events. What is deleted is gone from the file and its log too.

        The outfits themselves stay: without the shopper they are outfits like any other.
        """
        with self._state.session() as session:
            for row in _asked_by(session, shopper):
                request = OutfitRequest.model_validate_json(row.request)
                row.request = without_words(request.model_copy(update={"shopper": None})).model_dump_json()
                session.execute(
                    update(RequestRow).where(RequestRow.request_id == row.request_id).values(vibe=None)
                )
            gone = delete(EventRow).where(EventRow.shopper == shopper).returning(EventRow.event_id)
            count = len(session.scalars(gone).all())
        self._state.wishes.forget(shopper)
        self._state.erase()
        return count

    def known_of(self, shopper: Pseudonym) -> Iterator[str]:
        """All that is kept of a shopper, as lines of JSON: outfits with what was asked, then events, oldest first."""
        with self._state.session() as session:
            outfits = [
                {"outfit": json.loads(row.outfit), "asked": json.loads(row.request), "created": row.created}
                for row in _asked_by(session, shopper)
            ]
            told = select(EventRow.body, EventRow.received).where(EventRow.shopper == shopper)
            events = session.execute(told.order_by(EventRow.received, EventRow.event_id)).all()
        for outfit in sorted(outfits, key=lambda each: str(each["created"])):
            yield json.dumps(outfit)
        for body, received in events:
            yield json.dumps({"event": json.loads(body), "received": received})


def _asked_by(session: Session, shopper: str) -> list[OutfitRow]:
    """The outfits that the shopper asked for."""
    # As pydantic writes it; a quote inside another field is escaped there, so that nothing else looks like it.
    mention = f'"shopper":"{shopper}"'
    asked = select(OutfitRow).where(OutfitRow.request.contains(mention, autoescape=True))
    return [
        row
        for row in session.scalars(asked)
        if OutfitRequest.model_validate_json(row.request).shopper == shopper
    ]


def _stored(session: Session, event_ids: Sequence[str]) -> dict[str, EventRow]:
    rows = session.scalars(select(EventRow).where(EventRow.event_id.in_(set(event_ids))))
    return {row.event_id: row for row in rows}


def _outfits(session: Session, outfit_ids: Sequence[str]) -> dict[str, OutfitRow]:
    rows = session.scalars(select(OutfitRow).where(OutfitRow.id.in_(set(outfit_ids))))
    return {row.id: row for row in rows}


def _rows(
    session: Session, events: Sequence[tuple[int, SentEvent]], sender: _Sender
) -> tuple[dict[str, dict[str, Any]], list[Refusal]]:
    """A row for each id, of its first event that can be taken, and those that cannot."""
    now = datetime.now(UTC)
    outfits = _outfits(session, [event.outfit_id for _, event in events])
    rows: dict[str, dict[str, Any]] = {}
    refused: list[Refusal] = []
    for index, event in events:
        if event.event_id in rows:
            continue
        # A microsecond apart, so that the order of the batch is the order of an export.
        received = now + timedelta(microseconds=index)
        try:
            row = _row(event, outfits.get(event.outfit_id), received, sender)
            rows[event.event_id] = row | {"key_id": sender.key_id}
        except ProblemError as problem:
            refused.append(Refusal(index, event.event_id, problem))
    return rows, refused


def _row(event: SentEvent, shown: OutfitRow | None, received: datetime, sender: _Sender) -> dict[str, Any]:
    """The event as the table keeps it. Raises NotFoundError for an outfit never given out, InvalidError naming the
    field for what cannot be said of it.
    """
    if shown is None:
        raise NotFoundError(phrase("no outfit {outfit!r}", outfit=event.outfit_id))
    at = event.at or to_text(received)
    if at > to_text(received + _AHEAD):
        raise InvalidError.at("at", "lies in the future")
    if at < to_text(received - _BEHIND):
        raise InvalidError.at("at", "lies too far in the past")
    stored = _filled(event, shown, at, sender)
    columns = ("event_id", "type", "outfit_id", "sku", "shopper", "style", "experiment", "position")
    return {
        **stored.model_dump(include={*columns, "index_version", "adapter_digest"}),
        "at": at,
        "received": to_text(received),
        "body": stored.model_dump_json(exclude_none=True),
    }


def _filled(event: SentEvent, shown: OutfitRow, at: str, sender: _Sender) -> StoredEvent:
    """The event with what was asked and shown."""
    request = OutfitRequest.model_validate_json(shown.request)
    if not is_open_to(sender.page, shown, request):
        raise NotFoundError(f"no outfit {event.outfit_id!r}")
    if sender.page is not None and event.shopper not in (None, request.shopper):
        raise InvalidError.at("shopper", "is not who the outfit was composed for")
    outfit = Outfit.model_validate_json(shown.outfit)
    pieces = {item.sku for item in outfit.items}
    if event.sku is not None and pieces.isdisjoint({event.sku, event.replaced_by}):
        raise InvalidError.at("sku", phrase("is no piece of this outfit"))
    try:
        return StoredEvent(
            **event.model_dump(exclude={"at", "experiment"}),
            at=at,
            experiment=event.experiment or request.experiment,
            vibe=request.vibe if sender.keep_wishes else NOT_KEPT,
            source=None if sender.page is None else "page",
            items=ShownItem.all_of(outfit),
            department=request.department,
            season=request.season,
            style=shown.style,
            index_version=shown.index_version,
            adapter_digest=shown.style_digest,
        )
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def _agrees(event: SentEvent, row: EventRow) -> bool:
    """Whether the event says what the stored one of its id says; what it leaves to the service agrees."""
    stored = StoredEvent.model_validate_json(row.body)
    if event.at not in (None, row.at) or event.experiment not in (None, stored.experiment):
        return False
    names = ("type", "outfit_id", "sku", "replaced_by", "position", "shopper")
    return all(getattr(event, name) == getattr(stored, name) for name in names)
