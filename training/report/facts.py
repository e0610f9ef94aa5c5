"""What an evaluation says about fine-tuning: comparisons, speed, prompt length, learning curve. Judges nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.registry.evaluation import SYSTEMS, Estimate, Evaluation
from training.report import wording

TUNED = ("tuned", "tuned-only")
"""What is served comes first; the model alone stands in where only that was measured."""
PROMPTED = ("prompt-only", "prompt+retrieval")
UNTUNED = tuple(name for name in SYSTEMS if name not in (*TUNED, "tuned-retrieval"))
"""Everything that needs no fine-tuning. A system of another name is shown, but nothing is compared with it."""

_CURVE = re.compile(r"learning_curve@(\d{1,3})")
_LATENCY = re.compile(r"latency(?:@(\d+))?")


@dataclass(frozen=True, slots=True)
class Task:
    """A question that every system was asked. Only tasks that `decide` weigh in the recommendation."""

    task: str
    metric: str
    title: str
    asks: str
    decides: bool = True


TASKS = (
    Task("vibe_choice", "accuracy", "Piece for a wish", "the look's own piece among pieces of the same slot"),
    Task(
        "vibe_choice_hard",
        "accuracy",
        "Hard piece for a wish",
        "the same among the pieces nearest to the wish",
    ),
    Task(
        "next_piece",
        "accuracy",
        "Next piece",
        "the look's own next piece, given the wish and the pieces before",
    ),
    Task(
        "near_miss", "accuracy", "Near miss", "the right piece, not one that a stylist marked as nearly right"
    ),
    Task("rack", "rack_pieces", "Look from a rack", "the look's own pieces, composed of four per slot"),
    Task(
        "composition",
        "piece_precision",
        "Composed pieces",
        "composed pieces that stand in a look of this wish",
    ),
    Task(
        "composition",
        "look_pairs",
        "Composed pairs",
        "pairs of composed pieces that stand together in a look",
    ),
    Task("fidelity", "top1", "Style fidelity", "outfits whose style the judge names rightly"),
    Task("rack", "rack_most", "Most of a look", "looks from a rack with half of their pieces or more", False),
    Task("rack", "rack_looks", "Whole look", "looks from a rack with all of their pieces", False),
    Task("rack", "reachable", "Rack in reach", "looks that the store's rules would offer whole", False),
    Task("composition", "distinct_items", "Variety", "distinct items among all composed pieces", False),
    Task("composition", "filled", "Filled", "outfits composed of those asked for", False),
    Task(
        "composition",
        "reachable",
        "Within reach",
        "slots whose shortlist has a piece of the wish's looks",
        False,
    ),
    Task(
        "fidelity",
        "judge_top1",
        "The judge itself",
        "authored looks whose style the judge names rightly",
        False,
    ),
    Task("polyvore_fitb", "accuracy", "Public outfits: blank", "the missing piece of a public outfit", False),
    Task("polyvore_auc", "auc", "Public outfits: AUC", "real public outfits above shuffled ones", False),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One task: all that was measured, the tuned system, and the best of the systems that need no tuning."""

    task: Task
    estimates: tuple[Estimate, ...]
    tuned: Estimate | None
    rival: Estimate | None

    @property
    def gain(self) -> float:
        """Tuned minus rival, positive where tuned is better; 0 when one is missing."""
        if self.tuned is None or self.rival is None:
            return 0.0
        return _merit(self.tuned) - _merit(self.rival)

    @property
    def overlap(self) -> bool:
        """Whether the two 95 % intervals share a value."""
        if self.tuned is None or self.rival is None:
            return True
        return self.tuned.low <= self.rival.high and self.rival.low <= self.tuned.high

    @property
    def cases(self) -> int:
        """Cases behind the weaker of the two figures."""
        return min((e.n for e in (self.tuned, self.rival) if e is not None), default=0)

    def of(self, name: str) -> Estimate | None:
        return next((e for e in self.estimates if e.system == name), None)

    def against(self, rivals: Sequence[str]) -> Comparison:
        """The same task with the best of other rivals."""
        return _comparison(self.task, self.estimates, rivals)


@dataclass(frozen=True, slots=True)
class Point:
    """Accuracy after training on `percent` of the looks."""

    percent: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the report is written from."""

    comparisons: tuple[Comparison, ...]
    curve: tuple[Point, ...]
    violations: Estimate | None
    latency: dict[str, dict[str, dict[str, Estimate]]]
    """Task -> metric -> system -> milliseconds of one request. Task `latency@N` asks for N outfits."""
    tokens: dict[str, Estimate]
    """System or layout -> tokens in the prompt."""

    def task(self, task: str, metric: str) -> Comparison | None:
        return next((c for c in self.comparisons if (c.task.task, c.task.metric) == (task, metric)), None)

    @property
    def deciding(self) -> list[Comparison]:
        return [c for c in self.comparisons if c.task.decides]

    def milliseconds(self, metric: str, names: Sequence[str]) -> Estimate | None:
        """The latency of a usual request, by the first system that has one."""
        return first(self.latency.get("latency", {}).get(metric, {}), names)


def first(by_system: dict[str, Estimate], names: Sequence[str]) -> Estimate | None:
    """The estimate of the first of the systems that was measured."""
    return next((by_system[name] for name in names if name in by_system), None)


def gather(evaluation: Evaluation) -> Facts:
    """The facts of an evaluation. Figures that are not finite count as not measured."""
    usable = [e for e in evaluation.estimates if all(map(math.isfinite, (e.value, e.low, e.high)))]
    violations = [e for e in usable if (e.task, e.metric) == ("composition", "violations")]
    latency: dict[str, dict[str, dict[str, Estimate]]] = {}
    for e in usable:
        if _LATENCY.fullmatch(e.task):
            latency.setdefault(e.task, {}).setdefault(e.metric, {}).setdefault(e.system, e)
    tokens = {e.system: e for e in reversed(usable) if (e.task, e.metric) == ("prompt", "tokens")}
    return Facts(
        comparisons=tuple(_comparisons(usable)),
        curve=_curve(usable),
        violations=next((e for name in TUNED for e in violations if e.system == name), None),
        latency=latency,
        tokens=tokens,
    )


def _comparisons(estimates: list[Estimate]) -> list[Comparison]:
    """The known tasks in their order, measured or not, if they decide; then what else was measured."""
    others = dict.fromkeys((e.task, e.metric) for e in estimates if _is_task(e))
    known = {(t.task, t.metric) for t in TASKS}
    tasks = [t for t in TASKS if t.decides or (t.task, t.metric) in others]
    tasks += [_other(*name) for name in others if name not in known]
    return [
        _comparison(t, [e for e in estimates if (e.task, e.metric) == (t.task, t.metric)], UNTUNED)
        for t in tasks
    ]


def _is_task(estimate: Estimate) -> bool:
    """Whether it scores answers, and is not told elsewhere in the report."""
    elsewhere = _LATENCY.fullmatch(estimate.task) or _CURVE.fullmatch(estimate.task)
    return not elsewhere and estimate.task != "prompt" and estimate.metric != "violations"


def _other(task: str, metric: str) -> Task:
    """A task that the report knows nothing of, or one that compares layouts of the prompt."""
    kind, _, name = task.partition("@")
    if kind == "layout":
        title = next((t.title for t in TASKS if (t.task, t.metric) == (name, metric)), wording.clean(name))
        return Task(
            task, metric, f"Layout: {title}", "shortlist in the prompt (listed) or not (scored)", False
        )
    return Task(task, metric, wording.clean(f"{task}: {metric}"), "as the evaluation defines it", False)


def _comparison(task: Task, estimates: Sequence[Estimate], rivals: Sequence[str]) -> Comparison:
    by_system = {e.system: e for e in reversed(estimates)}
    candidates = [by_system[name] for name in rivals if name in by_system]
    rival = max(candidates, key=_merit, default=None)
    order: dict[str, int] = {name: n for n, name in enumerate(SYSTEMS)}
    rows = sorted(by_system.values(), key=lambda e: (order.get(e.system, len(order)), e.system))
    return Comparison(task, tuple(rows), first(by_system, TUNED), rival)


def _merit(estimate: Estimate) -> float:
    return estimate.value if estimate.higher_is_better else -estimate.value


def _curve(estimates: list[Estimate]) -> tuple[Point, ...]:
    """The learning curve of the tuned system; of the model alone when only that was drawn."""
    for name in TUNED:
        found = {
            int(match[1]): e
            for e in reversed(estimates)
            if e.system == name and (match := _CURVE.fullmatch(e.task)) and int(match[1]) <= 100
        }
        if found:
            return tuple(Point(percent, found[percent]) for percent in sorted(found))
    return ()
