"""The language model as a stylist. What the score of a piece is depends on what reads it out:

- an adapter's score head: a linear function of the model's state after the piece's text in the outfit's prompt;
- without one, the likelihood of that text, compared with its likelihood in a neutral prompt (pointwise mutual
  information: Church & Hanks 1990; as a score for choices, Holtzman et al. 2021), per token. The neutral part
  depends on the text alone and is cached.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from indexer.item import Slot
from service.lm.engine import Branch, Scored, ScoringEngine, State, Tokens
from service.lm.prompt import NEUTRAL, Context, Layout, line_end, line_start, render
from service.lm.scorer import ComposerName, Question, Scores, Session

_Entry = tuple[Slot, str]  # a piece's slot and label
_PACK_ROWS = 16
_PACK_STEP = 8  # tokens; texts are read in packs of few shapes, so that a score never depends on its pack
_CACHE_ENTRIES = 500_000


class LmScorer:
    """The in-process language model, bare or with one adapter, in one layout."""

    def __init__(
        self, model: ScoringEngine, adapter: str | None, layout: Layout, neutral: PmiBaseline
    ) -> None:
        self.composer: ComposerName = "base" if adapter is None else "lora"
        self.model = model
        self.adapter = adapter
        self.layout: Layout = layout
        self.head = model.score_head(adapter)
        self.log_odds = self.head is not None
        self._neutral = neutral
        self._opening: tuple[Tokens, State] | None = None

    def open(self, contexts: Sequence[Context]) -> Session:
        if self.head is None:
            self.neutral(
                [(slot, label) for c in contexts for slot, labels in c.shortlist.items() for label in labels]
            )
        prompts = [tuple(self.model.encode_prompt(render(c, self.layout))) for c in contexts]
        states = {prompt: self._read(list(prompt)) for prompt in dict.fromkeys(prompts)}
        return _LmSession(self, [states[prompt] for prompt in prompts])

    def _read(self, prompt: Tokens) -> State:
        """The state after a prompt; what all prompts begin with is read once and kept."""
        if self._opening is None:
            other = self.model.encode_prompt(render(NEUTRAL, self.layout))
            shared = next((i for i, (a, b) in enumerate(zip(prompt, other, strict=False)) if a != b), 0)
            if not shared:  # this is the neutral prompt itself: nothing to learn from yet
                return self.model.read(prompt, adapter=self.adapter)
            self._opening = (prompt[:shared], self.model.read(prompt[:shared], adapter=self.adapter))
        opening, state = self._opening
        if not opening or prompt[: len(opening)] != opening or len(prompt) == len(opening):
            return self.model.read(prompt, adapter=self.adapter)
        return self.model.read(prompt[len(opening) :], state, self.adapter)

    def neutral(self, entries: Sequence[_Entry]) -> Scores:
        """Log-likelihoods that the session's are compared with; zeros where the prompt lists the pieces."""
        return np.zeros(len(entries)) if self.layout == "listed" else self._neutral.of(entries)


class _LmSession:
    def __init__(self, scorer: LmScorer, states: list[State]) -> None:
        self._scorer = scorer
        self._states = states
        self._last: dict[Question, Scored] = {}
        self._extended: dict[tuple[int, int], State] = {}

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        # Outfits that still agree ask the same: what stands behind the same state is read once.
        asked = [(id(self._states[q.outfit]), q.slot, q.labels) for q in questions]
        distinct = dict(zip(asked, questions, strict=True))
        scored = dict(zip(distinct, self._read(list(distinct.values())), strict=True))
        self._last = {q: scored[key] for q, key in zip(questions, asked, strict=True)}
        self._extended = {}
        return [self._scores(q, scored[key]) for q, key in zip(questions, asked, strict=True)]

    def _read(self, questions: Sequence[Question]) -> list[Scored]:
        model = self._scorer.model
        branches = [
            (model.encode(line_start(q.slot)), [model.encode(line_end(label)) for label in q.labels])
            for q in questions
        ]
        states = [self._states[q.outfit] for q in questions]
        return model.score(states, branches, self._scorer.adapter, likelihoods=self._scorer.head is None)

    def _scores(self, question: Question, scored: Scored) -> Scores:
        if (head := self._scorer.head) is not None:
            return np.asarray((scored.ends().float() @ head).cpu().numpy(), dtype=np.float64)
        neutral = self._scorer.neutral([(question.slot, label) for label in question.labels])
        return np.asarray((np.array(scored.logprobs) - neutral) / np.array(scored.lengths))

    def choose(self, question: Question, choice: int) -> None:
        scored = self._last[question]
        key = (id(scored), choice)
        if (
            key not in self._extended
        ):  # outfits that agree go on agreeing: with one state, they ask the same again
            self._extended[key] = scored.extend(choice)
        self._states[question.outfit] = self._extended[key]


class PmiBaseline:
    """Log-likelihood of each (slot, label) after the neutral prompt, read once by the base model.

    Adapters are compared with the base model too: how likely a text is at all does not depend on a style.
    """

    def __init__(self, model: ScoringEngine) -> None:
        self._model = model
        self._known: OrderedDict[_Entry, float] = OrderedDict()
        self._state: State | None = None
        self._lock = threading.Lock()

    def known(self) -> dict[_Entry, float]:
        """What has been read so far, for `remember` of a later process with the same base model."""
        with self._lock:
            return dict(self._known)

    def remember(self, known: Mapping[_Entry, float]) -> None:
        """Take over what an earlier process read."""
        with self._lock:
            self._known.update(known)

    def per_token(self, entries: Sequence[_Entry]) -> Scores:
        """The same divided by the number of tokens of each label's line."""
        return self.of(entries) / [len(self._model.encode(line_end(label))) for _, label in entries]

    def of(self, entries: Sequence[_Entry]) -> Scores:
        """One log-likelihood per entry."""
        with self._lock:
            missing = list(dict.fromkeys(entry for entry in entries if entry not in self._known))
            if missing:
                self._learn(missing)
            for entry in entries:
                self._known.move_to_end(entry)
            found = np.array([self._known[entry] for entry in entries])
            while len(self._known) > _CACHE_ENTRIES:
                self._known.popitem(last=False)
        return found

    def _learn(self, entries: Sequence[_Entry]) -> None:
        by_width: dict[int, list[tuple[_Entry, Branch]]] = {}
        for slot, label in entries:
            start, end = self._model.encode(line_start(slot)), self._model.encode(line_end(label))
            width = -(-(len(start) + len(end)) // _PACK_STEP) * _PACK_STEP
            by_width.setdefault(width, []).append(((slot, label), (start, [end])))
        for width, rows in by_width.items():
            for first in range(0, len(rows), _PACK_ROWS):
                self._learn_pack(rows[first : first + _PACK_ROWS], width)

    def _learn_pack(self, rows: list[tuple[_Entry, Branch]], width: int) -> None:
        if self._state is None:
            tokens = self._model.encode_prompt(render(NEUTRAL, "scored"))
            self._state = self._model.read(tokens)
        branches = [branch for _, branch in rows]
        branches += [branches[0]] * (_PACK_ROWS - len(branches))
        scored = self._model.score([self._state] * _PACK_ROWS, branches, width=width)
        for (entry, _), result in zip(rows, scored, strict=False):
            self._known[entry] = result.logprobs[0]
