"""In-process scoring of text by a causal language model on shared key/value caches. Knows tokens, not outfits.

A `State` is everything read so far: its keys and values per layer, and the hidden state after its last token.
`score` reads many continuations of many states in one forward pass: each state is a row, its continuations
stand side by side in that row, and a tree-shaped attention mask lets each see the state and itself alone
(the tree attention of speculative decoding: Miao et al. 2023, SpecInfer). A chosen continuation's cache rows
then go on as part of the next state, so nothing is read twice. What another backend has to offer is said in
`service.lm.scorer`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from service.lm.base_model import load_base
from service.lm.lora import LoraAdapters
from service.lm.prompt import Prompt

if TYPE_CHECKING:
    from service.settings import Settings

Tokens = list[int]
Branch = tuple[Tokens, Sequence[Tokens]]
"""A given start, and the continuations after it that are scored."""
Adapters = str | Sequence[str | None] | None
"""One adapter's name for all rows, one per row, or none (the bare base)."""


@dataclass(frozen=True, slots=True)
class State:
    """What a model has read: per layer keys and values of shape (kv_heads, length, head_dim)."""

    keys: Tensor  # (layers, kv_heads, length, head_dim)
    values: Tensor
    last: Tensor  # (hidden,): hidden state after the last token

    @property
    def length(self) -> int:
        return int(self.keys.shape[2])


@dataclass(frozen=True, slots=True)
class Scored:
    """The continuations of one state as they were read, and what is needed to go on from any of them."""

    logprobs: list[float]
    """Log-likelihood of each, in nats; empty when it was not asked for."""
    lengths: list[int]
    state: State
    keys: Tensor  # (layers, kv_heads, branch length, head_dim)
    values: Tensor
    hidden: Tensor  # (branch length, hidden)
    start: int
    offsets: list[int]

    def ends(self) -> Tensor:
        """Hidden states after the last token of each continuation: (continuations, hidden)."""
        return self.hidden[[o + n - 1 for o, n in zip(self.offsets, self.lengths, strict=True)]]

    def extend(self, choice: int) -> State:
        """The state after the start and the chosen continuation."""
        begin = self.offsets[choice]
        rows = [*range(self.start), *range(begin, begin + self.lengths[choice])]
        keep = torch.tensor(rows, device=self.keys.device)
        return State(
            keys=torch.cat([self.state.keys, self.keys[:, :, keep]], dim=2),
            values=torch.cat([self.state.values, self.values[:, :, keep]], dim=2),
            last=self.hidden[rows[-1]],
        )


class ScoringEngine:
    """A base model and its LoRA adapters, for scoring. One forward at a time; safe to call from any thread."""

    def __init__(self, settings: Settings) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.causal_lm, self._tokenizer, self.digest = load_base(settings)
        self.decoder = self.causal_lm.get_decoder()
        self.head = self.causal_lm.get_output_embeddings()
        self._lora = LoraAdapters(self.causal_lm)
        self._lock = threading.Lock()
        # All reading is done by one thread: native libraries keep scratch memory, and a team of helpers, for each.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="language-model")

    @property
    def adapters(self) -> frozenset[str]:
        """Names of the adapters that are loaded."""
        return self._lora.names

    def score_head(self, adapter: str | None) -> Tensor | None:
        """The head that reads an adapter's scores off its states, (hidden,); None where likelihoods are its scores."""
        return self._lora.head(adapter)

    def add_adapter(self, name: str, folder: Path) -> None:
        """Make the LoRA weights in `folder` available under `name`. Raises ModelError when they do not fit."""
        with self._lock:
            self._lora.add(name, folder)

    def remove_adapter(self, name: str) -> None:
        """Free the weights of an adapter that nobody reads with any more."""
        with self._lock:
            self._lora.remove(name)

    def encode(self, text: str) -> Tokens:
        """Tokens of plain text; markers of the chat template inside it are read as text."""
        ids: Tokens = self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return ids

    def encode_prompt(self, prompt: Prompt) -> Tokens:
        """Tokens of a prompt in the model's own chat template, up to where the answer begins."""
        if self._tokenizer.chat_template is None:
            return self.encode(f"{prompt.system}\n\n{prompt.user}\n\n")
        text = self._tokenizer.apply_chat_template(
            prompt.messages(), add_generation_prompt=True, tokenize=False
        )
        ids: Tokens = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def read(self, tokens: Tokens, after: State | None = None, adapter: str | None = None) -> State:
        """The state after `tokens`, which follow on `after` when it is given."""
        return self._reader.submit(self._read, tokens, after, adapter).result()

    @torch.inference_mode()
    def _read(self, tokens: Tokens, after: State | None, adapter: str | None) -> State:
        ids = torch.tensor([tokens], device=self.causal_lm.device)
        with self._lock, self._lora.active([adapter]):
            cache = self._cache([after] if after else [], after.length if after else 0)
            hidden = self.decoder(ids, past_key_values=cache, use_cache=True).last_hidden_state
        return State(
            keys=torch.stack([layer.keys[0] for layer in cache.layers]),
            values=torch.stack([layer.values[0] for layer in cache.layers]),
            last=hidden[0, -1],
        )

    def score(
        self,
        states: Sequence[State],
        branches: Sequence[Branch],
        adapter: Adapters = None,
        width: int = 0,
        likelihoods: bool = True,
    ) -> list[Scored]:
        """Score each state's continuations; one forward pass for all of them. No branch may be empty.

        Without `likelihoods` nothing is multiplied with the vocabulary, and only states are read.

        `adapter` is that of all states, or one per state. Rows are padded to the longest of them and to `width`
        tokens at least. Raises ValueError when there are not as many adapters as states.
        """
        adapters = [adapter] * len(states) if adapter is None or isinstance(adapter, str) else list(adapter)
        if len(adapters) != len(states):
            raise ValueError(f"{len(adapters)} adapters for {len(states)} states")
        return self._reader.submit(self._score, states, branches, adapters, width, likelihoods).result()

    @torch.inference_mode()
    def _score(
        self,
        states: Sequence[State],
        branches: Sequence[Branch],
        adapters: Sequence[str | None],
        width: int,
        likelihoods: bool,
    ) -> list[Scored]:
        rows = [_Row.of(start, ends) for start, ends in branches]
        past = max(state.length for state in states)
        width = max(width, *(len(row.tokens) for row in rows))
        device = states[0].keys.device
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        positions = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), 1, width, past + width, dtype=torch.bool)
        mask[:, 0, :, past:] = torch.eye(width, dtype=torch.bool)  # padding sees itself: no empty softmax
        for r, (row, state) in enumerate(zip(rows, states, strict=True)):
            n = len(row.tokens)
            ids[r, :n] = torch.tensor(row.tokens)
            positions[r, :n] = state.length + torch.tensor(row.depths)
            mask[r, 0, :n, past - state.length : past] = True
            mask[r, 0, :n, past : past + n] = row.mask()
        cache = self._cache(states, past)
        with self._lock, self._lora.active(adapters):
            hidden = self.decoder(
                ids.to(device),
                past_key_values=cache,
                attention_mask=mask.to(device),
                position_ids=positions.to(device),
                use_cache=True,
            ).last_hidden_state
            return [
                self._scored(r, row, state, hidden[r], cache, past, likelihoods)
                for r, (row, state) in enumerate(zip(rows, states, strict=True))
            ]

    def _cache(self, states: Sequence[State], past: int) -> Any:
        from transformers import DynamicCache

        pad = torch.nn.functional.pad
        cache = DynamicCache(config=self.causal_lm.config)
        if not states:
            return cache
        keys = torch.stack([pad(s.keys, (0, 0, past - s.length, 0)) for s in states], dim=1)
        values = torch.stack([pad(s.values, (0, 0, past - s.length, 0)) for s in states], dim=1)
        for layer in range(keys.shape[0]):
            cache.update(keys[layer], values[layer], layer)
        return cache

    def _scored(
        self,
        r: int,
        row: _Row,
        state: State,
        hidden: Tensor,
        cache: Any,
        past: int,
        likelihoods: bool,
    ) -> Scored:
        n = len(row.tokens)
        return Scored(
            logprobs=self._logprobs(row, state, hidden) if likelihoods else [],
            lengths=row.lengths,
            state=state,
            keys=torch.stack([layer.keys[r, :, past : past + n] for layer in cache.layers]),
            values=torch.stack([layer.values[r, :, past : past + n] for layer in cache.layers]),
            hidden=hidden[:n],
            start=row.start,
            offsets=row.offsets,
        )

    def _logprobs(self, row: _Row, state: State, hidden: Tensor) -> list[float]:
        parents = torch.tensor(row.parents, device=hidden.device)
        before = torch.cat([state.last[None], hidden])[parents + 1]  # parent -1 is the state's last token
        logits = self.head(before[row.start :]).float()
        targets = torch.tensor(row.tokens[row.start :], device=hidden.device)
        token_logprobs = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(-1)
        return [part.sum().item() for part in token_logprobs.split(row.lengths)]


@dataclass(frozen=True, slots=True)
class _Row:
    """One state's branch laid flat: the start's tokens, then every continuation's, with each token's parent."""

    tokens: Tokens
    parents: list[int]  # index in the row of the token before, -1 for the state's last token
    depths: list[int]
    start: int
    lengths: list[int]
    offsets: list[int]

    @classmethod
    def of(cls, start: Tokens, ends: Sequence[Tokens]) -> _Row:
        tokens, parents, depths = list(start), list(range(-1, len(start) - 1)), list(range(len(start)))
        offsets = []
        for end in ends:
            offsets.append(len(tokens))
            parents += [len(start) - 1, *range(len(tokens), len(tokens) + len(end) - 1)]
            depths += range(len(start), len(start) + len(end))
            tokens += end
        return cls(tokens, parents, depths, len(start), [len(e) for e in ends], offsets)

    def mask(self) -> Tensor:
        """(n, n) of bool: each token sees itself and its ancestors in the row."""
        n = len(self.tokens)
        seen = torch.zeros(n, n, dtype=torch.bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] = seen[parent]
            seen[i, i] = True
        return seen
