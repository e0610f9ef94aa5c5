"""The trained network, in numpy: what each proposal is to a wish, words beyond the tables, and what belongs to what.

Weights are safetensors with one or several members, whose opinions are averaged. `training.reader.network` is the same
network for training; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.query.reading.features import Features
from service.query.reading.word_vectors import Floats
from service.query.wording.vocabulary import Candidate
from service.query.wording.words import Word

TAGGED = ("kind", "color", "material", "pattern", "attribute", "brand")
TAGS = ("O", *(f"{part}-{facet}" for facet in TAGGED for part in "BI"))
POLARITIES = ("include", "exclude", "own")
DESCRIBING = frozenset({"color", "material", "pattern", "attribute", "brand", "size", "number"})
"""Facets that may belong to a kind."""

_REACH = 14
"""Words between a description and its kind, at most."""
_CLAUSE_ENDS = frozenset(",.;:!?，。；！？、،؛؟\n")
PAIR_WIDTH = 12


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities: `roles` (proposals, ROLES), `tags` (words, TAGS), `polarities` (words, 3), and for every pair
    (description, kind) how likely it belongs there; `alone` (proposals,) how likely it belongs to no kind.
    """

    roles: Floats
    tags: Floats
    polarities: Floats
    pairs: npt.NDArray[np.int64]
    belongs: Floats
    alone: Floats


def pairs_of(proposals: Sequence[Candidate]) -> npt.NDArray[np.int64]:
    """(description, kind) indices of all proposals that might belong together."""
    kinds = [i for i, c in enumerate(proposals) if c.field == "kind"]
    found = [
        (i, k)
        for i, c in enumerate(proposals)
        if c.field in DESCRIBING
        for k in kinds
        if max(proposals[k].first - c.last, c.first - proposals[k].last) <= _REACH
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def pair_traits(
    proposals: Sequence[Candidate], pairs: npt.NDArray[np.int64], words: Sequence[Word], language: str
) -> Floats:
    """How the two of each pair stand to each other in the text, shape (pairs, PAIR_WIDTH)."""
    ends = np.cumsum([0, *(w.text in _CLAUSE_ENDS for w in words)])
    kind_at = np.cumsum(
        [0, *(any(c.field == "kind" and c.first == i for c in proposals) for i in range(len(words)))]
    )
    rows = np.zeros((len(pairs), PAIR_WIDTH), dtype=np.float32)
    for row, (one, other) in enumerate(pairs):
        mine, kind = proposals[one], proposals[other]
        after = kind.first >= mine.last
        low, high = (mine.last, kind.first) if after else (kind.last, mine.first)
        gap = max(0, high - low)
        inside = mine.first < kind.last and kind.first < mine.last
        between = int(kind_at[high] - kind_at[low]) if high > low else 0
        rows[row] = (
            inside,
            after and not inside,
            gap == 0,
            gap == 1,
            min(gap, _REACH) / _REACH,
            (ends[high] - ends[low] > 0) if high > low else 0,
            min(between, 3) / 3,
            language in ("en", "de", "nl", "pl"),
            language in ("fr", "es", "it", "pt"),
            language in ("zh", "ja"),
            language == "ar",
            mine.field in ("size", "number"),
        )
    return rows


class Tagger:
    """The network. Immutable after construction: threads may share it."""

    def __init__(self, members: Sequence[Mapping[str, Floats]]) -> None:
        self._members = [{k: np.asarray(v, dtype=np.float32) for k, v in m.items()} for m in members]

    def opinion(
        self, seen: Features, proposals: Sequence[Candidate], words: Sequence[Word], language: str
    ) -> Opinion:
        """What the members think on average."""
        pairs = pairs_of(proposals)
        traits = pair_traits(proposals, pairs, words, language)
        each = [_forward(m, seen, pairs, traits) for m in self._members]
        mean = [np.asarray(np.mean(parts, axis=0), dtype=np.float32) for parts in zip(*each, strict=True)]
        return Opinion(mean[0], mean[1], mean[2], pairs, mean[3], mean[4])


def _forward(
    net: Mapping[str, Floats], seen: Features, pairs: npt.NDArray[np.int64], traits: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    projected = np.tanh(_linear(net, "project", seen.vectors))
    local = np.maximum(_linear(net, "mix", np.concatenate([projected, seen.marks], axis=1)), 0)
    context = np.concatenate([_gru(net, local, ""), _gru(net, local[::-1], "_reverse")[::-1]], axis=1)
    tag_hidden = np.maximum(_linear(net, "tag_hidden", np.concatenate([context, local], axis=1)), 0)
    tagged = _linear(net, "tag_out", tag_hidden)
    spans, inner = _of_spans(context, seen.spans), _of_spans(local, seen.spans)
    whole = np.broadcast_to(context.max(axis=0, initial=-1e4), spans.shape)
    head = np.maximum(
        _linear(net, "role_hidden", np.concatenate([spans, whole, inner, seen.traits], axis=1)), 0
    )
    roles = np.where(seen.allowed, _linear(net, "role_out", head), -1e4)
    alone = _linear(net, "alone_out", head)[:, 0]
    both = np.concatenate([spans[pairs[:, 0]], spans[pairs[:, 1]], traits], axis=1)
    belongs = _linear(net, "pair_out", np.maximum(_linear(net, "pair_hidden", both), 0))[:, 0]
    shares, lonely = _shared(belongs, alone, pairs)
    return (
        _softmax(roles),
        _softmax(tagged[:, : len(TAGS)]),
        _softmax(tagged[:, len(TAGS) :]),
        shares,
        lonely,
    )


def _linear(net: Mapping[str, Floats], name: str, rows: Floats) -> Floats:
    return np.asarray(rows @ net[f"{name}.weight"].T + net[f"{name}.bias"], dtype=np.float32)


def _gru(net: Mapping[str, Floats], rows: Floats, direction: str) -> Floats:
    """One direction of a GRU as torch defines it: shape (words, recurrent)."""
    inputs = rows @ net[f"gru.weight_ih_l0{direction}"].T + net[f"gru.bias_ih_l0{direction}"]
    weight, bias = net[f"gru.weight_hh_l0{direction}"].T, net[f"gru.bias_hh_l0{direction}"]
    size = weight.shape[0]
    out = np.zeros((len(rows), size), dtype=np.float32)
    state = np.zeros(size, dtype=np.float32)
    for at in range(len(rows)):
        gates = state @ weight + bias
        reset = sigmoid(inputs[at, :size] + gates[:size])
        update = sigmoid(inputs[at, size : 2 * size] + gates[size : 2 * size])
        fresh = np.tanh(inputs[at, 2 * size :] + reset * gates[2 * size :])
        state = (1 - update) * fresh + update * state
        out[at] = state
    return out


def _of_spans(rows: Floats, spans: npt.NDArray[np.int64]) -> Floats:
    sums = np.concatenate([np.zeros((1, rows.shape[1]), dtype=np.float32), np.cumsum(rows, axis=0)])
    lengths = (spans[:, 1] - spans[:, 0] + 1)[:, None]
    return np.asarray((sums[spans[:, 1] + 1] - sums[spans[:, 0]]) / lengths, dtype=np.float32)


def _shared(belongs: Floats, alone: Floats, pairs: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Logits of pairs and of belonging to none, as probabilities that add up to one for each description."""
    highest = alone.copy()
    np.maximum.at(highest, pairs[:, 0], belongs)
    none = np.exp(alone - highest)
    each = np.exp(belongs - highest[pairs[:, 0]])
    total = none.copy()
    np.add.at(total, pairs[:, 0], each)
    return np.asarray(each / total[pairs[:, 0]], dtype=np.float32), np.asarray(none / total, dtype=np.float32)


def _softmax(rows: Floats) -> Floats:
    if rows.size == 0:
        return rows
    shifted = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def sigmoid(values: Floats) -> Floats:
    """Chances, of log-odds of any shape."""
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)
