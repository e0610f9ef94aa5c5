"""What shoppers typed is stored only where the setting says, and what is forgotten is gone from the files."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from sqlalchemy import select

from service.cli.export import export_shopper
from service.db.repositories.events import EventRepository
from service.db.repositories.looks import LookRepository
from service.db.repositories.outfits import read_made
from service.db.repositories.requests import RequestRepository
from service.db.session import STATE_FILE, State
from service.db.tables import EventRow, RequestRow
from service.db.wishes import Wishes
from service.errors import InvalidError
from service.schemas.events import SentEvent
from service.schemas.fields import NOT_KEPT
from service.schemas.looks import SentLook
from service.schemas.outfits import OutfitRequest

CANARY = "zanzibarquux"
WISH = OutfitRequest(vibe=f"{CANARY} night", count=1, seed=3, own=[f"red {CANARY} boots"], shopper="s-1")


def on_disk(settings):
    return b"".join(path.read_bytes() for path in settings.data_dir.glob(f"{STATE_FILE}*"))


def composed(fake, request):
    """An answer whose outfits are called by their pieces, as the real stylist's are, and not by the wish."""
    answer = fake.compose(request, "r1")
    outfits = [outfit.model_copy(update={"title": "Shirt"}) for outfit in answer.outfits]
    return answer.model_copy(update={"outfits": outfits})


def compose_and_like(state, fake, request=WISH, keep_vibes=None):
    answer = composed(fake, request)
    state.save_response(request, answer)
    with closing(RequestRepository(state, 90, keep_vibes=bool(keep_vibes))) as log:
        log.note(request, answer, 5.0)
        log.settle()
    outfit = answer.outfits[0]
    event = SentEvent(event_id="e1", type="like", outfit_id=outfit.id, shopper=request.shopper)
    assert EventRepository(state).record([(0, event)], None).accepted == 1
    return outfit.id


@pytest.mark.parametrize(("keep_vibes", "stored"), [(False, False), (None, True), (True, True)])
def test_a_wish_is_on_the_disk_only_where_the_setting_says(settings, fake, keep_vibes, stored):
    settings = settings.model_copy(update={"keep_vibes": keep_vibes})
    with closing(State.of(settings)) as state:
        name = compose_and_like(state, fake, keep_vibes=keep_vibes)
        assert (CANARY.encode() in on_disk(settings)) is stored
        assert read_made(state, name).request.vibe == WISH.vibe  # understood while the process lives
        assert read_made(state, name).request.own == WISH.own
        with state.session() as session:
            logged = session.scalars(select(RequestRow.vibe)).one()
        assert logged == (WISH.vibe if keep_vibes else None)
    assert (CANARY.encode() in on_disk(settings)) is stored
    with closing(State.of(settings)) as state:
        made = read_made(state, name)
        assert made.wish_kept is stored
        assert (CANARY in made.request.vibe) is stored
        assert made.request.seed == 3


def test_what_is_not_kept_teaches_nothing(settings, fake):
    with closing(State.of(settings.model_copy(update={"keep_vibes": False}))) as state:
        name = compose_and_like(state, fake)
        (line,) = EventRepository(state).lines()
        assert json.loads(line)["vibe"] == NOT_KEPT
        with pytest.raises(InvalidError, match="vibe"):
            LookRepository(state).add(SentLook(outfit_id=name), fake.item, None)


def test_the_setting_holds_for_events_of_outfits_from_before(settings, fake):
    with closing(State.of(settings)) as state:
        answer = fake.compose(WISH, "r1")
        state.save_response(WISH, answer)
    with closing(State.of(settings.model_copy(update={"keep_vibes": False}))) as state:
        event = SentEvent(event_id="e1", type="like", outfit_id=answer.outfits[0].id)
        EventRepository(state).record([(0, event)], None)
        with state.session() as session:
            assert CANARY not in session.scalars(select(EventRow.body)).one()


def test_forgetting_takes_the_wishes_out_of_the_files(settings, fake):
    settings = settings.model_copy(update={"keep_vibes": True})
    with closing(State.of(settings)) as state:
        compose_and_like(state, fake, keep_vibes=True)
        other = WISH.model_copy(update={"shopper": "s-2", "vibe": "harbour fog", "seed": 4, "own": []})
        state.save_response(other, fake.compose(other, "r2"))
        assert CANARY.encode() in on_disk(settings)
        assert EventRepository(state).forget("s-1") == 1
        assert CANARY.encode() not in on_disk(settings)
        assert b'"s-1"' not in on_disk(settings)
        assert b"harbour fog" in on_disk(settings)
        assert not [*EventRepository(state).known_of("s-1")]


def test_what_is_kept_of_a_shopper_is_shown(settings, fake, capsys):
    with closing(State.of(settings)) as state:
        name = compose_and_like(state, fake)
    assert export_shopper(settings, "s-1") == 2
    outfit, event = map(json.loads, capsys.readouterr().out.splitlines())
    assert (outfit["outfit"]["id"], outfit["asked"]["vibe"]) == (name, WISH.vibe)
    assert (event["event"]["event_id"], event["event"]["shopper"]) == ("e1", "s-1")
    assert export_shopper(settings, "s-2") == 0
    with pytest.raises(InvalidError):
        export_shopper(settings, "Anna Schmidt")


def test_wishes_in_memory_are_bounded_and_forgotten(monkeypatch):
    monkeypatch.setattr("service.db.wishes._MOST", 2)
    wishes = Wishes(kept=False)
    bare = wishes.stored(WISH)
    assert (bare.vibe, bare.own, bare.seed) == (NOT_KEPT, [], 3)
    for name in "abc":
        wishes.note(name, WISH)
    assert [wishes.recall(name, bare)[1] for name in "abc"] == [False, True, True]
    wishes.forget("s-1")
    assert not wishes.recall("c", bare)[1]
