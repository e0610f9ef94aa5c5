"""The state file: kept across runs, private, shared by processes, and refused when it is not ours."""

from __future__ import annotations

import sqlite3
import stat
import threading

import pytest
from fake_recommender import FakeRecommender

from indexer.errors import StylistError
from service.schema import OutfitRequest
from service.state import STATE_FILE, State


def test_outfits_outlive_the_process(tmp_path):
    request = OutfitRequest(vibe="gala", seed=3, count=2)
    response = FakeRecommender().compose(request, "r1")
    first = State(tmp_path / "new" / "data")
    first.save_response(request, response)
    first.close()
    second = State(tmp_path / "new" / "data")
    assert [second.outfit(o.id) for o in response.outfits] == response.outfits
    assert second.request_of("3-1") == request
    assert (second.outfit("3-2"), second.request_of("3-2")) == (None, None)
    second.close()


def test_an_outfit_composed_again_replaces_itself(tmp_path):
    request = OutfitRequest(vibe="gala", seed=3, count=1)
    fake, state = FakeRecommender(), State(tmp_path)
    state.save_response(request, fake.compose(request, "r1"))
    again = fake.compose(request.model_copy(update={"explain": True}), "r1")
    state.save_response(request, again)
    assert state.outfit("3-0") == again.outfits[0]
    state.close()


def test_one_request_id_for_two_requests_mixes_nothing_up(tmp_path):
    one, two = (OutfitRequest(vibe=vibe, seed=seed, count=1) for vibe, seed in (("gala", 1), ("gym", 2)))
    fake, state = FakeRecommender(), State(tmp_path)
    for request in (one, two):
        state.save_response(request, fake.compose(request, "same"))
    assert [state.request_of("1-0"), state.request_of("2-0")] == [one, two]
    state.close()


def test_only_the_owner_can_read_the_file(tmp_path):
    State(tmp_path).close()
    assert stat.S_IMODE((tmp_path / STATE_FILE).stat().st_mode) == 0o600


def test_two_states_write_at_the_same_time(tmp_path):
    fake, failures = FakeRecommender(), []

    def save(first_seed: int) -> None:
        state = State(tmp_path)
        try:
            for seed in range(first_seed, first_seed + 20):
                request = OutfitRequest(vibe="x", seed=seed, count=1)
                state.save_response(request, fake.compose(request, str(seed)))
        except Exception as error:
            failures.append(error)
        finally:
            state.close()

    threads = [threading.Thread(target=save, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    state = State(tmp_path)
    assert all(state.outfit(f"{seed}-0") for start in (0, 100, 200) for seed in range(start, start + 20))
    state.close()


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    (tmp_path / STATE_FILE).write_bytes(b"not a database, " * 100)
    with pytest.raises(StylistError, match=rf"{STATE_FILE}: cannot be used"):
        State(tmp_path)


def test_a_newer_layout_is_refused_and_left_alone(tmp_path):
    State(tmp_path).close()
    with sqlite3.connect(tmp_path / STATE_FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StylistError, match="layout 99"):
        State(tmp_path)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StylistError, match="cannot be opened"):
        State(tmp_path / "file" / "data")
