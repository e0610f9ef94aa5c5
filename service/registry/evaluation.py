"""What an evaluation says, as it is stored and read by the gate, the cards and the report. Knows no model.

Of a style it tells what was composed with it, of the query encoder what was found with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexer.errors import StylistError
from service.artifacts import read_file

EVALUATION = "evaluation.json"
"""Beside the weights of a version that was measured."""

System = Literal[
    "random",
    "popularity",
    "category-only",
    "retrieval-only",
    "tuned-retrieval",
    "prompt-only",
    "prompt+retrieval",
    "tuned-only",
    "tuned",
]
"""`tuned-retrieval` is retrieval alone with the tuned query encoder: of that, it is what is served. `prompt-only` is
the untuned model's own score, `prompt+retrieval` that score in one sum with the retriever's similarities; `tuned-only`
and `tuned` are the same two with the adapter, and `tuned` has the tuned query encoder where there is one: of a style,
it is what is served.
"""
SYSTEMS: tuple[System, ...] = System.__args__  # type: ignore[attr-defined]


class EvaluationError(StylistError):
    """An evaluation that cannot be read or compared; names the file and what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Estimate(_Strict):
    """One figure: `metric` of `system` on `task`, with its 95 % interval over `n` cases.

    Tasks and metrics in use: `vibe_choice`, `vibe_choice_hard`, `next_piece`, `next_piece_hard`, `near_miss`,
    `polyvore_fitb` (accuracy); `retrieval` (recall@8, recall@20); `polyvore_auc` (auc); `composition`
    (piece_precision, look_pairs, distinct_items, violations; filled; reachable, of system `shortlist`), `rack`
    (rack_pieces, rack_looks, rack_most; reachable, of system `rules`), `fidelity` (top1; judge_top1, of system
    `judge`), `latency` and `latency@1` (p50_ms, p95_ms), `prompt` (tokens, the layout as system), `layout@<task>`
    (accuracy), `learning_curve@10`, `@30`, `@100` (accuracy).
    """

    task: str
    metric: str
    system: str
    value: float
    low: float
    high: float
    n: Annotated[int, Field(ge=0)]
    higher_is_better: bool = True
    chance: float | None = None
    groups: Annotated[
        dict[str, tuple[float, Annotated[int, Field(gt=0)]]] | None,
        Field(exclude_if=lambda value: value is None),
    ] = None
    """Sum and number of the cases of each group (a wish, an outfit), where they are kept: by them, two evaluations of
    the same cases are compared in pairs.
    """


class Confusion(_Strict):
    """Rows: which adapter composed; columns: which one the judge named. Counts of outfits."""

    labels: list[str]
    counts: list[list[int]]


class Subject(_Strict):
    """What was evaluated; enough to tell whether two evaluations are comparable."""

    kind: Literal["style", "retriever"] = "style"
    name: str
    version: str
    digest: str
    base_model: str
    base_digest: str
    layout: str
    """Of a style's prompt; empty for the query encoder, which has none."""
    cases_digest: str
    """Identity of the cases: estimates of different cases are never compared."""


class Evaluation(_Strict):
    """The result of one run of `stylist evaluate`."""

    schema_version: Literal["1"] = "1"
    subject: Subject
    created: str
    """ISO 8601, UTC."""
    seed: int
    estimates: list[Estimate]
    confusion: Confusion | None = None
    notes: list[str] = []

    def find(self, task: str, metric: str, system: str) -> Estimate | None:
        """The estimate, or None when that was not measured."""
        return next(
            (e for e in self.estimates if (e.task, e.metric, e.system) == (task, metric, system)), None
        )


def save_evaluation(evaluation: Evaluation, folder: Path) -> Path:
    """Write `evaluation.json` into the folder, aside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{EVALUATION}.new"
    aside.write_text(evaluation.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return aside.replace(folder / EVALUATION)


def read_evaluation(folder: Path) -> Evaluation:
    """The evaluation in the folder. Raises EvaluationError naming file and field."""
    return read_file(folder / EVALUATION, Evaluation, EvaluationError)
