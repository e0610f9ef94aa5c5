"""From looks to decisions to trees to a trained adapter, on a tiny model: what is learned is the decision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_models import save_tiny_model

import training
from indexer.embedder import load_embedder
from service.lm.engine import ScoringEngine
from service.lm.prompt import format_answer, line_end, line_start, render
from service.settings import Settings
from training.data.decisions import Decision, Draw, Example, Pool, draw_examples
from training.data.looks import (
    LeakError,
    StyledLook,
    check_leaks,
    digest,
    read_looks,
    split_by_group,
    split_by_time,
    split_of,
    texts,
)
from training.trainers.lora import Lora, Trainer, _LogLikelihood, accuracy
from training.trainers.token_tree import build_tree

HOUSE = sorted((Path(training.__file__).parent / "lookbooks" / "house").glob("*.jsonl"))


@pytest.fixture(scope="module")
def house() -> list[StyledLook]:
    return read_looks(HOUSE)


@pytest.fixture(scope="module")
def looks(house: list[StyledLook]) -> list[StyledLook]:
    groups = list(dict.fromkeys(look.group for look in house))[:4]
    return [look for look in house if look.group in groups]


@pytest.fixture(scope="module")
def pool(looks: list[StyledLook]) -> Pool:
    return Pool(looks, load_embedder())


@pytest.fixture(scope="module")
def examples(looks: list[StyledLook], pool: Pool) -> list[Example]:
    return draw_examples(looks, pool, Draw(shuffle=0), seed=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def model(folder: Path) -> ScoringEngine:
    return ScoringEngine(Settings(base_model=str(folder)))


def in_float32(model: ScoringEngine, lora: Lora) -> Trainer:
    """A trainer without bfloat16's rounding, with weights of the second matrix that are not zero."""
    trainer = Trainer(model, lora)
    trainer.peft.float()
    torch.manual_seed(3)
    for master in trainer.masters:
        master.data.normal_(std=0.1)
    trainer.copy_masters()
    return trainer


# --- splits ---------------------------------------------------------------------------------------------------------


def test_splits_never_share_a_group_or_a_piece(house: list[StyledLook]) -> None:
    splits = split_by_group(house)
    assert all(splits.values())
    for held_out in (splits["valid"], splits["test"]):
        check_leaks(splits["train"], held_out)
    assert len(splits["train"]) > 3 * len(splits["test"]) > 3 * len(splits["valid"])


def test_a_group_stays_in_its_split_whoever_else_is_there(house: list[StyledLook]) -> None:
    few, all_of_them = split_by_group(house[::7]), split_by_group(house)
    for name, found in few.items():
        assert all(split_of(look.group) == name for look in found)
        assert all(split_of(look.group) == name for look in all_of_them[name])
    assert [split_of(group) for group in ("quiet-luxury", "preppy", "punk")] == ["train", "valid", "test"]


def test_a_leak_is_refused_and_named(house: list[StyledLook]) -> None:
    first, same_group = house[0], house[1]
    with pytest.raises(LeakError, match=f"look '{first.id}'"):
        check_leaks([first], [first])
    with pytest.raises(LeakError, match=f"group '{first.group}'"):
        check_leaks([first], [same_group])
    check_leaks([first], [same_group], by_group=False)
    copy = replace(first, id="another", group="another")
    with pytest.raises(LeakError, match=f"piece '{min(first.pieces.values())}'"):
        check_leaks([first], [copy])


def test_a_split_by_time_trains_on_what_came_first() -> None:
    looks = [
        StyledLook(f"l{n}", "g", "order", {"top": f"shirt {n}"}, created=f"2024-01-{n:02}")
        for n in range(1, 31)
    ]
    splits = split_by_time(looks[::-1])
    assert [look.id for look in splits["train"]] == [f"l{n}" for n in range(1, 22)]
    assert [look.id for look in splits["valid"]] == ["l22", "l23", "l24"]
    assert [look.id for look in splits["test"]] == [f"l{n}" for n in range(25, 31)]


def test_a_split_by_time_drops_held_out_looks_that_training_knows() -> None:
    looks = [
        StyledLook(f"l{n}", "g", "order", {"top": f"shirt {n % 9}"}, created=f"2024-01-{n:02}")
        for n in range(1, 11)
    ]
    splits = split_by_time(looks)
    assert [look.id for look in splits["train"]] == [f"l{n}" for n in range(1, 8)]
    assert [look.id for look in splits["valid"]] == ["l8"]
    assert [look.id for look in splits["test"]] == ["l9"]  # the tenth has the first one's shirt


def test_a_split_by_time_needs_dates() -> None:
    with pytest.raises(LeakError, match="look 'undated' has no date"):
        split_by_time([StyledLook("undated", "g", "order", {"top": "shirt"})])


def test_the_digest_is_that_of_the_content(house: list[StyledLook]) -> None:
    some = house[:5]
    assert digest(some) == digest(some[::-1])
    changes = [
        replace(some[0], pieces={**some[0].pieces, "shoes": "red clog shoe"}),
        replace(some[0], group="another"),
        replace(some[0], phrasings=("another wish",)),
        replace(some[0], misses={}),
        replace(some[0], season="spring"),
        replace(some[0], created="2024-01-01"),
    ]
    found = {digest([changed, *some[1:]]) for changed in changes}
    assert len(found | {digest(some), digest(some[:4])}) == len(changes) + 2


# --- decisions ------------------------------------------------------------------------------------------------------


def test_options_are_the_looks_own_then_near_misses_then_other_groups(
    looks: list[StyledLook], examples: list[Example]
) -> None:
    look, example = looks[0], examples[0]
    own = set(look.pieces.values())
    misses = {miss for of_slot in look.misses.values() for miss in of_slot}
    assert dict(example.pieces) == look.pieces
    assert sum(decision.misses for decision in example.decisions) == len(misses)
    others = texts(other for other in looks if other.group != look.group)
    for decision in example.decisions:
        assert len(set(decision.options)) == len(decision.options) == 4
        assert set(decision.options[1 : 1 + decision.misses]) <= misses
        assert not own & set(decision.options[1:])
        assert set(decision.options[1 + decision.misses :]) <= others


def test_hard_negatives_are_the_retrievers_nearest(looks: list[StyledLook], pool: Pool) -> None:
    draw = Draw(options=4, hard=1.0, with_misses=False, shuffle=0)
    for example in draw_examples(looks[:4], pool, draw, seed=1):
        for decision in example.decisions:
            assert decision.misses == 0
            assert set(decision.options[1:]) <= set(pool.near(example.look, decision.slot))


def test_a_draw_is_a_function_of_seed_and_look(looks: list[StyledLook], pool: Pool) -> None:
    draw = Draw()
    together = draw_examples(looks, pool, draw, seed=7)
    alone = [draw_examples([look], pool, draw, seed=7)[0] for look in reversed(looks)][::-1]
    assert together == alone
    assert together != draw_examples(looks, pool, draw, seed=8)
    renamed = draw_examples([replace(look, id=f"{look.id}-b") for look in looks], pool, draw, seed=7)
    assert [e.decisions for e in together] != [e.decisions for e in renamed]


def test_shuffling_changes_only_the_order_of_slots(looks: list[StyledLook], pool: Pool) -> None:
    shuffled = draw_examples(looks, pool, Draw(shuffle=1.0), seed=0)
    ordered = draw_examples(looks, pool, Draw(shuffle=0.0), seed=0)
    assert [dict(e.pieces) for e in shuffled] == [dict(e.pieces) for e in ordered]
    assert [[d.slot for d in e.decisions] for e in shuffled] != [
        [d.slot for d in e.decisions] for e in ordered
    ]


# --- trees and scores -----------------------------------------------------------------------------------------------


def test_the_scored_tokens_are_the_options_and_the_trunk_is_the_answer(
    model: ScoringEngine, examples: list[Example]
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


def test_a_tree_scores_as_serving_does(model: ScoringEngine, examples: list[Example]) -> None:
    trainer = in_float32(model, Lora(rank=2, readout="likelihood"))
    example = examples[0]
    with torch.no_grad():
        [scores] = trainer.scores([example])
    state = model.read(model.encode_prompt(render(example.context, "scored")))
    for decision, expected in zip(example.decisions, scores, strict=True):
        ends = [model.encode(line_end(option)) for option in decision.options]
        [scored] = model.score([state], [(model.encode(line_start(decision.slot)), ends)])
        neutral = trainer.neutral.of([(decision.slot, option) for option in decision.options])
        found = [(lp - n) / k for lp, n, k in zip(scored.logprobs, neutral, scored.lengths, strict=True)]
        assert found == pytest.approx(expected.tolist(), abs=1e-4)
        state = scored.extend(0)


def test_a_batch_scores_as_its_examples_do_alone(model: ScoringEngine, examples: list[Example]) -> None:
    trainer = in_float32(model, Lora(rank=2, readout="likelihood"))
    one_option = replace(
        examples[1], decisions=(Decision("top", ("grey vest",)), *examples[1].decisions[1:2])
    )
    batch = [examples[0], one_option, examples[2]]
    with torch.no_grad():
        together = trainer.logprobs(batch)
        alone = [trainer.logprobs([example])[0] for example in batch]
    assert [[len(d) for d in own] for own in together][1] == [1, 4]
    for found, expected in zip(together, alone, strict=True):
        for one, other in zip(found, expected, strict=True):
            assert one.tolist() == pytest.approx(other.tolist(), abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_log_likelihoods_gradient_is_autograds(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    weight = torch.randn(50, 8, dtype=dtype)
    targets = torch.randint(50, (300,))  # more rows than are read at once
    upstream = torch.randn(300)
    mine = torch.randn(300, 8, dtype=dtype, requires_grad=True)
    theirs = mine.detach().clone().requires_grad_()
    found = _LogLikelihood.apply(mine, weight, targets)  # type: ignore[no-untyped-call]
    expected = (theirs @ weight.T).float().log_softmax(-1).gather(1, targets[:, None])[:, 0]
    [gradient] = torch.autograd.grad(found, mine, upstream)
    [expected_gradient] = torch.autograd.grad(expected, theirs, upstream)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-5)


# --- learning -------------------------------------------------------------------------------------------------------


def test_training_learns_the_decisions(model: ScoringEngine, examples: list[Example]) -> None:
    trainer = Trainer(model, Lora(rank=8, readout="likelihood"))
    batch = examples[:2]
    with torch.no_grad():
        before = accuracy(trainer, batch)
    losses = [trainer.update(batch, 2e-2)[0] for _ in range(12)]
    assert losses[-1] < 0.7 * losses[0]
    assert accuracy(trainer, batch) > max(before, 0.6)


def test_the_likelihood_objective_makes_the_looks_own_pieces_likelier(
    model: ScoringEngine, examples: list[Example]
) -> None:
    trainer = Trainer(model, Lora(rank=8, objective="likelihood", readout="likelihood"))
    batch = [
        replace(e, decisions=tuple(replace(d, options=d.options[:1]) for d in e.decisions))
        for e in examples[:2]
    ]

    def nll() -> float:
        with torch.no_grad():
            return float(-torch.stack([lp[0] for own in trainer.logprobs(batch) for lp in own]).mean())

    before = nll()
    losses = [trainer.update(batch, 2e-2)[0] for _ in range(10)]
    assert nll() < before - 0.05
    assert losses[-1] < losses[0]


def test_training_leaves_the_base_as_it_was(model: ScoringEngine, examples: list[Example]) -> None:
    trainer = Trainer(model, Lora(rank=2))
    with torch.no_grad():
        [before] = trainer.logprobs(examples[:1])
    for _ in range(3):
        trainer.update(examples[:1], 1e-2)
    with torch.no_grad():
        [tuned] = trainer.logprobs(examples[:1])
        with trainer.peft.disable_adapter():
            [after] = trainer.logprobs(examples[:1])
    assert [lp.tolist() for lp in after] == [lp.tolist() for lp in before]
    assert [lp.tolist() for lp in tuned] != [lp.tolist() for lp in before]
