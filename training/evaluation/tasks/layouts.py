"""Scored against listed: does it pay to show the shortlist in the prompt? The same cases in both layouts.

`scored` compares a text's likelihood with that in the neutral prompt; `listed` shows the options and takes the
likelihood of copying one. Both by the scorer that serves. Knows no catalogue.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tqdm import tqdm

from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import Layout
from service.lm.scorer import Question, Scorer
from service.registry.evaluation import Estimate
from training.evaluation.bootstrap import estimate
from training.evaluation.cases.choice import ChoiceCase

_LAYOUTS: tuple[Layout, ...] = ("scored", "listed")


def both_layouts(model: ScoringEngine, adapter: str | None, neutral: PmiBaseline) -> dict[str, Scorer]:
    """The model in each layout, by the layout's name. `adapter` names one that the model has loaded."""
    return {layout: LmScorer(model, adapter, layout, neutral) for layout in _LAYOUTS}


def compare_layouts(
    cases: Sequence[ChoiceCase], scorers: Mapping[str, Scorer], seed: int = 0
) -> list[Estimate]:
    """Accuracy per scorer and task of the cases, as task `layout@TASK` and the scorer's name as system.

    Options come in an order drawn for each case, the same for all scorers; a tie is no hit.
    """
    tasks: dict[str, list[ChoiceCase]] = {}
    for case in cases:
        tasks.setdefault(case.task, []).append(case)
    return [
        estimate(
            f"layout@{task}",
            "accuracy",
            name,
            [float(_hit(case, scorer, seed)) for case in tqdm(own, desc=f"{name}, {task}", unit="case")],
            [case.cluster for case in own],
            chance=sum(1 / len(case.options) for case in own) / len(own),
            seed=seed,
        )
        for task, own in tasks.items()
        for name, scorer in scorers.items()
    ]


def _hit(case: ChoiceCase, scorer: Scorer, seed: int) -> bool:
    """Whether the scorer likes the case's own piece best of all options."""
    order = list(case.options)
    random.Random(f"{seed}/{case.id}").shuffle(order)
    session = scorer.open([replace(case.context, shortlist={case.slot: order})])
    for slot, piece in case.worn:
        question = Question(0, slot, (piece,))
        session.score([question])
        session.choose(question, 0)
    [scores] = session.score([Question(0, case.slot, tuple(order))])
    own = scores[order.index(case.options[0])]
    return int((scores >= own).sum()) == 1
