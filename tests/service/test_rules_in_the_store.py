"""Rules over the sample store: a boost lifts what suits and nothing else, and all promises to shoppers hold."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from benchmarks.violations import catalogue, random_request, violations
from indexer.item import Item
from service.recommender.recommender import StoreRecommender, open_recommender
from service.retrieval.adjustments import ScoreAdjustment
from service.retrieval.merchandising import Merchandising, Rule, RuleBody
from service.schemas.outfits import OutfitRequest, OutfitResponse
from service.settings import Settings

OFFICE = {"vibe": "monday office meeting", "department": "women"}


class Ruled:
    """The recommender of the sample store, under rules that tests set."""

    def __init__(self, settings: Settings) -> None:
        self.nudges: list[ScoreAdjustment] = []
        self.recommender: StoreRecommender = open_recommender(settings, lambda _: self.nudges)
        self.skus = catalogue(settings)

    def hold(self, *bodies: dict[str, Any]) -> Merchandising:
        rules = [Rule(f"r{n}", "", RuleBody.model_validate(body)) for n, body in enumerate(bodies)]
        self.nudges = [Merchandising(rules)] if rules else []
        return Merchandising(rules)

    def ask(self, **body: Any) -> OutfitResponse:
        return self.recommender.compose(OutfitRequest.model_validate({"seed": 3, **body}), "r")

    def pieces(self, response: OutfitResponse) -> list[Item]:
        return [self.skus[piece.sku][0] for outfit in response.outfits for piece in outfit.items]


@pytest.fixture(scope="module")
def opened(sample_store: Settings) -> Iterator[Ruled]:
    ruled = Ruled(sample_store)
    with closing(ruled.recommender):
        yield ruled


@pytest.fixture
def store(opened: Ruled) -> Ruled:
    opened.hold()
    return opened


def of_brand(brand: str, pieces: list[Item]) -> int:
    return sum(piece.brand == brand for piece in pieces)


def test_a_full_boost_lifts_a_brand_and_a_full_bury_lowers_it(store: Ruled) -> None:
    plain = store.pieces(store.ask(**OFFICE))
    store.hold({"action": "boost", "match": {"brands": ["Quillmoor"]}, "strength": 1})
    boosted = store.pieces(store.ask(**OFFICE))
    store.hold({"action": "bury", "match": {"brands": ["Stillhus"]}, "strength": 1})
    buried = store.pieces(store.ask(**OFFICE))
    assert of_brand("Quillmoor", boosted) > of_brand("Quillmoor", plain)
    assert of_brand("Stillhus", buried) < of_brand("Stillhus", plain)


@pytest.mark.parametrize("department", ["women", "men"])
def test_a_full_boost_puts_no_ski_wear_on_the_beach(store: Ruled, department: str) -> None:
    plain = store.ask(vibe="beach day", department=department)
    store.hold({"action": "boost", "match": {"tags": ["snow", "winter", "ski"]}, "strength": 1})
    boosted = store.ask(vibe="beach day", department=department)
    assert {"snow", "ski"} & {tag for item in {i for i, _ in store.skus.values()} for tag in item.tags}
    assert boosted.outfits
    assert all(item.warmth <= 1 for item in store.pieces(boosted))
    assert len(boosted.outfits) == len(plain.outfits)


def test_random_rules_break_no_promise(store: Ruled) -> None:
    rng = random.Random(5)
    items = list({id(item): item for item, _ in store.skus.values()}.values())
    answered = 0
    for n in range(40):
        some = rng.sample(items, 4)
        held = store.hold(
            {"action": "pin", "match": {"skus": [some[0].sku]}},
            {"action": "boost", "match": {"brands": [some[1].brand]}, "strength": 1},
            {"action": "bury", "match": {"kinds": [some[2].kind]}, "strength": rng.random()},
            {"action": "exclude", "match": {"brands": [some[3].brand], "departments": ["women", "men"]}},
        )
        request = random_request(rng, items)
        response = store.recommender.compose(request, str(n))
        assert list(violations(request, response, store.skus)) == [], request.model_dump_json(
            exclude_defaults=True
        )
        banned = held.rules[3].body.match
        for item in store.pieces(response):
            assert item.brand not in banned.brands or item.department not in banned.departments
        answered += bool(response.outfits)
    assert answered > 15


def test_what_holds_is_part_of_an_outfits_identity(store: Ruled) -> None:
    plain = store.ask(**OFFICE).outfits
    store.hold({"action": "boost", "match": {"skus": ["no-such-piece"]}})
    ruled = store.ask(**OFFICE).outfits
    assert [o.items for o in ruled] == [o.items for o in plain]
    assert {o.id for o in ruled} & {o.id for o in plain} == set()
    assert ruled == store.ask(**OFFICE).outfits
    store.hold()
    assert store.ask(**OFFICE).outfits == plain


@pytest.mark.parametrize("ruled", [False, True])
def test_a_trace_changes_nothing(store: Ruled, ruled: bool) -> None:
    if ruled:
        store.hold(
            {"action": "boost", "match": {"brands": ["Stillhus"]}},
            {"action": "pin", "match": {"kinds": ["loafers"]}},
        )
    plain, traced = store.ask(**OFFICE, explain=True), store.ask(**OFFICE, explain=True, trace=True)
    untimed = {"trace", "timings_ms"}
    assert plain.model_dump_json(exclude=untimed) == traced.model_dump_json(exclude=untimed)
    assert '"trace"' not in plain.model_dump_json()
    assert traced.trace is not None
    for told, outfit in zip(traced.trace.outfits, traced.outfits, strict=True):
        assert told.id == outfit.id
        assert {p.sku: p.total for p in told.pieces} == pytest.approx(
            {i.sku: i.score for i in outfit.items}, abs=1e-4
        )
    told_rules = {
        rule.id for outfit in traced.trace.outfits for piece in outfit.pieces for rule in piece.rules
    }
    assert told_rules == ({"r0", "r1"} if ruled else set())
