"""Style fidelity: the judge tells styles apart without their telling words, and finds out who composed what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import save_tiny_model, train_tiny_adapter

import training
from indexer.embedder import load_embedder
from indexer.item import Slot
from service.lm.engine import ScoringEngine
from service.lm.prompt import Context
from service.lm.scorer import RetrievalScorer
from service.registry.evaluation import EvaluationError
from service.settings import Settings
from training.data.looks import StyledLook, read_looks, split_by_group
from training.evaluation.cases.catalog import LookbookCatalogue, lookbook_catalogue
from training.evaluation.cases.wishes import wishes_of
from training.evaluation.systems.scorers import ALONE, Contestant, RateScorer
from training.evaluation.tasks.fidelity import compare_styles, evaluate_fidelity, judge_accuracy
from training.evaluation.tasks.style_judge import Judge, telling_words, train_judge

DESIGNERS = Path(training.__file__).parent / "lookbooks" / "designers"
STYLES = ("jil-sander", "vivienne-westwood", "ralph-lauren")


@pytest.fixture(scope="module")
def looks() -> dict[str, list[StyledLook]]:
    return {style: read_looks([DESIGNERS / f"{style}.jsonl"]) for style in STYLES}


@pytest.fixture(scope="module")
def held_out(looks: dict[str, list[StyledLook]]) -> dict[str, list[StyledLook]]:
    return {style: split_by_group(own)["test"] for style, own in looks.items()}


@pytest.fixture(scope="module")
def judge(looks: dict[str, list[StyledLook]]) -> Judge:
    return train_judge({s: split_by_group(own)["train"] for s, own in looks.items()}, load_embedder())


@pytest.fixture(scope="module")
def catalogue(
    held_out: dict[str, list[StyledLook]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LookbookCatalogue]:
    pooled = [look for own in held_out.values() for look in own]
    folder = lookbook_catalogue(pooled, tmp_path_factory.mktemp("designers"), load_embedder(), sold_out=False)
    catalogue = LookbookCatalogue(folder, load_embedder())
    yield catalogue
    catalogue.close()


def _look(n: int, **pieces: str) -> StyledLook:
    return StyledLook(f"{n}", f"{n}", "lookbook", pieces)  # type: ignore[arg-type]


def test_telling_words_are_those_of_one_style_alone() -> None:
    looks = {
        "coco-chic": [_look(n, top="camellia silk blouse", shoes="black pump") for n in range(9)],
        "punk": [_look(n, top="tartan silk shirt", shoes="black boot") for n in range(3)]
        + [_look(9, top="camellia vest", shoes="black boot")],
    }
    words = telling_words(looks)
    assert {"camellia", "blouse", "pump", "boot", "coco", "chic", "punk"} <= words
    assert words.isdisjoint({"black", "silk", "tartan", "vest"})  # of both, or too rare


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=40), masked=st.frozensets(st.text(alphabet="abcé", min_size=1, max_size=3)))
def test_masked_words_never_reach_the_judge(text: str, masked: frozenset[str]) -> None:
    seen = Judge(("a", "b"), masked, load_embedder()).mask(text)
    assert masked.isdisjoint(seen.split()) or seen == "piece"
    assert seen


def test_the_judge_names_authors_of_looks_it_never_saw(
    judge: Judge, held_out: dict[str, list[StyledLook]]
) -> None:
    found = judge_accuracy(judge, held_out)
    assert found.chance == pytest.approx(1 / 3)
    assert found.low > 0.5
    assert found.n == sum(len(own) for own in held_out.values())
    assert {"sander", "plaid"} <= judge.masked


def test_a_judge_that_learnt_nothing_true_is_no_better_than_chance(
    looks: dict[str, list[StyledLook]],
) -> None:
    pooled = [look for own in looks.values() for look in split_by_group(own)["train"]]
    mixed = {style: pooled[n :: len(STYLES)] for n, style in enumerate(STYLES)}
    judge = train_judge(mixed, load_embedder())
    right = judge_accuracy(judge, {style: split_by_group(looks[style])["test"] for style in STYLES})
    assert right.value < 0.6


def test_what_no_judge_can_learn_from_is_refused(looks: dict[str, list[StyledLook]]) -> None:
    with pytest.raises(EvaluationError, match="two are needed"):
        train_judge({"jil-sander": looks["jil-sander"]}, load_embedder())
    with pytest.raises(EvaluationError, match="style 'empty': no looks"):
        train_judge({"jil-sander": looks["jil-sander"], "empty": []}, load_embedder())


def test_faithful_composers_are_recognised_and_one_style_for_all_is_not(
    catalogue: LookbookCatalogue, judge: Judge, held_out: dict[str, list[StyledLook]]
) -> None:
    def faithful(style: str) -> Contestant:
        own = {piece for look in held_out[style] for piece in look.pieces.values()}

        def likes(slot: Slot, label: str, context: Context) -> float:
            return float(label in own)

        return Contestant(RateScorer(likes), ALONE)

    wishes = wishes_of([k for own in held_out.values() for k in own], {}, 2, seed=0, constrained=False)
    styles = {style: faithful(style) for style in STYLES}
    one = Contestant(RetrievalScorer(), ALONE)
    named = {"retrieval-only": Contestant(RetrievalScorer(), ALONE)}
    true = compare_styles(catalogue, judge, wishes, styles, named, candidates=24)
    same = compare_styles(catalogue, judge, wishes, dict.fromkeys(STYLES, one), {}, candidates=24)
    top1 = {e.system: e for e in true.estimates}
    assert set(top1) == {"tuned", "retrieval-only"}
    assert top1["tuned"].value > 0.6 > top1["tuned"].chance  # type: ignore[operator]
    assert same.estimates[0].value == pytest.approx(1 / 3)
    right = sum(true.confusion.counts[n][n] for n in range(3))
    assert right / sum(map(sum, true.confusion.counts)) == pytest.approx(top1["tuned"].value)
    assert true.confusion.labels == list(STYLES)


def test_adapters_are_judged_from_end_to_end(looks: dict[str, list[StyledLook]], tmp_path: Path) -> None:
    base = save_tiny_model(tmp_path / "model")
    two = {style: looks[style] for style in STYLES[:2]}
    adapters = {
        style: train_tiny_adapter(base, tmp_path / style / "1", next(iter(own[0].pieces.values())), steps=5)
        for style, own in two.items()
    }
    model = ScoringEngine(Settings(base_model=str(base)))
    found = evaluate_fidelity(
        model, adapters, two, [], load_embedder(), tmp_path / "data", count=1, candidates=6, limit=2
    )
    assert {(e.task, e.metric, e.system) for e in found.estimates} == {
        ("fidelity", "judge_top1", "judge"),
        ("fidelity", "top1", "tuned"),
        ("fidelity", "top1", "retrieval-only"),
        ("fidelity", "top1", "prompt+retrieval"),
    }
    assert [sum(row) for row in found.confusion.counts] == [2, 2]
    assert all(e.chance == 0.5 and 0 <= e.low <= e.value <= e.high <= 1 for e in found.estimates)
