"""Each showing keeps its label: an outfit that is composed again under another experiment is another outfit."""

from __future__ import annotations

from contextlib import closing

from service.db.repositories.outfits import read_made
from service.db.session import State
from service.recommender.response import identity
from service.schemas.outfits import OutfitRequest

WISH = OutfitRequest(vibe="jazz", seed=7)


def test_an_experiment_is_part_of_what_an_id_stands_for():
    a, b = (WISH.model_copy(update={"experiment": arm}) for arm in "ab")
    assert len({identity(each, 7, ["v1"]) for each in (WISH, a, b)}) == 3
    assert identity(a, 7, ["v1"]) == identity(a.model_copy(), 7, ["v1"])


def test_a_second_showing_never_rewrites_the_first(sample_recommender, settings):
    with closing(State.of(settings)) as state:
        shown = {}
        for arm in ("a", "b"):
            asked = WISH.model_copy(update={"experiment": arm, "count": 1})
            answer = sample_recommender.compose(asked, "r")
            state.save_response(asked, answer)
            shown[arm] = answer.outfits[0]
        assert [item.sku for item in shown["a"].items] == [item.sku for item in shown["b"].items]
        assert [read_made(state, shown[arm].id).request.experiment for arm in "ab"] == ["a", "b"]
        for arm in "ab":
            assert sample_recommender.difference(read_made(state, shown[arm].id)) is None
