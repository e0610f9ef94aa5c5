"""An evaluation as a document of tables: systems as rows, tasks as columns, every figure with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.registry.evaluation import SYSTEMS, Confusion, Estimate, Evaluation
from training.report import wording
from training.report.document import Block, Bullets, Document, Heading, Table

Column = tuple[str, str]
"""Task and metric."""

_DECISIONS = frozenset({"accuracy", "auc", "recall@8", "recall@20"})
_NOTHING = "–"


def document(evaluation: Evaluation) -> Document:
    """All tables of an evaluation, each under a heading, then the confusion matrix and the notes."""
    subject = evaluation.subject
    return Document(
        title=f"{subject.name} {subject.version}",
        subtitle=(
            f"Evaluated on {subject.base_model}, cases {subject.cases_digest}, seed {evaluation.seed}. "
            "In brackets: 95 % intervals, by bootstrap."
        ),
        blocks=list(_blocks(evaluation)),
    )


def _blocks(evaluation: Evaluation) -> Iterator[Block]:
    columns = list(dict.fromkeys((e.task, e.metric) for e in evaluation.estimates))
    decisions = [c for c in columns if c[1] in _DECISIONS]
    for heading, chosen in (
        ("Decisions", decisions),
        ("Outfits, speed and prompts", [c for c in columns if c not in decisions]),
    ):
        if chosen:
            yield Heading(heading)
            yield table(evaluation.estimates, chosen)
    if evaluation.confusion is not None:
        yield Heading("Which adapter composed it")
        yield confusion_table(evaluation.confusion)
    if evaluation.notes:
        yield Heading("Notes")
        yield Bullets(evaluation.notes)


def table(estimates: Sequence[Estimate], columns: Sequence[Column]) -> Table:
    """A row per system, after one of chance where chance is known. What was not measured is a dash."""
    found = {(e.task, e.metric, e.system): e for e in estimates if (e.task, e.metric) in columns}
    by_column = [[e for e in found.values() if (e.task, e.metric) == column] for column in columns]
    header = [
        f"{task}, {metric} (n = {max((e.n for e in there), default=0)})"
        for (task, metric), there in zip(columns, by_column, strict=True)
    ]
    rows = []
    chances = [next((e for e in there if e.chance is not None), None) for there in by_column]
    if any(chances):
        said = [_NOTHING if e is None else wording.number(e.chance or 0.0, e.metric) for e in chances]
        rows.append(["chance", *said])
    names: list[str] = [*SYSTEMS, *(e.system for e in found.values())]
    for system in dict.fromkeys(name for name in names if any(key[2] == name for key in found)):
        cells = [found.get((*column, system)) for column in columns]
        rows.append([system, *(_NOTHING if e is None else wording.figure(e) for e in cells)])
    return Table("", ["system", *header], rows, frozenset(range(1, len(header) + 1)))


def confusion_table(confusion: Confusion) -> Table:
    """Rows: which adapter composed; columns: which one the judge named."""
    rows = [
        [label, *map(str, counts)] for label, counts in zip(confusion.labels, confusion.counts, strict=True)
    ]
    header = ["composed by, judged as", *confusion.labels]
    return Table("", header, rows, frozenset(range(1, len(header))))
