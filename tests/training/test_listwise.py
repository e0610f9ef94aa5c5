"""From looks to decisions to trees to a trained adapter, on a tiny model: what is learned is the decision."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_models import save_tiny_model

import training
from indexer.embedder import load_embedder
from service.lm import LanguageModel
from service.prompt import format_answer, render
from service.settings import Settings
from training.decisions import Example, build_examples, check_leaks, split_of, split_vibes, texts
from training.lookbook import LookbookError, Vibe, read_lookbook
from training.sft import Config, Trainer, accuracy
from training.tree import build_tree

HOUSE = sorted((Path(training.__file__).parent / "lookbooks" / "house").glob("*.jsonl"))


@pytest.fixture(scope="module")
def vibes() -> list[Vibe]:
    return list(read_lookbook(HOUSE))


@pytest.fixture(scope="module")
def examples(vibes: list[Vibe]) -> list[Example]:
    return build_examples(vibes[:6], load_embedder(), options=4, seed=0)


@pytest.fixture
def model(tmp_path: Path) -> LanguageModel:
    return LanguageModel(Settings(base_model=str(save_tiny_model(tmp_path / "model"))))


def test_splits_never_share_a_vibe_or_a_piece(vibes: list[Vibe]) -> None:
    splits = split_vibes(vibes)
    assert all(splits.values())
    for one, other in (("train", "valid"), ("train", "test")):
        check_leaks(splits[one], splits[other])  # type: ignore[index]
    assert len(splits["train"]) > 6 * len(splits["test"])


def test_a_leak_is_refused(vibes: list[Vibe]) -> None:
    with pytest.raises(LookbookError, match="split leaks: vibe"):
        check_leaks(vibes[:2], vibes[1:3])
    copy = vibes[1].model_copy(update={"vibe": "another", "looks": vibes[0].looks[:1]})
    with pytest.raises(LookbookError, match="split leaks: piece"):
        check_leaks(vibes[:1], [copy])


def test_a_vibe_stays_in_its_split() -> None:
    assert [split_of(v) for v in ("rooftop-jazz", "rooftop-jazz")] == [split_of("rooftop-jazz")] * 2


def test_options_are_the_looks_own_then_near_misses_then_other_vibes(
    vibes: list[Vibe], examples: list[Example]
) -> None:
    look, example = vibes[0].looks[0], examples[0]
    own = set(look.pieces.values())
    misses = {m.piece for m in look.near_misses}
    assert dict(example.pieces) == look.pieces
    for decision in example.decisions:
        assert len(set(decision.options)) == len(decision.options) == 4
        assert set(decision.options[1 : 1 + decision.misses]) <= misses
        assert not own & set(decision.options[1:])
        assert not texts(vibes[:1]) & set(decision.options[1 + decision.misses :])


def test_the_scored_tokens_are_the_options_and_the_trunk_is_the_answer(
    model: LanguageModel, examples: list[Example]
) -> None:
    example = examples[0]
    prompt = model.encode_prompt(render(example.context, "scored"))
    tree = build_tree(prompt, example, model.encode)
    decode = model._tokenizer.decode
    for decision, paths in zip(example.decisions, tree.options, strict=True):
        assert [decode([tree.tokens[p] for p in path]) for path in paths] == [
            f" {o}\n" for o in decision.options
        ]
    trunk, position = [], tree.options[-1][0][-1]
    while position >= 0:
        trunk.append(tree.tokens[position])
        position = tree.parents[position]
    assert decode(trunk[::-1][len(prompt) :]) == format_answer(example.pieces)


def test_a_tree_scores_as_serving_does(model: LanguageModel, examples: list[Example]) -> None:
    trainer = Trainer(model, Config(rank=2))
    trainer.peft.float()
    example = examples[0]
    zero = [torch.zeros(len(d.options)) for d in example.decisions]
    with torch.no_grad():
        scores = [s / trainer.config.sharpness for s in trainer.scores(example, zero)]
    state = model.read(model.encode_prompt(render(example.context, "scored")))
    for decision, expected in zip(example.decisions, scores, strict=True):
        ends = [model.encode(f" {option}\n") for option in decision.options]
        [scored] = model.score([state], [(model.encode(f"{decision.slot}:"), ends)])
        found = [lp / n for lp, n in zip(scored.logprobs, scored.lengths, strict=True)]
        assert found == pytest.approx(expected.tolist(), abs=1e-3)
        state = scored.extend(0)


def test_training_learns_the_decisions(model: LanguageModel, examples: list[Example]) -> None:
    trainer = Trainer(model, Config(rank=8, learning_rate=5e-3, batch=4))
    batch = [(e, trainer.neutral_of(e)) for e in examples[:4]]
    before = accuracy(trainer, batch)
    losses = [trainer.update(batch, 5e-3)[0] for _ in range(60)]
    assert losses[-1] < 0.7 * losses[0]
    assert accuracy(trainer, batch) > max(before, 0.6)
