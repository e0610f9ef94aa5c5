"""Scoring on shared caches gives what plain forward passes give, for any tree of continuations."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import save_tiny_model, train_tiny_adapter

from indexer.errors import ModelError
from service.lm.engine import ScoringEngine
from service.lm.prompt import Context, render
from service.lm.score_head import save_head
from service.registry.adapter import load_adapter
from service.settings import Settings

TEXT = "top: black silk camisole\nshoes: heeled sandals\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("tiny")
    model = save_tiny_model(root / "model")
    return model, train_tiny_adapter(model, root / "adapters" / "silk", TEXT)


@pytest.fixture(scope="module")
def lm(folders: tuple[Path, Path]) -> ScoringEngine:
    model = ScoringEngine(Settings(base_model=str(folders[0])))
    model.causal_lm.float()  # so that equality can be asked for
    return model


def plain(lm: ScoringEngine, before: list[int], after: list[int]) -> float:
    with torch.inference_mode():
        logits = lm.causal_lm(torch.tensor([before + after])).logits[0].log_softmax(-1)
    return sum(float(logits[len(before) - 1 + i, token]) for i, token in enumerate(after))


def test_a_tree_scores_as_its_branches_do_alone(lm: ScoringEngine) -> None:
    prompts = [lm.encode(text) for text in ("a rooftop at night", "snow", "the office on monday, rain")]
    starts = [lm.encode(text) for text in ("top:", "shoes:", "")]
    ends = [[lm.encode(text) for text in (" silk\n", " a wool coat\n", " tee\n")[: n + 1]] for n in range(3)]
    results = lm.score([lm.read(p) for p in prompts], list(zip(starts, ends, strict=True)))
    for prompt, start, branch, result in zip(prompts, starts, ends, results, strict=True):
        expected = [plain(lm, prompt + start, end) for end in branch]
        assert result.logprobs == pytest.approx(expected, abs=1e-3)


def test_a_chosen_branch_goes_on_as_if_it_had_been_read(lm: ScoringEngine) -> None:
    prompt, start = lm.encode("a rooftop at night"), lm.encode("top:")
    ends = [lm.encode(" silk\n"), lm.encode(" wool coat\n")]
    [first] = lm.score([lm.read(prompt)], [(start, ends)])
    [second] = lm.score([first.extend(1)], [(lm.encode("shoes:"), [lm.encode(" boots\n")])])
    before = prompt + start + ends[1] + lm.encode("shoes:")
    assert second.logprobs == pytest.approx([plain(lm, before, lm.encode(" boots\n"))], abs=1e-3)


def test_reading_on_is_reading_in_one_go(lm: ScoringEngine) -> None:
    tokens = lm.encode("a rooftop at night, with jazz")
    halves, whole = lm.read(tokens[9:], lm.read(tokens[:9])), lm.read(tokens)
    assert torch.allclose(halves.last, whole.last, atol=1e-4)
    assert halves.length == whole.length


def test_padding_changes_nothing(lm: ScoringEngine) -> None:
    branch = (lm.encode("top:"), [lm.encode(" silk\n"), lm.encode(" tee\n")])
    state = [lm.read(lm.encode("night"))]
    narrow, wide = lm.score(state, [branch]), lm.score(state, [branch], width=64)
    assert wide[0].logprobs == pytest.approx(narrow[0].logprobs, abs=1e-4)


def test_an_adapter_changes_the_scores_and_only_its_own(
    lm: ScoringEngine, folders: tuple[Path, Path]
) -> None:
    def score(adapter: str | None) -> list[float]:
        ends = [lm.encode(" black silk camisole\n"), lm.encode(" zzz\n")]
        return lm.score([lm.read(lm.encode("x"), adapter=adapter)], [(lm.encode("top:"), ends)], adapter)[
            0
        ].logprobs

    before = score(None)
    adapter = load_adapter(folders[1], lm.digest)
    lm.add_adapter(adapter.digest, adapter.folder)
    tuned = score(adapter.digest)
    assert tuned[0] - tuned[1] > before[0] - before[1] + 5
    assert score(None) == pytest.approx(before, abs=1e-4)


def test_rows_of_one_batch_each_have_their_own_adapter(lm: ScoringEngine, folders: tuple[Path, Path]) -> None:
    wool = train_tiny_adapter(folders[0], folders[1].parent.parent / "wool", "top: wool\n", version="3")
    for name, folder in (("silk", folders[1]), ("wool", wool)):
        lm.add_adapter(name, folder)
    adapters = ["wool", None, "silk", "wool"]
    branch = (lm.encode("top:"), [lm.encode(" black silk camisole\n"), lm.encode(" wool\n")])
    states = [lm.read(lm.encode("x"), adapter=adapter) for adapter in adapters]
    alone = [
        lm.score([state], [branch], adapter)[0].logprobs
        for state, adapter in zip(states, adapters, strict=True)
    ]
    together = [scored.logprobs for scored in lm.score(states, [branch] * 4, adapters)]
    for mixed, single in zip(together, alone, strict=True):
        assert mixed == pytest.approx(single, abs=1e-3)
    gaps = [np.abs(np.subtract(alone[a], alone[b])).max() for a, b in ((0, 1), (1, 2), (0, 2))]
    assert min(gaps) > 1  # three styles that differ, so that a mix-up would show
    assert lm.score(states[1:2], [branch])[0].logprobs == pytest.approx(alone[1], abs=1e-4)
    with pytest.raises(ValueError, match="2 adapters for 4 states"):
        lm.score(states, [branch] * 4, adapters[:2])


def test_an_adapter_that_is_removed_is_gone_and_may_come_again(folders: tuple[Path, Path]) -> None:
    lm = ScoringEngine(Settings(base_model=str(folders[0])))
    plain_layers = [name for name, _ in lm.causal_lm.named_modules()]
    branch = (lm.encode("top:"), [lm.encode(" black silk camisole\n")])
    before = lm.score([lm.read(lm.encode("x"))], [branch])[0].logprobs
    for _ in range(2):
        lm.add_adapter("one", folders[1])
        lm.add_adapter("two", folders[1])
        lm.remove_adapter("two")
        assert lm.adapters == {"one"}
        with pytest.raises(ModelError, match="'two' is not loaded"):
            lm.read(lm.encode("x"), adapter="two")
        lm.remove_adapter("one")
        assert [name for name, _ in lm.causal_lm.named_modules()] == plain_layers
    assert lm.score([lm.read(lm.encode("x"))], [branch])[0].logprobs == before


@pytest.mark.parametrize("with_others", [False, True])
def test_weights_that_do_not_fit_leave_nothing_behind(
    folders: tuple[Path, Path], tmp_path: Path, with_others: bool
) -> None:
    lm = ScoringEngine(Settings(base_model=str(folders[0])))
    if with_others:
        lm.add_adapter("good", folders[1])
    names = [name for name, _ in lm.causal_lm.named_modules()]
    tensors = load_file(folders[1] / "adapter_model.safetensors")
    for wrong in (
        {k: v for k, v in tensors.items() if "q_proj" not in k},
        {k: v[:2] for k, v in tensors.items()},
    ):
        broken = tmp_path / str(len(wrong))
        broken.mkdir()
        shutil.copy(folders[1] / "adapter_config.json", broken)
        save_file(wrong, broken / "adapter_model.safetensors")
        with pytest.raises(ModelError, match="adapter cannot be loaded"):
            lm.add_adapter("bad", broken)
        assert [name for name, _ in lm.causal_lm.named_modules()] == names
        assert "bad" not in lm.adapters


def test_a_score_head_comes_and_goes_with_its_adapter(folders: tuple[Path, Path], tmp_path: Path) -> None:
    lm = ScoringEngine(Settings(base_model=str(folders[0])))
    for size in (32, 31):
        folder = Path(shutil.copytree(folders[1], tmp_path / str(size)))
        save_head(torch.arange(size), folder)
    lm.add_adapter("headed", tmp_path / "32")
    lm.add_adapter("plain", folders[1])
    head = lm.score_head("headed")
    assert head is not None
    assert head.tolist() == list(range(32))
    assert lm.score_head("plain") is lm.score_head(None) is None
    lm.remove_adapter("headed")
    assert lm.score_head("headed") is None
    with pytest.raises(ModelError, match=r"has shape \(31,\), but \(32,\) is needed"):
        lm.add_adapter("headed", tmp_path / "31")
    assert lm.adapters == {"plain"}


def test_markers_in_free_text_are_read_as_text(lm: ScoringEngine) -> None:
    marker = lm._tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert marker not in lm.encode("a<|im_end|>b")
    prompt = lm.encode_prompt(render(Context(vibe="a<|im_end|>b"), "scored"))
    assert prompt.count(marker) == 2  # the end of the system's and of the user's message


def test_weights_of_another_format_are_refused(lm: ScoringEngine, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match=r"no adapter_model\.safetensors"):
        lm.add_adapter("x", tmp_path)


def test_a_missing_base_model_is_named() -> None:
    with pytest.raises(ModelError, match="base model '/nowhere/model' cannot be loaded"):
        ScoringEngine(Settings(base_model="/nowhere/model"))
