"""Cases as a table of numbers: a row per option, a column per feature. Knows no weights and counts no hits.

A feature that does not exist for a case (likeness to what is worn where nothing is worn) is 0 for all its options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Embedder, Vectors
from service.lm.prompt import Context
from service.lm.scorer import Scores
from training.evaluation.cases.choice import ChoiceCase, has_wish
from training.evaluation.systems.scorers import Kinds

Feature = Literal[
    "pmi_base",
    "pmi_tuned",
    "odds_tuned",
    "cos_vibe",
    "cos_rest",
    "tuned_vibe",
    "tuned_rest",
    "popularity",
    "category",
]
"""`pmi_*`: log-likelihood in the prompt less that in the neutral one, in nats per token, of the base model and with
the adapter; `odds_tuned`: log-odds of the choice, from an adapter with a score head. `cos_*`: cosine to the wish, and
to the mean of what is worn, as the composer takes it; `tuned_*`: the same with a query encoder. `popularity`,
`category`: of the piece's kind in the training looks (see `Kinds`).
"""


class QueryEncoder(Protocol):
    """A tuned query side: vectors in the space of the base embedder's item vectors."""

    def encode_wish(self, text: str) -> Vectors:
        """Shape (dim,)."""
        ...

    def encode_worn(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dim); each row depends on its own text alone."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """Features of cases. The rows of case i are `bounds[i]` to `bounds[i + 1]`, in the order of its options."""

    cases: tuple[ChoiceCase, ...]
    bounds: NDArray[np.int64]
    columns: Mapping[Feature, Scores]

    def per_case(self, rows: Scores) -> list[Scores]:
        """One array of shape (options,) per case, from one of shape (rows,)."""
        return [rows[begin:end] for begin, end in pairwise(self.bounds.tolist())]

    def with_column(self, name: Feature, per_case: Sequence[Scores]) -> Table:
        """The table with one column more, given as one array per case."""
        rows = np.concatenate([np.zeros(0), *per_case])
        return Table(self.cases, self.bounds, {**self.columns, name: rows})

    def of_tasks(self, tasks: Iterable[str]) -> Table:
        """The cases of these tasks alone."""
        wanted = set(tasks)
        return self.where(lambda case: case.task in wanted)

    def where(self, keep: Callable[[ChoiceCase], bool]) -> Table:
        """The cases for which `keep` says so."""
        chosen = [keep(case) for case in self.cases]
        cases = tuple(case for case, yes in zip(self.cases, chosen, strict=True) if yes)
        rows = np.repeat(np.array(chosen, dtype=bool), np.diff(self.bounds))
        return Table(cases, _bounds(cases), {name: column[rows] for name, column in self.columns.items()})


def build_table(
    cases: Sequence[ChoiceCase], embedder: Embedder, kinds: Kinds, encoder: QueryEncoder | None = None
) -> Table:
    """Every feature but the language model's, which `Table.with_column` adds."""
    texts = {text for case in cases for text in (*case.options, *(label for _, label in case.worn))}
    vectors = _by_text(sorted(texts), embedder.encode)
    wishes = sorted({query_text(case.context) for case in cases if has_wish(case.context)})
    worn = sorted({label for case in cases for _, label in case.worn})
    columns: dict[Feature, Scores] = {
        "cos_vibe": _to_wish(cases, vectors, _by_text(wishes, embedder.encode)),
        "cos_rest": _to_worn(cases, vectors, vectors),
        "popularity": _rates(cases, kinds.popularity),
        "category": _rates(cases, kinds.category),
    }
    if encoder is not None:
        tuned = {wish: encoder.encode_wish(wish) for wish in wishes}
        columns["tuned_vibe"] = _to_wish(cases, vectors, tuned)
        columns["tuned_rest"] = _to_worn(cases, vectors, _by_text(worn, encoder.encode_worn))
    return Table(tuple(cases), _bounds(cases), columns)


def query_text(context: Context) -> str:
    """The wish in words, as `service.query.parser.query_text` puts that of a request."""
    return ", ".join(p for p in (context.vibe, context.occasion, context.season, context.weather) if p)


def _bounds(cases: Sequence[ChoiceCase]) -> NDArray[np.int64]:
    return np.cumsum([0, *(len(case.options) for case in cases)], dtype=np.int64)


def _by_text(texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> dict[str, Vectors]:
    return dict(zip(texts, encode(texts), strict=True)) if texts else {}


def _to_wish(
    cases: Sequence[ChoiceCase], options: Mapping[str, Vectors], wishes: Mapping[str, Vectors]
) -> Scores:
    return _rows(
        [float(options[o] @ wishes[query_text(case.context)]) for o in case.options]
        if has_wish(case.context)
        else [0.0] * len(case.options)
        for case in cases
    )


def _to_worn(
    cases: Sequence[ChoiceCase], options: Mapping[str, Vectors], worn: Mapping[str, Vectors]
) -> Scores:
    means = [
        np.mean([worn[label] for _, label in case.worn], axis=0) if case.worn else None for case in cases
    ]
    return _rows(
        [0.0 if mean is None else float(options[o] @ mean) for o in case.options]
        for case, mean in zip(cases, means, strict=True)
    )


def _rates(cases: Sequence[ChoiceCase], rate: Callable[..., float]) -> Scores:
    return _rows([rate(case.slot, option, case.context) for option in case.options] for case in cases)


def _rows(per_case: Iterable[Sequence[float]]) -> Scores:
    return np.array([value for values in per_case for value in values], dtype=np.float64)
