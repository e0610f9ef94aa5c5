"""Preferences to an adapter: the loss is the paper's, the reference is where training started, taste is learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from tiny_models import save_tiny_model

from service.lm.engine import ScoringEngine
from service.lm.prompt import Context, line_end, line_start, render
from service.settings import Settings
from training.data.decisions import Example
from training.data.looks import split_of
from training.data.preferences import Preference
from training.trainers.loop import CheckpointError, Schedule
from training.trainers.loss_curve import CURVE, read_curve
from training.trainers.preference import (
    Dpo,
    DpoReport,
    PreferenceError,
    PreferenceTrainer,
    example_of,
    split_preferences,
    train_dpo,
)

COLORS = ("red", "blue", "green", "black", "white", "grey")
SHOPPERS = [f"shopper-{n}" for n in range(60)]
GROUPS = {
    split: [shopper for shopper in SHOPPERS if split_of(shopper) == split] for split in ("train", "test")
}
SCHEDULE = Schedule(learning_rate=1e-2, epochs=2, batch=4, checkpoint_every=2)


def preference(n: int, group: str) -> Preference:
    """Shoppers who prefer wool to satin, whatever the colour; ids are numbered."""
    color = COLORS[n % len(COLORS)]
    return Preference(
        id=f"p{n}",
        group=group,
        context=Context(vibe=f"{color} day"),
        before=(("top", f"{color} tee"),),
        slot="bottom",
        chosen=f"{color} wool skirt",
        rejected=f"{color} satin skirt",
    )


PREFERENCES = [preference(n, g) for n, g in enumerate([*GROUPS["train"][:8], *GROUPS["test"][:4]])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def model(folder: Path) -> ScoringEngine:
    return ScoringEngine(Settings(base_model=str(folder)))


@pytest.fixture(scope="module")
def trained(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DpoReport]:
    out = tmp_path_factory.mktemp("dpo") / "run"
    model = ScoringEngine(Settings(base_model=str(folder)))
    return out, train_dpo(model, PREFERENCES, None, out, Dpo(rank=4), replace(SCHEDULE, epochs=6))


def in_float32(model: ScoringEngine, dpo: Dpo) -> PreferenceTrainer:
    trainer = PreferenceTrainer(model, dpo, seed=0)
    trainer.peft.float()
    return trainer


def move(trainer: PreferenceTrainer) -> None:
    """Weights away from where they started."""
    torch.manual_seed(5)
    for master in trainer.masters:
        master.data.normal_(std=0.1)
    trainer.copy_masters()


def per_token(model: ScoringEngine, asked: Preference) -> list[float]:
    """Mean log-likelihood per token of the chosen and the rejected piece, by serving's own engine."""
    state = model.read(model.encode_prompt(render(asked.context, "scored")))
    for slot, label in asked.before:
        state = model.read(model.encode(f"{line_start(slot)}{line_end(label)}"), state)
    ends = [model.encode(line_end(label)) for label in (asked.chosen, asked.rejected)]
    [scored] = model.score([state], [(model.encode(line_start(asked.slot)), ends)])
    return [lp / n for lp, n in zip(scored.logprobs, scored.lengths, strict=True)]


def first_loss(trainer: PreferenceTrainer, examples: Sequence[Example]) -> float:
    return trainer.update(examples, 0.0)[0]  # no step


def test_the_loss_is_the_papers_on_serving_log_likelihoods_per_token(model: ScoringEngine) -> None:
    trainer = in_float32(model, Dpo(beta=3.0, rank=2, readout="likelihood"))
    asked = replace(PREFERENCES[0], rejected="a much longer name of some satin skirt")
    reference = per_token(model, asked)
    trainer.read_reference([example_of(asked)])
    move(trainer)
    now = per_token(model, asked)
    margin = 3.0 * ((now[0] - reference[0]) - (now[1] - reference[1]))
    assert abs(margin) > 0.01
    assert first_loss(trainer, [example_of(asked)]) == pytest.approx(math.log1p(math.exp(-margin)), abs=1e-4)


def test_before_training_the_loss_is_log_two(model: ScoringEngine) -> None:
    trainer = in_float32(model, Dpo(rank=2))
    examples = [example_of(p) for p in PREFERENCES[:2]]
    trainer.read_reference(examples)
    assert first_loss(trainer, examples) == pytest.approx(math.log(2), abs=1e-4)


def test_the_likelihood_term_is_that_of_the_chosen_piece(model: ScoringEngine) -> None:
    trainer = in_float32(model, Dpo(likelihood=0.5, rank=2, readout="likelihood"))
    example = example_of(PREFERENCES[0])
    trainer.read_reference([example])
    [neutral] = trainer.neutral.per_token([("bottom", PREFERENCES[0].chosen)])
    expected = math.log(2) - 0.5 * (per_token(model, PREFERENCES[0])[0] - neutral)
    assert first_loss(trainer, [example]) == pytest.approx(expected, abs=1e-4)


def test_only_the_last_decision_is_asked(model: ScoringEngine) -> None:
    trainer = PreferenceTrainer(model, Dpo(rank=2), seed=0)
    examples = [example_of(PREFERENCES[0]), example_of(replace(PREFERENCES[1], before=()))]
    assert [[len(d.options) for d in e.decisions] for e in examples] == [[1, 2], [2]]
    with torch.no_grad():
        assert [[len(s) for s in own] for own in trainer.scores(examples)] == [[2], [2]]


def test_a_taste_is_learned_and_holds_for_shoppers_held_out(trained: tuple[Path, DpoReport]) -> None:
    out, report = trained
    assert (report.trained, report.held_out) == (8, 4)
    assert report.before is not None
    assert report.after is not None
    assert report.after == 1.0
    lines = read_curve(out / CURVE)
    assert [line["step"] for line in lines] == [0, 2, 4, 6, 8, 10, 12]
    assert lines[-1]["loss"] < 0.6 * math.log(2)


def test_a_preference_the_other_way_round_is_learned_too(
    model: ScoringEngine, trained: tuple[Path, DpoReport], tmp_path: Path
) -> None:
    """From the adapter that has learned wool, back to satin: what decides is the data, not the model's habit."""
    turned = [replace(p, chosen=p.rejected, rejected=p.chosen) for p in PREFERENCES]
    report = train_dpo(
        model, turned, trained[0], tmp_path / "run", Dpo(beta=0.05), replace(SCHEDULE, epochs=40)
    )
    assert report.before == 0.0
    assert report.after == 1.0


def test_a_run_broken_off_ends_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(out: Path) -> dict[str, torch.Tensor]:
        train_dpo(
            ScoringEngine(Settings(base_model=str(folder))), PREFERENCES, None, out, Dpo(rank=2), SCHEDULE
        )
        return dict(load_file(out / "adapter_model.safetensors"))

    update, left = PreferenceTrainer.update, [3]

    def fragile(trainer: PreferenceTrainer, batch: Sequence[Example], rate: float) -> tuple[float, int]:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return update(trainer, batch, rate)

    with monkeypatch.context() as patch:
        patch.setattr(PreferenceTrainer, "update", fragile)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "broken")
    again, whole = train(tmp_path / "broken"), train(tmp_path / "whole")
    assert all(torch.equal(again[name], whole[name]) for name in whole)


def test_another_beta_is_another_run(model: ScoringEngine, trained: tuple[Path, DpoReport]) -> None:
    with pytest.raises(CheckpointError, match="belongs to another run"):
        train_dpo(model, PREFERENCES, None, trained[0], Dpo(beta=2.0, rank=4), replace(SCHEDULE, epochs=6))


def test_an_adapter_is_never_trained_over_itself(
    model: ScoringEngine, trained: tuple[Path, DpoReport]
) -> None:
    with pytest.raises(PreferenceError, match="would be overwritten"):
        train_dpo(model, PREFERENCES, trained[0], trained[0])


def test_a_start_without_safetensors_is_refused(model: ScoringEngine, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.bin").write_bytes(b"anything")
    with pytest.raises(PreferenceError, match=r"no adapter_model\.safetensors"):
        train_dpo(model, PREFERENCES, tmp_path, tmp_path / "run")


@given(st.lists(st.sampled_from([f"shopper-{n}" for n in range(40)]), max_size=30))
def test_a_group_is_in_one_split_and_nothing_is_lost(groups: list[str]) -> None:
    preferences = [*PREFERENCES, *(preference(100 + n, group) for n, group in enumerate(groups))]
    splits = split_preferences(preferences)
    assert sorted(p.id for found in splits.values() for p in found) == sorted(p.id for p in preferences)
    assert sum(len({p.group for p in found}) for found in splits.values()) == len(
        {p.group for p in preferences}
    )


@pytest.mark.parametrize(
    ("preferences", "message"),
    [
        (
            [replace(PREFERENCES[0], rejected=PREFERENCES[0].chosen)],
            "preference 'p0': rejected: is the chosen piece",
        ),
        ([PREFERENCES[0], PREFERENCES[0]], "preference 'p0': id: is there twice"),
        (PREFERENCES[-4:], "none of 4 preferences is in the training split"),
        ([], "none of 0 preferences"),
    ],
)
def test_preferences_that_cannot_be_trained_on_are_named(preferences: list[Preference], message: str) -> None:
    with pytest.raises(PreferenceError, match=message):
        split_preferences(preferences)


@pytest.mark.parametrize("options", [{"beta": 0.0}, {"likelihood": -1.0}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(PreferenceError, match=f"{next(iter(options))}: must"):
        Dpo(**options)  # type: ignore[arg-type]
