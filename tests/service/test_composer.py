"""Composing over given candidates: constraints hold, whatever a stylist likes, and whole outfits are found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from factories import candidate, shortlist
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexer.item import Slot
from service.composition.composer import EncodeWorn, compose, standardise
from service.composition.draft import OutfitDraft, Plan
from service.composition.weights import Weights
from service.lm.prompt import Context
from service.lm.scorer import Question, RetrievalScorer, Scores, Session
from service.retrieval.shortlist import Candidate


class Partisan:
    """A real Scorer with answers computable by hand: it loves the labels that it was given, in that order."""

    composer = "base"
    log_odds = False

    def __init__(self, loved: Sequence[str]) -> None:
        self.loved = list(loved)

    def open(self, contexts: Sequence[Context]) -> Session:
        return _PartisanSession(self.loved)


class _PartisanSession:
    def __init__(self, loved: list[str]) -> None:
        self.loved = loved

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [np.array([float(label in self.loved) for label in q.labels]) for q in questions]

    def choose(self, question: Question, choice: int) -> None:
        pass


def plan(
    slots: dict[Slot, list[Candidate]], optional: tuple[Slot, ...] = (), anchored: tuple[Slot, ...] = ()
) -> Plan:
    required = tuple(s for s in slots if s not in optional)
    return Plan(
        Context("any"), required, optional, {s: shortlist(c) for s, c in slots.items()}, frozenset(anchored)
    )


def skus(outfit: OutfitDraft) -> list[str]:
    return [c.sku for c in outfit.pieces]


@st.composite
def stores(draw: st.DrawFn) -> dict[Slot, list[Candidate]]:
    names: tuple[Slot, ...] = ("top", "bottom", "shoes")
    return {
        slot: [
            candidate(f"{slot}{i}", slot, draw(st.integers(1, 12)) * 100)
            for i in range(draw(st.integers(1, 4)))
        ]
        for slot in names
    }


@settings(deadline=None)
@given(stores(), st.integers(1, 36), st.integers(1, 4), st.integers(0, 2**31))
def test_an_outfit_within_the_budget_is_found_whenever_there_is_one(
    store: dict[Slot, list[Candidate]], budget: int, count: int, seed: int
) -> None:
    outfits = compose([plan(store)] * count, RetrievalScorer(), budget * 100, seed)
    affordable = [
        frozenset(c.sku for c in pieces)
        for pieces in itertools.product(*store.values())
        if sum(c.cents for c in pieces) <= budget * 100
    ]
    assert bool(outfits) == bool(affordable)
    assert all(outfit.skus in affordable for outfit in outfits)
    assert len({outfit.skus for outfit in outfits}) == len(outfits)
    assert len(outfits) <= len(affordable)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 4))
def test_outfits_share_at_most_half_when_stock_allows(seed: int, count: int) -> None:
    names: tuple[Slot, ...] = ("top", "bottom", "shoes", "bag")
    store = {slot: [candidate(f"{slot}{i}", slot) for i in range(count)] for slot in names}
    outfits = compose([plan(store)] * count, RetrievalScorer(), None, seed)
    assert len(outfits) == count
    assert all(len(a.skus & b.skus) <= 2 for a, b in itertools.combinations(outfits, 2))


@settings(deadline=None)
@given(st.integers(0, 2**31))
def test_small_outfits_share_at_most_half_with_large_ones_too(seed: int) -> None:
    def some(slot: Slot, n: int) -> list[Candidate]:
        return [candidate(f"{slot}{i}", slot) for i in range(n)]

    shared: dict[Slot, list[Candidate]] = {
        "shoes": some("shoes", 2),
        "bag": some("bag", 1),
        "jewelry": some("jewelry", 1),
    }
    finishing: tuple[Slot, ...] = ("bag", "jewelry")
    plans = [
        plan({"dress": some("dress", 2), **shared}, optional=finishing),
        plan({"top": some("top", 2), "bottom": some("bottom", 2), **shared}, optional=finishing),
    ]
    first, second = compose(plans, RetrievalScorer(), None, seed)
    assert len(first.skus & second.skus) <= min(len(first.pieces), len(second.pieces)) // 2


def test_the_stylist_decides_between_equals() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate(f"t{i}") for i in range(4)],
        "shoes": [candidate(f"s{i}", "shoes") for i in range(4)],
    }
    weights = Weights(text=1.0, noise=0.0)
    [outfit] = compose([plan(store)], Partisan(["black piece t2", "black piece s3"]), None, 0, weights)
    assert skus(outfit) == ["t2", "s3"]


def test_no_love_of_the_stylist_breaks_a_budget() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate("cheap", "top", 1000), candidate("dear", "top", 9000)],
        "shoes": [candidate("shoes", "shoes", 3000)],
    }
    weights = Weights(text=100.0)
    [outfit] = compose([plan(store)], Partisan(["black piece dear"]), 5000, 0, weights)
    assert skus(outfit) == ["cheap", "shoes"]
    assert compose([plan(store)], Partisan([]), 3999, 0) == []


def test_anchors_come_first_and_stay() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate("t0"), candidate("t1")],
        "shoes": [candidate("mine", "shoes")],
    }
    outfits = compose([plan(store, anchored=("shoes",))] * 2, RetrievalScorer(), None, 1)
    assert [skus(o)[0] for o in outfits] == ["mine", "mine"]
    assert {skus(o)[1] for o in outfits} == {"t0", "t1"}


def test_optional_pieces_are_left_out_when_the_budget_is_spent() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate("t", "top", 1000)],
        "bag": [candidate("b", "bag", 1000)],
    }
    [lean] = compose([plan(store, optional=("bag",))], RetrievalScorer(), 1500, 0)
    [full] = compose([plan(store, optional=("bag",))], RetrievalScorer(), 2000, 0)
    assert (skus(lean), skus(full)) == (["t"], ["t", "b"])


def test_an_optional_piece_that_clashes_is_left_out() -> None:
    store: dict[Slot, list[Candidate]] = {
        "dress": [candidate("gown", "dress", formality=5)],
        "bag": [candidate("gym-bag", "bag", formality=1)],
    }
    weights = Weights(skip=-0.1)
    [outfit] = compose([plan(store, optional=("bag",))], RetrievalScorer(), None, 0, weights)
    assert skus(outfit) == ["gown"]


def test_seeds_repeat_and_differ() -> None:
    store: dict[Slot, list[Candidate]] = {
        slot: [candidate(f"{slot}{i}", slot) for i in range(6)] for slot in ("top", "bottom", "shoes")
    }
    runs = [[skus(o) for o in compose([plan(store)] * 2, RetrievalScorer(), None, seed)] for seed in range(6)]
    again = [
        [skus(o) for o in compose([plan(store)] * 2, RetrievalScorer(), None, seed)] for seed in range(6)
    ]
    assert runs == again
    assert len({str(run) for run in runs}) > 1


def test_standardise() -> None:
    assert standardise(np.array([3.0, 3.0])).tolist() == [0.0, 0.0]
    assert standardise(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]


class _Measured:
    """A real Scorer that gives the second of two pieces a lead, as log-odds or as something to be standardised."""

    composer = "lora"

    def __init__(self, lead: float, log_odds: bool) -> None:
        self.lead, self.log_odds = lead, log_odds

    def open(self, contexts: Sequence[Context]) -> Session:
        return _MeasuredSession(self.lead)


class _MeasuredSession:
    def __init__(self, lead: float) -> None:
        self.lead = lead

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [5.0 + self.lead * np.arange(len(q.labels)) for q in questions]

    def choose(self, question: Question, choice: int) -> None:
        pass


@pytest.mark.parametrize(
    ("lead", "log_odds", "chosen"),
    [
        (0.01, True, "near"),  # hardly a difference: nothing changes
        (0.01, False, "far"),  # standardised, it is as good as any other
        (20.0, True, "far"),
        (-0.01, False, "near"),
    ],
)
def test_log_odds_count_as_they_are(lead: float, log_odds: bool, chosen: str) -> None:
    near = replace(candidate("near"), similarity=0.02)
    store: dict[Slot, list[Candidate]] = {"top": [near, candidate("far")]}
    weights = Weights(text=0.03, noise=0.0)
    [outfit] = compose([plan(store)], _Measured(lead, log_odds), None, 0, weights)
    assert skus(outfit) == [chosen]


def test_a_lead_in_log_odds_is_worth_what_its_size_says() -> None:
    """0.03 per unit: a lead of 10 is worth 0.3 of similarity, which no standardised score ever is."""
    for similarity, chosen in ((0.29, "far"), (0.31, "near")):
        near = replace(candidate("near"), similarity=similarity)
        store: dict[Slot, list[Candidate]] = {"top": [near, candidate("far")]}
        weights = Weights(text=0.03, noise=0.0)
        [outfit] = compose([plan(store)], _Measured(10.0, log_odds=True), None, 0, weights)
        assert skus(outfit) == [chosen]


def _encoder(asked: list[list[str]], axis: int) -> EncodeWorn:
    """Whatever is worn points along the axis; `asked` gets the labels of every call."""

    def encode(labels: Sequence[str]) -> NDArray[np.float32]:
        asked.append(list(labels))
        return np.tile(np.eye(8, dtype=np.float32)[axis], (len(labels), 1))

    return encode


def test_worn_pieces_as_they_are_encoded_decide_the_next_one() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate("t")],
        "shoes": [candidate(f"s{i}", "shoes") for i in range(3)],
    }
    weights = Weights(noise=0.0, rest=0.4)

    def worn(weights: Weights, axis: int | None, asked: list[list[str]]) -> list[str]:
        encode = None if axis is None else _encoder(asked, axis)
        [outfit] = compose([plan(store)], RetrievalScorer(), None, 0, weights, encode)
        return skus(outfit)

    asked: list[list[str]] = []
    assert worn(weights, None, asked) == ["t", "s0"]  # the top's own vector is that of the first shoe
    assert [worn(weights, axis, asked) for axis in (1, 2)] == [["t", "s1"], ["t", "s2"]]
    assert asked == [["black piece t"]] * 2  # nothing is held against the last piece
    assert worn(replace(weights, rest=0.0), 2, asked) == ["t", "s0"]


def test_each_label_is_encoded_once_for_all_outfits() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate("t")],
        "shoes": [candidate(f"s{i}", "shoes") for i in range(2)],
        "bag": [candidate(f"b{i}", "bag") for i in range(2)],
    }
    asked: list[list[str]] = []
    outfits = compose([plan(store)] * 2, RetrievalScorer(), None, 0, Weights(noise=0.0), _encoder(asked, 0))
    assert len(outfits) == 2
    assert [sorted(labels) for labels in asked] == [
        ["black piece t"],
        ["black piece s0", "black piece s1", "black piece t"],
    ]


class _Notes:
    """A watcher that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, list[str]]] = []

    def check(self) -> None:
        self.told.append(("round", -1, []))

    def chosen(self, outfit: OutfitDraft) -> None:
        self.told.append(("piece", outfit.number, skus(outfit)[-1:]))

    def whole(self, outfit: OutfitDraft) -> None:
        self.told.append(("whole", outfit.number, skus(outfit)))


def test_an_outfit_is_whole_after_its_own_last_round() -> None:
    long: dict[Slot, list[Candidate]] = {
        slot: [candidate(f"{slot}0", slot)] for slot in ("top", "bottom", "shoes")
    }
    short: dict[Slot, list[Candidate]] = {slot: [candidate(f"{slot}1", slot)] for slot in ("dress", "shoes")}
    notes = _Notes()
    outfits = compose([plan(long), plan(short)], RetrievalScorer(), None, 0, watcher=notes)
    assert [o.number for o in outfits] == [0, 1]
    assert [(kind, number) for kind, number, _ in notes.told] == [
        ("round", -1),
        ("piece", 0),
        ("piece", 1),
        ("round", -1),
        ("piece", 0),
        ("piece", 1),
        ("whole", 1),
        ("round", -1),
        ("piece", 0),
        ("whole", 0),
    ]
    assert {number: found for kind, number, found in notes.told if kind == "whole"} == {
        o.number: skus(o) for o in outfits
    }


def test_an_outfit_that_comes_to_nothing_is_never_whole_and_keeps_its_number() -> None:
    one: dict[Slot, list[Candidate]] = {"top": [candidate("t")], "shoes": [candidate("s", "shoes")]}
    two: dict[Slot, list[Candidate]] = {"dress": [candidate("d", "dress")]}
    notes = _Notes()
    outfits = compose([plan(one), plan(one), plan(two)], RetrievalScorer(), None, 0, watcher=notes)
    assert [o.number for o in outfits] == [0, 2]
    assert [number for kind, number, _ in notes.told if kind == "whole"] == [2, 0]


def test_an_anchor_scores_the_same_in_every_outfit() -> None:
    store: dict[Slot, list[Candidate]] = {
        "top": [candidate(f"t{i}") for i in range(3)],
        "shoes": [candidate("mine", "shoes")],
    }
    outfits = compose([plan(store, anchored=("shoes",))] * 3, RetrievalScorer(), None, 1, Weights(noise=0.0))
    assert len(outfits) == 3
    assert len({o.scores[0] for o in outfits}) == 1
