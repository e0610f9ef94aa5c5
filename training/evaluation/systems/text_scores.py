"""What a stylist says of every option of every case, read through the very sessions that serve. Knows no retrieval.

Cases are laid along outfits: what is worn in one case is what was chosen in the case before, so that a prompt and the
pieces after it are read once, and all options that are asked about at one point are scored side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from indexer.item import Slot
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import PROMPT_VERSION, Context, Layout, Piece, Prompt, render
from service.lm.scorer import Question, Scorer, Scores, Session
from service.registry.evaluation import EvaluationError
from training.evaluation.cases.choice import ChoiceCase, cases_digest
from training.trainers.neutral_cache import read_neutral

_OUTFITS = 8  # read at a time

_Worn = tuple[Piece, ...]
_Spot = tuple[Prompt, _Worn]


@dataclass(slots=True)
class _Outfit:
    """One line of pieces after a prompt, and the labels asked about per number of pieces before and slot."""

    prompt: Prompt
    context: Context
    worn: _Worn
    asks: list[dict[Slot, set[str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.asks = [{} for _ in range(len(self.worn) + 1)]
        for n, (slot, label) in enumerate(self.worn):
            self.asks[n][slot] = {
                label
            }  # a piece goes on as the choice among the labels that were asked about


def text_scores(
    scorer: Scorer, cases: Sequence[ChoiceCase], layout: Layout = "scored", progress: str = "cases"
) -> list[Scores]:
    """One array of shape (options,) per case, in the order of its options, as a composer would be given it.

    Labels are asked about in sorted order, whatever their place in the case. `progress` names the progress bar.
    """
    spots: list[_Spot] = [(render(case.context, layout), case.worn) for case in cases]
    outfits, owners = _outfits(cases, spots)
    for case, spot in zip(cases, spots, strict=True):
        owners[spot].asks[len(case.worn)].setdefault(case.slot, set()).update(case.options)
    found: dict[tuple[_Spot, Slot, str], float] = {}
    with tqdm(total=len(outfits), desc=progress, unit="outfit", disable=not outfits) as bar:
        for first in range(0, len(outfits), _OUTFITS):
            chunk = outfits[first : first + _OUTFITS]
            _read(scorer.open([o.context for o in chunk]), chunk, found)
            bar.update(len(chunk))
    return [
        np.array([found[spot, case.slot, option] for option in case.options])
        for case, spot in zip(cases, spots, strict=True)
    ]


def lm_scores(
    model: ScoringEngine,
    adapter: str | None,
    neutral: PmiBaseline,
    cases: Sequence[ChoiceCase],
    folder: Path | None = None,
) -> list[Scores]:
    """`text_scores` of the model, bare or with the adapter: nats per token, or the score head's log-odds.

    With a `folder` they are kept there and read again for the same cases, model and adapter; `adapter` must then
    be a digest, as `Styles` names adapters. Raises EvaluationError naming a file that cannot be read.
    """
    if not cases:
        return []
    name = f"text-{cases_digest(cases)}-{model.digest}-{adapter or 'base'}-v{PROMPT_VERSION}.npz"
    sizes = [len(case.options) for case in cases]
    if folder is not None and (folder / name).is_file():
        return _split(_load(folder / name, cases), sizes)
    scorer = LmScorer(model, adapter, "scored", neutral)
    if scorer.head is None:  # a score head is compared with nothing
        entries = ((case.slot, option) for case in cases for option in case.options)
        read_neutral(neutral, model.digest, entries, folder)
    found = text_scores(scorer, cases, progress=f"cases, {scorer.composer}")
    if folder is not None:
        _save(folder / name, cases, found)
    return found


def _outfits(
    cases: Sequence[ChoiceCase], spots: Sequence[_Spot]
) -> tuple[list[_Outfit], dict[_Spot, _Outfit]]:
    """The fewest outfits that pass all spots, and which of them answers for each spot."""
    contexts = {spot: case.context for spot, case in zip(spots, cases, strict=True)}
    outfits: list[_Outfit] = []
    owners: dict[_Spot, _Outfit] = {}
    for prompt, worn in sorted(contexts, key=lambda spot: -len(spot[1])):
        if (prompt, worn) not in owners:
            outfits.append(_Outfit(prompt, contexts[prompt, worn], worn))
            for n in range(len(worn) + 1):
                owners.setdefault((prompt, worn[:n]), outfits[-1])
    return sorted(outfits, key=lambda o: (o.prompt.user, o.worn)), owners


def _read(session: Session, outfits: Sequence[_Outfit], found: dict[tuple[_Spot, Slot, str], float]) -> None:
    for n in range(max(len(o.asks) for o in outfits)):
        questions = [
            Question(i, slot, tuple(sorted(labels)))
            for i, outfit in enumerate(outfits)
            if n < len(outfit.asks)
            for slot, labels in outfit.asks[n].items()
        ]
        for question, scores in zip(questions, session.score(questions), strict=True):
            outfit = outfits[question.outfit]
            spot = (outfit.prompt, outfit.worn[:n])
            found |= {
                (spot, question.slot, label): float(score)
                for label, score in zip(question.labels, scores, strict=True)
            }
        for question in questions:
            worn = outfits[question.outfit].worn
            if n < len(worn) and worn[n][0] == question.slot:
                session.choose(question, question.labels.index(worn[n][1]))


def _split(flat: Scores, sizes: Sequence[int]) -> list[Scores]:
    return [np.asarray(part) for part in np.split(flat, np.cumsum(sizes)[:-1])]


def _load(path: Path, cases: Sequence[ChoiceCase]) -> Scores:
    """The file holds the cases in the order of their ids, since their digest does not depend on their order."""
    order = sorted(range(len(cases)), key=lambda i: cases[i].id)
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = _split(
                np.asarray(file["scores"], dtype=np.float64), [len(cases[i].options) for i in order]
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise EvaluationError(f"{path}: not a file of scores; remove it: {error}") from error
    by_case = dict(zip(order, parts, strict=True))
    return np.concatenate([by_case[i] for i in range(len(cases))])


def _save(path: Path, cases: Sequence[ChoiceCase], found: Sequence[Scores]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    order = sorted(range(len(cases)), key=lambda i: cases[i].id)
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        np.savez(file, scores=np.concatenate([found[i] for i in order]))
    aside.replace(path)
