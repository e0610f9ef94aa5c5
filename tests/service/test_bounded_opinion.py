"""The stylist's opinion chooses among sensible pieces; it does not overrule what speaks against one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from factories import candidate, shortlist

from service.composition.composer import compose
from service.composition.draft import Plan
from service.composition.weights import Weights
from service.lm.prompt import Context
from service.lm.scorer import Question, Scores


class LovesTies:
    """Scores in log-odds that are as sure as can be."""

    composer = "lora"
    log_odds = True

    def open(self, contexts: Sequence[Context]) -> LovesTies:
        return self

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [np.array([40.0 * (label.endswith(" tie")) for label in q.labels]) for q in questions]

    def choose(self, question: Question, choice: int) -> None: ...


@pytest.mark.parametrize(("most", "worn"), [(Weights().most_text, "belt"), (np.inf, "tie")])
def test_a_tie_needs_a_collar_whatever_the_stylist_says(most: float, worn: str) -> None:
    shortlists = {
        "top": shortlist([candidate("hoodie", "top", kind="hoodie")]),
        "accessory": shortlist(
            [candidate("tie", "accessory", kind="tie"), candidate("belt", "accessory", kind="belt")]
        ),
    }
    plan = Plan(Context("dinner"), ("top", "accessory"), (), shortlists)
    [outfit] = compose([plan], LovesTies(), None, 0, Weights(noise=0.0, rest=0.0, most_text=most))
    assert outfit.pieces[-1].sku == worn
