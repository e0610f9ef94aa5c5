"""What the tables do not know goes to the embedder, once, and only a clear answer counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from indexer.embedder import Progress, Vectors
from indexer.taxonomy.classify import MIN_NEAREST_CONFIDENCE, ProductText, classify
from indexer.taxonomy.kinds import KINDS
from indexer.taxonomy.nearest import Example, examples, nearest_kinds, parse_examples


class WordEmbedder:
    """One axis per word, so a text's nearest neighbour shares the most words with it. Counts its calls."""

    name = "words"

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.calls: list[list[str]] = []
        self._axes: dict[str, int] = {}
        self.dim = 4096

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.calls.append(list(texts))
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                out[row, self._axes.setdefault(word, len(self._axes))] += 1.0
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(lengths, 1e-9), dtype=np.float32)


UNKNOWN = ProductText("ruffled chiffon at the neck")  # much like an example, and no word of the tables


def test_the_embedder_is_asked_once_and_only_about_what_is_unknown() -> None:
    embedder = WordEmbedder("asked-once")
    rows = [ProductText("Blue Jeans"), UNKNOWN, ProductText("qqq www"), ProductText("Red Dress")]
    guesses = classify(rows, embedder)
    assert [g.source for g in guesses] == ["table", "nearest", "nearest", "table"]
    assert [text for call in embedder.calls for text in call][len(examples()) :] == [UNKNOWN.title, "qqq www"]
    assert len(embedder.calls) == 1


def test_known_words_need_no_embedder() -> None:
    embedder = WordEmbedder("unused")
    classify([ProductText("Blue Jeans"), ProductText("Candle", category="Home & Garden")], embedder)
    assert embedder.calls == []


def test_the_examples_are_embedded_once_per_model() -> None:
    embedder = WordEmbedder("examples-once")
    first, second = classify([UNKNOWN], embedder), classify([UNKNOWN], embedder)
    assert first == second
    assert [len(call) for call in embedder.calls] == [len(examples()) + 1, 1]


def test_a_near_example_gives_its_slot_and_a_far_one_none() -> None:
    near, far = classify([UNKNOWN, ProductText("qqq www")], WordEmbedder("near-and-far"))
    assert (near.slot, near.source) == ("top", "nearest")
    assert near.confidence >= MIN_NEAREST_CONFIDENCE
    assert (far.kind, far.slot) == ("unknown", None)
    assert far.evidence.startswith("low confidence")


def test_an_example_finds_itself() -> None:
    some = examples()[::25]
    found = nearest_kinds([e.text for e in some], WordEmbedder("itself"))
    assert [KINDS[kind].slot for kind, _, _ in found] == [KINDS[e.kind].slot for e in some]


def test_examples_cover_every_slot_and_what_is_not_worn() -> None:
    slots = {KINDS[e.kind].slot for e in examples()}
    assert slots == {kind.slot for kind in KINDS.values()}
    assert len({e.text for e in examples()}) == len(examples())


def test_examples_are_checked_with_file_and_line() -> None:
    good = '{"text": "soft tee", "kind": "t-shirt"}'
    assert parse_examples(good, "x.jsonl") == (Example("soft tee", "t-shirt"),)
    for bad, what in [
        ("{", "not JSON"),
        ("[]", "'text'"),
        ('{"text": " ", "kind": "t-shirt"}', "'text'"),
        ('{"text": "soft tee", "kind": "tea"}', "'tea' is no kind"),
    ]:
        with pytest.raises(ValueError, match=rf"x\.jsonl, line 2.*{what}"):
            parse_examples(f"{good}\n{bad}", "x.jsonl")
