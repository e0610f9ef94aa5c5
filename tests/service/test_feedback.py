"""Events are stored exactly once with what was asked and shown, are exported as they were stored, and forgotten."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sent_events import event, give_out, sent
from sqlalchemy import select

import service.db.repositories.events
from service.db.repositories.events import EventRepository
from service.db.repositories.outfits import read_made
from service.db.session import State
from service.db.tables import EventRow
from service.errors import InvalidError, NotFoundError
from service.schemas.events import StoredEvent
from service.schemas.fields import Pseudonym, instant, utc

PSEUDONYM = TypeAdapter(Pseudonym)


@pytest.fixture
def book(any_state: State) -> EventRepository:
    give_out(any_state, season="summer", department="women", shopper="s-1", experiment="arm-b")
    return EventRepository(any_state)


def stored(book: EventRepository) -> list[dict[str, object]]:
    return [json.loads(line) for line in book.lines()]


def test_an_event_is_stored_with_what_was_asked_and_shown(book, any_state):
    swap = event("e1", "swap", sku="S/1-M", replaced_by="S/2-M", at="2025-06-01T20:00:00+02:00", position=2)
    assert book.record(sent(swap | {"shopper": "s-1"}), "key1").accepted == 1
    (line,) = stored(book)
    assert line == {
        "event_id": "e1",
        "at": "2025-06-01T18:00:00+00:00",
        "type": "swap",
        "outfit_id": "7-0",
        "vibe": "Rooftop jazz",
        "items": [
            {"slot": "top", "sku": "T/1-M", "title": "Silk camisole"},
            {"slot": "bottom", "sku": "B/1-M", "title": "Wide trousers"},
            {"slot": "shoes", "sku": "S/1-M", "title": "Strappy sandals"},
        ],
        "department": "women",
        "season": "summer",
        "style": "house",
        "sku": "S/1-M",
        "replaced_by": "S/2-M",
        "position": 2,
        "experiment": "arm-b",
        "shopper": "s-1",
        "index_version": "v1",
        "adapter_digest": "d1",
    }
    with any_state.session() as session:
        row = session.scalars(select(EventRow)).one()
    assert (row.at, row.key_id, row.style, row.position) == (
        "2025-06-01T18:00:00.000000Z",
        "key1",
        "house",
        2,
    )


def test_an_event_sent_again_counts_once_and_the_first_stands(book):
    book.record(sent(event("e1")), None)
    again = book.record(
        sent(event("e1"), event("e1", "dislike"), event("e2"), event("e2", sku="T/1-M")), None
    )
    assert (again.accepted, again.duplicates) == (1, 3)
    assert again.conflicts == [(1, "e1"), (3, "e2")]
    assert [(line["event_id"], line["type"], line.get("sku")) for line in stored(book)] == [
        ("e1", "like", None),
        ("e2", "like", None),
    ]


def test_what_is_sent_by_many_at_once_is_stored_once(book):
    events = [event(f"e{n}") for n in range(40)]
    batches = [sent(*events), sent(*reversed(events))] * 3
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda batch: book.record(batch, None), batches))
    assert sum(receipt.accepted for receipt in receipts) == 40
    assert sum(receipt.duplicates for receipt in receipts) == 5 * 40
    assert all(receipt.conflicts == [] for receipt in receipts)
    assert len(stored(book)) == 40


def test_a_batch_goes_on_without_what_cannot_be_taken(book):
    batch = [
        event("e1", outfit_id="gone"),
        event("e1", sku="T/1-M"),
        event("e2", sku="X"),
        event("e3", at="2999-01-01"),
        event("e4", "swap", sku="old", replaced_by="B/1-M"),
    ]
    receipt = book.record(sent(*batch), None)
    assert (receipt.accepted, receipt.duplicates) == (2, 0)
    assert [(r.index, r.event_id, type(r.problem)) for r in receipt.refused] == [
        (0, "e1", NotFoundError),
        (2, "e2", InvalidError),
        (3, "e3", InvalidError),
    ]
    assert [r.problem.errors[0].field for r in receipt.refused[1:]] == ["sku", "at"]
    assert [line["event_id"] for line in stored(book)] == ["e1", "e4"]


def test_an_event_stays_a_duplicate_when_its_outfit_is_gone(book, any_state):
    book.record(sent(event("e1")), None)
    with any_state.session() as session:
        session.execute(service.db.repositories.events.OutfitRow.__table__.delete())
    assert book.record(sent(event("e1")), None).duplicates == 1


def test_an_export_goes_block_by_block_through_all_that_was_received(book, any_state, monkeypatch):
    monkeypatch.setattr(service.db.repositories.events, "_BLOCK", 3)
    names = [f"e{n}" for n in (3, 1, 2, 0, 6, 5, 4)]
    book.record(sent(*(event(name) for name in names)), None)
    assert [line["event_id"] for line in stored(book)] == names
    with any_state.session() as session:
        times = {row.event_id: row.received for row in session.scalars(select(EventRow))}
    part = [json.loads(line)["event_id"] for line in book.lines(times["e2"], times["e5"])]
    assert part == ["e2", "e0", "e6"]


def test_a_forgotten_shopper_leaves_nothing_behind(book, any_state):
    give_out(any_state, seed=8, shopper="s_1")
    give_out(any_state, seed=9, vibe='a vibe that says "shopper":"s-1"', shopper="s-2")
    others = [event("e3", shopper="s_1"), event("e4")]
    book.record(sent(event("e1", shopper="s-1"), event("e2", outfit_id="9-0", shopper="s-1"), *others), None)
    assert (book.forget("s-1"), book.forget("s-1")) == (2, 0)
    assert [line["event_id"] for line in stored(book)] == ["e3", "e4"]
    asked = [read_made(any_state, outfit).request for outfit in ("7-0", "8-0", "9-0")]
    assert [request.shopper for request in asked] == [None, "s_1", "s-2"]
    assert read_made(any_state, "7-0").outfit.id == "7-0"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 129}, "event_id"),
        ({"event_id": "a\x00b"}, "event_id"),
        ({"type": "wink"}, "type"),
        ({"type": "swap", "sku": "T/1-M"}, "replaced_by"),
        ({"type": "swap", "replaced_by": "T/1-M"}, "sku"),
        ({"type": "swap", "sku": "T/1-M", "replaced_by": "T/1-M"}, "replaced_by"),
        ({"replaced_by": "T/1-M"}, "replaced_by"),
        ({"position": -1}, "position"),
        ({"position": 1.5}, "position"),
        ({"shopper": "ada@example.com"}, "shopper"),
        ({"shopper": "+49 171 1234567"}, "shopper"),
        ({"shopper": "+491711234567"}, "shopper"),
        ({"at": "yesterday"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"name": "Ada"}, "name"),
    ],
)
def test_what_cannot_be_meant_is_named(changes, field):
    with pytest.raises(ValidationError) as caught:
        sent(event("e1") | changes)
    assert [e.field for e in InvalidError.from_validation(caught.value).errors] == [field]


@given(st.from_regex(r"\+?[0-9](?:[./-]?[0-9]){6,14}", fullmatch=True))
def test_nothing_that_can_be_dialled_is_a_pseudonym(number):
    with pytest.raises(ValidationError, match="telephone"):
        PSEUDONYM.validate_python(number)
    assert PSEUDONYM.validate_python(f"c-{number}") == f"c-{number}"


@given(st.datetimes(timezones=st.timezones()))
def test_times_are_kept_in_a_form_that_sorts(at):
    try:
        kept = instant(at.isoformat())
    except ValueError:  # beyond the calendar in UTC
        return
    assert instant(kept) == kept
    assert utc(kept) == f"{kept[:19]}+00:00"


def test_what_is_stored_is_what_training_reads(book):
    book.record(sent(event("e1", "purchase", sku="B/1-M", shopper="s-1")), None)
    (line,) = book.lines()
    assert StoredEvent.model_validate_json(line).slot == "bottom"
