"""Scores read by an adapter's head: no vocabulary and no neutral texts are read for them, and they are log-odds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import save_tiny_model, train_tiny_adapter

from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import NEUTRAL, Context, line_end, line_start, render
from service.lm.score_head import save_head
from service.lm.scorer import Question, Scores
from service.settings import Settings

LABELS = ("black silk camisole", "wool coat", "tee")
NIGHT = Context("rooftop jazz night", department="women", shortlist={"top": LABELS})


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> ScoringEngine:
    """A model with the adapter `plain`, and with the same one as `headed`, which has a head."""
    root = tmp_path_factory.mktemp("headed")
    folder = save_tiny_model(root / "model")
    plain = train_tiny_adapter(folder, root / "adapters" / "silk", "top: black silk camisole\n", steps=5)
    headed = Path(shutil.copytree(plain, root / "headed"))
    torch.manual_seed(7)
    save_head(torch.randn(32), headed)
    model = ScoringEngine(Settings(base_model=str(folder)))
    model.causal_lm.float()
    model.add_adapter("plain", plain)
    model.add_adapter("headed", headed)
    return model


def scorer(lm: ScoringEngine, adapter: str | None) -> LmScorer:
    return LmScorer(lm, adapter, "scored", PmiBaseline(lm))


def scores(session_of: LmScorer, context: Context) -> Scores:
    return session_of.open([context]).score([Question(0, "top", LABELS)])[0]


def by_hand(lm: ScoringEngine, context: Context) -> list[float]:
    """One plain forward pass per label, and the head at its last token."""
    head = lm.score_head("headed")
    assert head is not None
    found = []
    for label in LABELS:
        tokens = lm.encode_prompt(render(context, "scored"))
        tokens += lm.encode(line_start("top")) + lm.encode(line_end(label))
        found.append(float(lm.read(tokens, adapter="headed").last @ head))
    return found


def test_scores_are_log_odds_with_a_head_alone(lm: ScoringEngine) -> None:
    assert [scorer(lm, name).log_odds for name in ("headed", "plain", None)] == [True, False, False]
    assert [scorer(lm, name).composer for name in ("headed", "plain", None)] == ["lora", "lora", "base"]


def test_a_score_is_the_heads_reading_after_the_text(lm: ScoringEngine) -> None:
    expected = by_hand(lm, NIGHT)
    assert np.ptp(expected) > 0.01
    assert scores(scorer(lm, "headed"), NIGHT).tolist() == pytest.approx(expected, abs=1e-3)


def test_a_head_reads_no_vocabulary_and_no_neutral_texts(lm: ScoringEngine) -> None:
    calls = []
    hook = lm.head.register_forward_hook(lambda *_: calls.append(1))
    try:
        for adapter, reads in (("headed", False), ("plain", True)):
            calls.clear()
            neutral = PmiBaseline(lm)
            session = LmScorer(lm, adapter, "scored", neutral).open([NIGHT])
            question = Question(0, "top", LABELS)
            session.score([question])
            assert bool(calls) == reads
            assert bool(neutral.known()) == reads
            assert bool(session._last[question].logprobs) == reads  # type: ignore[attr-defined]
    finally:
        hook.remove()


@pytest.mark.parametrize("adapter", ["headed", "plain", None])
def test_the_neutral_wish_itself_may_come_first(lm: ScoringEngine, adapter: str | None) -> None:
    fresh, other = scorer(lm, adapter), scorer(lm, adapter)
    first = scores(fresh, NEUTRAL)
    later = scores(fresh, NIGHT)
    np.testing.assert_allclose(later, scores(other, NIGHT), atol=1e-4)
    np.testing.assert_allclose(first, scores(other, NEUTRAL), atol=1e-4)
    np.testing.assert_allclose(first, scores(fresh, NEUTRAL), atol=1e-4)
    assert np.abs(first - later).max() > (0 if adapter is None else 1e-4)


def test_the_neutral_wish_reads_by_the_head_as_any_other(lm: ScoringEngine) -> None:
    assert scores(scorer(lm, "headed"), NEUTRAL).tolist() == pytest.approx(by_hand(lm, NEUTRAL), abs=1e-3)


def test_outfits_part_ways_after_different_choices(lm: ScoringEngine) -> None:
    session = scorer(lm, "headed").open([NIGHT, NIGHT])
    tops = [Question(n, "top", LABELS) for n in range(2)]
    same = session.score(tops)
    np.testing.assert_array_equal(same[0], same[1])
    for choice, question in enumerate(tops):
        session.choose(question, choice)
    one, other = session.score([Question(n, "shoes", ("red clog", "grey boot")) for n in range(2)])
    assert np.abs(one - other).max() > 1e-4


def test_outfits_that_go_on_agreeing_are_read_once(
    lm: ScoringEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = lm.score
    monkeypatch.setattr(
        lm,
        "score",
        lambda states, *rest, **options: read.append(len(states)) or real(states, *rest, **options),
    )
    session = scorer(lm, "headed").open([NIGHT, NIGHT])
    for choices in ((0, 0), (0, 1), (0, 0)):
        questions = [Question(outfit, "top", LABELS) for outfit in (0, 1)]
        session.score(questions)
        for question, choice in zip(questions, choices, strict=True):
            session.choose(question, choice)
    assert read == [1, 1, 2]
