"""What the composer asks of a stylist: how well does each piece continue this outfit? Knows no model and no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.item import Slot
from service.lm.prompt import Context

ComposerName = Literal["lora", "base", "retrieval"]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """Which of `labels` goes on in `slot`, after the pieces already `chosen`?"""

    outfit: int
    slot: Slot
    labels: tuple[str, ...]


class Session(Protocol):
    """One request's outfits in the making. Not shared between threads."""

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        """One array of shape (labels,) per question; higher is better, 0 is neutral."""
        ...

    def choose(self, question: Question, choice: int) -> None:
        """The choice among the labels of a question of the last round becomes part of its outfit.

        Where an outfit was asked several questions at once, all of them are read without the others' choices.
        """
        ...


class Scorer(Protocol):
    """A stylist that a session can be opened with; safe to use from several threads."""

    @property
    def composer(self) -> ComposerName: ...

    @property
    def log_odds(self) -> bool:
        """Whether scores are log-odds of the choice, and count as they are; others are standardised first."""
        ...

    def open(self, contexts: Sequence[Context]) -> Session: ...


class RetrievalScorer:
    """No language model: every piece is as likely as any other, and the retriever's scores decide."""

    composer: ComposerName = "retrieval"
    log_odds = False

    def open(self, contexts: Sequence[Context]) -> Session:  # noqa: ARG002 - the Protocol's parameter
        return _Indifferent()


class _Indifferent:
    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [np.zeros(len(q.labels)) for q in questions]

    def choose(self, question: Question, choice: int) -> None:
        pass
