"""How long one answer takes, from the request to whole outfits, and how many tokens its prompt has. Knows no HTTP.

What a running service has already read, such as the stock's texts in the neutral prompt, is read beforehand.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from tqdm import tqdm

from service.lm.engine import ScoringEngine
from service.lm.prompt import Layout, render
from service.registry.evaluation import Estimate, EvaluationError
from training.evaluation.bootstrap import estimate
from training.evaluation.cases.catalog import LookbookCatalogue
from training.evaluation.cases.wishes import Wish
from training.evaluation.systems.scorers import Contestant
from training.evaluation.tasks.composition import answer

TASK = "latency"
COUNTS = (3, 1)
CANDIDATES = 8
"""As the service's default."""
_DRAWS = 2000
_LAYOUTS: tuple[Layout, ...] = ("scored", "listed")
_QUANTILES = {"p50_ms": 50, "p95_ms": 95}


def measure_latency(
    catalogue: LookbookCatalogue,
    wishes: Sequence[Wish],
    contestants: Mapping[str, Contestant],
    *,
    counts: Sequence[int] = COUNTS,
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> list[Estimate]:
    """p50 and p95 in milliseconds per system. The task is `latency` for the first of `counts` outfits per answer,
    `latency@N` for N others. The systems take turns on each wish, so that a busy machine slows all of them.
    """
    found: list[Estimate] = []
    for count in counts:
        task = TASK if count == counts[0] else f"{TASK}@{count}"
        times = _times(catalogue, wishes, contestants, count, candidates)
        for system, own in times.items():
            found += [_quantile(task, metric, system, own, q, seed) for metric, q in _QUANTILES.items()]
    return found


def _times(
    catalogue: LookbookCatalogue,
    wishes: Sequence[Wish],
    contestants: Mapping[str, Contestant],
    count: int,
    candidates: int,
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for wish in tqdm(wishes, desc=f"latency of {count}", unit="wish"):
        same = Wish(wish.group, wish.request.model_copy(update={"count": count}))
        for contestant in contestants.values():  # reads the neutral texts of the shortlists
            planned, _ = catalogue.plan(same.request, candidates, contestant.encoder)
            contestant.scorer.open([plan.context for plan in planned.plans])
        for name, contestant in contestants.items():
            times[name].append(_time(catalogue, same, contestant, candidates))
    return times


def _time(catalogue: LookbookCatalogue, wish: Wish, contestant: Contestant, candidates: int) -> float:
    """Milliseconds of one answer: reading the wish, retrieving and composing."""
    request, started = wish.request, time.perf_counter()
    planned, _ = catalogue.plan(request, candidates, contestant.encoder)
    answer(wish, planned.plans, contestant)
    return (time.perf_counter() - started) * 1000


def _quantile(task: str, metric: str, system: str, times: Sequence[float], q: float, seed: int) -> Estimate:
    """The percentile of the times with its bootstrap interval; each wish is asked once, so there are no clusters."""
    if not times:
        raise EvaluationError(f"{task}: {system}: no wish was timed")
    values = np.asarray(times)
    rng = np.random.default_rng(seed)
    draws = np.percentile(values[rng.integers(len(values), size=(_DRAWS, len(values)))], q, axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(
        task=task,
        metric=metric,
        system=system,
        value=float(np.percentile(values, q)),
        low=float(low),
        high=float(high),
        n=len(times),
        higher_is_better=False,
    )


def prompt_tokens(
    catalogue: LookbookCatalogue,
    wishes: Sequence[Wish],
    model: ScoringEngine,
    *,
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> list[Estimate]:
    """Mean number of tokens of the prompt per layout, over the prompts of the wishes. The system is the layout."""
    contexts = [
        (plan.context, wish.group)
        for wish in wishes
        for plan in catalogue.plan(wish.request, candidates)[0].plans[:1]
    ]
    groups = [group for _, group in contexts]
    return [
        estimate(
            "prompt",
            "tokens",
            layout,
            [len(model.encode_prompt(render(context, layout))) for context, _ in contexts],
            groups,
            higher_is_better=False,
            seed=seed,
        )
        for layout in _LAYOUTS
    ]
