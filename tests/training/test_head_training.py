"""A score head in training: it reads what serving reads, learns with its adapter, and goes on from its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_models import save_tiny_model

from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import Context
from service.lm.score_head import HEAD, load_head
from service.lm.scorer import Question
from service.settings import Settings
from tests.indexer.hashing_embedder import HashingEmbedder
from training.data.decisions import Decision, Draw, Example, Pool, draw_examples
from training.data.looks import StyledLook
from training.data.preferences import Preference
from training.trainers.loop import Schedule
from training.trainers.lora import Lora, Trainer, accuracy
from training.trainers.preference import Dpo, PreferenceTrainer, example_of, train_dpo

LOOKS = [
    StyledLook(
        f"l{n}",
        f"g{n}",
        "store",
        {"top": f"{color} wool top", "bottom": f"{color} crepe skirt", "shoes": f"{color} clog"},
        phrasings=(f"{color} day",),
        season="autumn",
    )
    for n, color in enumerate(["red", "blue", "green", "black"])
]
EXAMPLES = draw_examples(LOOKS, Pool(LOOKS, HashingEmbedder()), Draw(shuffle=1.0), seed=0)
PREFERENCES = [
    Preference(
        f"p{n}",
        group="quiet-luxury",  # of the training split
        context=Context(f"{color} day"),
        before=(("top", f"{color} tee"),),
        slot="bottom",
        chosen=f"{color} wool skirt",
        rejected=f"{color} satin skirt",
    )
    for n, color in enumerate(["red", "blue", "green", "black"])
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


def load(folder: Path) -> ScoringEngine:
    return ScoringEngine(Settings(base_model=str(folder)))


def moved(folder: Path, lora: Lora, exact: bool = False) -> Trainer:
    """A trainer whose weights, the head's too, are no longer zero; in float32 when `exact`."""
    trainer = Trainer(load(folder), lora)
    if exact:
        trainer.peft.float()
    torch.manual_seed(3)
    for master in trainer.masters:
        master.data.normal_(std=0.1)
    trainer.copy_masters()
    return trainer


def read(trainer: Trainer, examples: list[Example]) -> list[list[list[float]]]:
    with torch.no_grad():
        return [[scores.tolist() for scores in own] for own in trainer.scores(examples)]


def margins(trainer: Trainer, examples: list[Example]) -> list[float]:
    """By how much the chosen piece scores above the rejected one."""
    return [own[-1][0] - own[-1][1] for own in read(trainer, examples)]


def test_the_head_reads_in_training_what_it_reads_in_serving(folder: Path, tmp_path: Path) -> None:
    trainer = moved(folder, Lora(rank=2), exact=True)
    trainer.save(tmp_path)
    model = load(folder)
    model.causal_lm.float()
    model.add_adapter("new", tmp_path)
    scorer = LmScorer(model, "new", "scored", PmiBaseline(model))
    session = scorer.open([example.context for example in EXAMPLES])
    seen = []
    for turn in range(3):
        questions = [
            Question(n, e.decisions[turn].slot, e.decisions[turn].options) for n, e in enumerate(EXAMPLES)
        ]
        seen.append([scores.tolist() for scores in session.score(questions)])
        for question in questions:
            session.choose(question, 0)
    for n, expected in enumerate(read(trainer, EXAMPLES)):
        for turn, scores in enumerate(expected):
            assert max(scores) - min(scores) > 0.01  # else a mix-up would not show
            assert seen[turn][n] == pytest.approx(scores, abs=1e-3)


def test_an_untrained_head_is_right_by_chance(folder: Path) -> None:
    trainer = Trainer(load(folder), Lora(rank=2))
    assert accuracy(trainer, EXAMPLES) == 0.25
    given = Decision("top", ("red wool top",))  # not asked about
    two = replace(EXAMPLES[0], decisions=(given, Decision("shoes", ("red clog", "red boot"))))
    four = replace(EXAMPLES[1], decisions=EXAMPLES[1].decisions[:1])
    assert accuracy(trainer, [two]) == 0.5
    assert accuracy(trainer, [two, four]) == 0.375
    hits = trainer.update(EXAMPLES, 0.0)[1]
    assert hits == 3  # a quarter of twelve decisions


def test_training_a_head_lowers_the_loss_and_lifts_the_accuracy(folder: Path) -> None:
    trainer = Trainer(load(folder), Lora(rank=4))
    before = accuracy(trainer, EXAMPLES)
    losses = [trainer.update(EXAMPLES, 1e-2)[0] for _ in range(20)]
    assert losses[0] == pytest.approx(torch.log(torch.tensor(4.0)).item(), abs=1e-4)
    assert losses[-1] < 0.7 * losses[0]
    assert accuracy(trainer, EXAMPLES) > before + 0.3


def test_a_saved_head_goes_on_with_the_same_scores(folder: Path, tmp_path: Path) -> None:
    trainer = moved(folder, Lora(rank=2))
    trainer.save(tmp_path)
    again = Trainer(load(folder), Lora(rank=2), start=tmp_path)
    expected = read(trainer, EXAMPLES)
    for found, own in zip(read(again, EXAMPLES), expected, strict=True):
        for one, other in zip(found, own, strict=True):
            assert one == pytest.approx(other, abs=1e-5)
    again.update(EXAMPLES, 1e-2)
    assert read(again, EXAMPLES) != expected


def test_a_readout_by_likelihood_has_no_head_to_save(folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(load(folder), Lora(rank=2, readout="likelihood"))
    trainer.save(tmp_path)
    assert trainer.head is None
    assert not (tmp_path / HEAD).exists()


def test_preferences_widen_the_heads_margin(folder: Path, tmp_path: Path) -> None:
    moved(folder, Lora(rank=2)).save(tmp_path)
    trainer = PreferenceTrainer(load(folder), Dpo(), seed=0, start=tmp_path)
    assert trainer.head is not None
    examples = [example_of(p) for p in PREFERENCES]
    trainer.read_reference(examples)
    before = margins(trainer, examples)
    losses = [trainer.update(examples, 5e-3)[0] for _ in range(8)]
    assert losses[0] == pytest.approx(torch.log(torch.tensor(2.0)).item(), abs=1e-3)
    assert losses[-1] < losses[0]
    assert all(now > then for now, then in zip(margins(trainer, examples), before, strict=True))


def test_a_run_on_preferences_saves_the_head_that_it_changed(folder: Path, tmp_path: Path) -> None:
    start = tmp_path / "start"
    moved(folder, Lora(rank=2)).save(start)
    schedule = Schedule(learning_rate=5e-3, epochs=1, batch=4)
    train_dpo(load(folder), PREFERENCES, start, tmp_path / "out", schedule=schedule)
    assert not torch.equal(load_head(tmp_path / "out"), load_head(start))
    examples = [example_of(p) for p in PREFERENCES]
    then, now = (
        margins(PreferenceTrainer(load(folder), Dpo(), 0, at), examples) for at in (start, tmp_path / "out")
    )
    assert sum(now) > sum(then)
