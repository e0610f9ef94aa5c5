"""The critic as it is shipped, and what is made of its opinion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factories import candidate, shortlist
from small_store import brief

from indexer.embedder import load_embedder
from indexer.errors import ModelError
from indexer.item import Item, Slot
from service.composition.draft import OutfitDraft, Plan
from service.composition.selection import select
from service.critic.critic import Verdict, critic_for, packaged
from service.critic.judge import Judge
from service.critic.network import FAULTS, Network
from service.critic.traits import WIDTH, traits
from service.lm.prompt import Context
from service.query.wish import QueryIntent

DIM = 384


def wish(**changes: object) -> QueryIntent:
    vector = np.eye(DIM, dtype=np.float32)[0]
    return brief(**{"words": vector, "query": vector, "plain": vector, **changes})


def items(*slots: Slot) -> list[Item]:
    return [candidate(f"{slot}{i}", slot, 100).item for i, slot in enumerate(slots)]


def vectors(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.random.default_rng(0).normal(size=(count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_it_reads_the_vectors_of_the_packaged_embedder_and_of_no_other() -> None:
    assert critic_for(load_embedder().digest) is packaged()
    assert critic_for("another") is None


def test_a_verdict_is_of_every_piece_and_of_the_whole() -> None:
    worn = items("top", "bottom", "shoes")
    verdict = Judge(packaged(), wish()).verdict(["top", "bottom", "shoes"], worn, vectors(3))
    assert len(verdict.wrong) == len(verdict.faults) == 3
    assert set(verdict.faults) <= set(FAULTS)
    assert 1 <= verdict.grade <= 5
    assert 0 < verdict.probability < 1


def test_a_verdict_does_not_depend_on_the_order_of_pieces() -> None:
    worn, rows = items("top", "bottom", "shoes", "bag"), vectors(4)
    one = Judge(packaged(), wish()).verdict(["top", "bottom", "shoes", "bag"], worn, rows)
    turned = Judge(packaged(), wish()).verdict(["bag", "shoes", "bottom", "top"], worn[::-1], rows[::-1])
    assert one.signed == pytest.approx(turned.signed, abs=1e-4)
    assert one.wrong == pytest.approx(turned.wrong[::-1], abs=1e-4)


def test_traits_are_numbers_from_0_to_1_whatever_the_piece() -> None:
    dressed = items("dress", "jewelry")
    odd = replace(dressed[0], colors=("puce",), kind="unheard-of", materials=("wool", "silk"))
    rows = traits([*dressed, odd])
    assert rows.shape == (3, WIDTH)
    assert rows.min() >= 0
    assert rows.max() <= 1
    assert traits([]).shape == (0, WIDTH)


def test_its_opinion_of_a_list_favours_nobody_on_average() -> None:
    found = Judge(packaged(), wish()).listing("top", items("top", "top", "top"), vectors(3))
    assert found.mean() == pytest.approx(0, abs=1e-6)
    assert len(Judge(packaged(), wish()).listing("top", [], vectors(0))) == 0


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "critic.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match=r"critic\.safetensors: not a critic"):
        Network.load(path)


class _Judge:
    """Signs by the cheapest rule there is: every piece has a worth."""

    def __init__(self, worth: dict[str, float]) -> None:
        self.worth = worth

    def verdict(self, slots: list[Slot], pieces: list[Item], rows: object) -> Verdict:
        return Verdict(sum(self.worth.get(p.sku, 0.0) for p in pieces), 0, 0, 3, (), ())


def draft(number: int, *skus: str, optional: tuple[Slot, ...] = ()) -> OutfitDraft:
    slots: tuple[Slot, ...] = ("top", "bottom", "shoes", "bag")[: len(skus)]
    pieces = [candidate(sku, slot, 100) for sku, slot in zip(skus, slots, strict=True)]
    required = tuple(s for s in slots if s not in optional)
    plan = Plan(
        Context("any"), required, optional, {s: shortlist([p]) for s, p in zip(slots, pieces, strict=True)}
    )
    made = OutfitDraft(plan, number, pieces)
    made.scores = [0.0] * len(pieces)
    made.parts, made.rows = [None] * len(pieces), [None] * len(pieces)  # type: ignore[list-item]
    made.vectors = list(vectors(len(pieces)))
    return made


def test_the_best_drafts_are_kept_and_none_is_kept_twice() -> None:
    drafts = [
        draft(0, "a", "b", "c"),
        draft(1, "a", "b", "d"),
        draft(2, "x", "y", "z"),
        draft(3, "a", "b", "d"),
    ]
    judge = _Judge({"a": 2.0, "d": 1.0, "x": 0.5})
    kept = select(drafts, 2, judge)  # type: ignore[arg-type]
    assert [d.number for d in kept] == [1, 2]  # the best, and the best that shares no more than half with it
    assert [d.number for d in select(drafts, 4, judge)] == [1, 0, 2]  # type: ignore[arg-type]


def test_an_optional_piece_that_spoils_the_whole_goes_and_a_required_one_stays() -> None:
    one = draft(0, "a", "b", "c", "spoiler", optional=("bag",))
    [kept] = select([one], 1, _Judge({"spoiler": -3.0, "a": -3.0}))  # type: ignore[arg-type]
    assert [c.sku for c in kept.pieces] == ["a", "b", "c"]
    assert kept.signed == -3.0
