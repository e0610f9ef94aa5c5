"""An evaluation as Markdown tables: systems as rows, tasks as columns, every figure with its interval. Pure text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.registry.evaluation import SYSTEMS, Confusion, Estimate, Evaluation

Column = tuple[str, str]
"""Task and metric."""

SHARES = frozenset(
    {
        *("accuracy", "auc", "top1", "piece_precision", "look_pairs", "distinct_items"),
        *("rack_pieces", "rack_looks", "rack_most"),
        *("recall@8", "recall@20"),
    }
)
"""Metrics from 0 to 1, shown in per cent."""
_DECISIONS = frozenset({"accuracy", "auc", "recall@8", "recall@20"})
_NOTHING = "–"


def markdown(evaluation: Evaluation) -> str:
    """All tables of an evaluation, each under a heading, then the confusion matrix and the notes."""
    subject = evaluation.subject
    parts = [
        f"{_plain(subject.name)} {_plain(subject.version)} on {_plain(subject.base_model)}, cases "
        f"`{_plain(subject.cases_digest)}`, seed {evaluation.seed}. In brackets: 95 % intervals, by bootstrap."
    ]
    columns = list(dict.fromkeys((e.task, e.metric) for e in evaluation.estimates))
    decisions = [c for c in columns if c[1] in _DECISIONS]
    for heading, chosen in (
        ("Decisions", decisions),
        ("Outfits, speed and prompts", [c for c in columns if c not in decisions]),
    ):
        if chosen:
            parts += [f"### {heading}", table(evaluation.estimates, chosen)]
    if evaluation.confusion is not None:
        parts += ["### Which adapter composed it", confusion_table(evaluation.confusion)]
    if evaluation.notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in evaluation.notes))
    return "\n\n".join(parts) + "\n"


def table(estimates: Sequence[Estimate], columns: Sequence[Column] | None = None) -> str:
    """One table. Without `columns` it has every task and metric there is; a row of chance comes first where chance is
    known. What was not measured is a dash.
    """
    columns = list(dict.fromkeys((e.task, e.metric) for e in estimates)) if columns is None else columns
    found = {(e.task, e.metric, e.system): e for e in estimates if (e.task, e.metric) in columns}
    sizes = [max((e.n for k, e in found.items() if k[:2] == column), default=0) for column in columns]
    rows = [
        ["system", *(f"{task}, {metric} (n = {n})" for (task, metric), n in zip(columns, sizes, strict=True))]
    ]
    chances = [next((e.chance for k, e in found.items() if k[:2] == column), None) for column in columns]
    if any(chance is not None for chance in chances):
        pairs = zip(columns, chances, strict=True)
        rows.append(["chance", *(_NOTHING if c is None else number(c, metric) for (_, metric), c in pairs)])
    for system in _systems(found.values()):
        cells = [found.get((*column, system)) for column in columns]
        rows.append([system, *(_NOTHING if e is None else cell(e) for e in cells)])
    return _pipes(rows)


def cell(estimate: Estimate) -> str:
    """`41.3 % [38.0, 44.1]`."""
    low, high = (number(v, estimate.metric).removesuffix(" %") for v in (estimate.low, estimate.high))
    return f"{number(estimate.value, estimate.metric)} [{low}, {high}]"


def number(value: float, metric: str) -> str:
    """Shares in per cent with one decimal, anything else with about four digits."""
    if metric in SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def confusion_table(confusion: Confusion) -> str:
    """Rows: which adapter composed; columns: which one the judge named."""
    rows = [["composed by \\ judged as", *confusion.labels]]
    rows += [
        [label, *map(str, counts)] for label, counts in zip(confusion.labels, confusion.counts, strict=True)
    ]
    return _pipes(rows)


def _systems(estimates: Iterable[Estimate]) -> list[str]:
    """In the order of `SYSTEMS`, others after them."""
    order: list[str] = list(SYSTEMS)
    there = list(dict.fromkeys(e.system for e in estimates))
    return sorted(there, key=lambda s: order.index(s) if s in order else len(order))


def _pipes(rows: Sequence[Sequence[str]]) -> str:
    head, *body = [[_plain(text) for text in row] for row in rows]
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))


def _plain(text: str) -> str:
    """On one line, and no character that would end a cell."""
    return " ".join(text.split()).replace("|", "\\|")
