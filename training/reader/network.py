"""The network that decides what each proposal is to a wish, for training. `service.query.reading.tagger` runs it.

Words go through a small bidirectional GRU; a head reads the role of each proposal, one tags words that no table
proposes, one says which kind a colour, fabric or size belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from service.query.reading.features import MARKS_WIDTH, TRAITS_WIDTH
from service.query.reading.proposals import ROLES
from service.query.reading.tagger import PAIR_WIDTH, POLARITIES, TAGS
from service.query.reading.word_vectors import WIDTH


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the layers."""

    projected: int = 96
    hidden: int = 128
    recurrent: int = 96
    head: int = 128
    pair: int = 48
    dropout: float = 0.3
    vector_dropout: float = 0.2
    vectors: int = WIDTH


@dataclass(frozen=True, slots=True)
class Batch:
    """Wishes side by side, padded. `spans`, `traits` and `allowed` are of all proposals, `owner` the wish of each."""

    vectors: Tensor
    marks: Tensor
    lengths: Tensor
    owner: Tensor
    spans: Tensor
    traits: Tensor
    allowed: Tensor
    pairs: Tensor
    """(proposal that describes, kind proposal) indices, shape (pairs, 2)."""
    pair_traits: Tensor


@dataclass(frozen=True, slots=True)
class Scores:
    """Logits: of roles per proposal (those not allowed at -1e4), tags and polarities per word, and per pair."""

    roles: Tensor
    tags: Tensor
    polarities: Tensor
    pairs: Tensor
    alone: Tensor


class Network(nn.Module):
    """See `service.query.reading.tagger.Tagger`, which computes the same in numpy."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.project = nn.Linear(shape.vectors, shape.projected)
        self.mix = nn.Linear(shape.projected + MARKS_WIDTH, shape.hidden)
        self.gru = nn.GRU(shape.hidden, shape.recurrent, batch_first=True, bidirectional=True)
        context = 2 * shape.recurrent
        self.role_hidden = nn.Linear(context * 2 + shape.hidden + TRAITS_WIDTH, shape.head)
        self.role_out = nn.Linear(shape.head, len(ROLES))
        self.tag_hidden = nn.Linear(context + shape.hidden, shape.head)
        self.tag_out = nn.Linear(shape.head, len(TAGS) + len(POLARITIES))
        self.pair_hidden = nn.Linear(2 * context + PAIR_WIDTH, shape.pair)
        self.pair_out = nn.Linear(shape.pair, 1)
        self.alone_out = nn.Linear(shape.head, 1)
        self.drop = nn.Dropout(shape.dropout)
        self.drop_vectors = nn.Dropout(shape.vector_dropout)

    def forward(self, batch: Batch) -> Scores:
        projected = torch.tanh(self.project(self.drop_vectors(batch.vectors)))
        local = torch.relu(self.mix(torch.cat([projected, batch.marks], dim=-1)))
        context = self._context(self.drop(local), batch.lengths)
        tag_hidden = torch.relu(self.tag_hidden(torch.cat([self.drop(context), local], dim=-1)))
        tagged = self.tag_out(self.drop(tag_hidden))
        spans = self._of_spans(context, batch)
        whole = context.masked_fill(_padding(batch).unsqueeze(-1), -1e4).amax(dim=1)[batch.owner]
        inner = self._of_spans(local, batch)
        head = torch.relu(self.role_hidden(self.drop(torch.cat([spans, whole, inner, batch.traits], dim=-1))))
        roles = self.role_out(self.drop(head)).masked_fill(~batch.allowed, -1e4)
        both = torch.cat([spans[batch.pairs[:, 0]], spans[batch.pairs[:, 1]], batch.pair_traits], dim=-1)
        pairs = self.pair_out(torch.relu(self.pair_hidden(self.drop(both)))).squeeze(-1)
        alone = self.alone_out(self.drop(head)).squeeze(-1)
        return Scores(roles, tagged[..., : len(TAGS)], tagged[..., len(TAGS) :], pairs, alone)

    def _context(self, local: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(local, lengths.cpu(), batch_first=True, enforce_sorted=False)
        out, _ = self.gru(packed)
        return pad_packed_sequence(out, batch_first=True, total_length=local.shape[1])[0]

    def _of_spans(self, rows: Tensor, batch: Batch) -> Tensor:
        """The mean over the words of each proposal, by differences of running sums."""
        sums = torch.cumsum(rows, dim=1)
        first, last = batch.spans[:, 0], batch.spans[:, 1]
        before = torch.where((first > 0).unsqueeze(-1), sums[batch.owner, (first - 1).clamp(min=0)], 0.0)
        return (sums[batch.owner, last] - before) / (last - first + 1).unsqueeze(-1)


def _padding(batch: Batch) -> Tensor:
    return torch.arange(batch.marks.shape[1])[None, :] >= batch.lengths[:, None]
