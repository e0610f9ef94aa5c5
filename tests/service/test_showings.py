"""Each showing keeps its label: an outfit that is composed again under another experiment is another outfit."""

from __future__ import annotations

from service.recommender.response import identity
from service.schemas.outfits import OutfitRequest

WISH = OutfitRequest(vibe="jazz", seed=7)


def test_an_experiment_is_part_of_what_an_id_stands_for():
    a, b = (WISH.model_copy(update={"experiment": arm}) for arm in "ab")
    assert len({identity(each, 7, ["v1"]) for each in (WISH, a, b)}) == 3
    assert identity(a, 7, ["v1"]) == identity(a.model_copy(), 7, ["v1"])
