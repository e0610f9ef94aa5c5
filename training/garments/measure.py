"""What the classifier of kinds is worth: slot and kind right, and how far its confidence can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from indexer.item import SLOTS, Slot
from indexer.taxonomy.classify import ProductText, classify
from indexer.taxonomy.kinds import KINDS

HELD_OUT = "held_out.tsv"
_BINS = 15


@dataclass(frozen=True, slots=True)
class Case:
    """A product and what is right of it: its slot, and one of `kinds`."""

    text: ProductText
    slot: Slot | None
    kinds: frozenset[str]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of cases. A product that is not known at all has neither slot nor kind right; `ece` is the expected
    calibration error of the slot's confidence."""

    cases: int
    slot: float
    kind: float
    ece: float
    doubtful: float


def held_out() -> list[Case]:
    """The titles that the net was not trained on. Raises ValueError naming the line of one that is wrong."""
    found = []
    text = files(__package__).joinpath(HELD_OUT).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        language, title, shop_type, slot, kinds = line.split("\t")
        if unknown := set(kinds.split()) - KINDS.keys():
            raise ValueError(f"{HELD_OUT}, line {number}: {sorted(unknown)[0]!r} is no kind")
        worn = next((s for s in SLOTS if s == slot), None)
        found.append(Case(ProductText(title, shop_type), worn, frozenset(kinds.split()), language))
    return found


def measure(cases: Sequence[Case], *, typed: bool) -> Score:
    """The score on these cases, with the shop's type or by the title alone."""
    texts = [c.text if typed else ProductText(c.text.title) for c in cases]
    guesses = classify(texts)
    known = np.array([g.kind != "unknown" for g in guesses])
    slots = np.array([g.slot == c.slot for g, c in zip(guesses, cases, strict=True)]) & known
    kinds = np.array([g.kind in c.kinds for g, c in zip(guesses, cases, strict=True)])
    sure = np.array([g.confidence for g in guesses])
    return Score(
        cases=len(cases),
        slot=float(slots.mean()),
        kind=float(kinds.mean()),
        ece=expected_calibration_error(sure, slots),
        doubtful=float(np.mean([g.doubtful for g in guesses])),
    )


def expected_calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Mean distance of confidence and share of right answers, over bins of equal width."""
    at = np.clip((sure * _BINS).astype(int), 0, _BINS - 1)
    gaps = [
        (at == b).mean() * abs(sure[at == b].mean() - right[at == b].mean())
        for b in range(_BINS)
        if (at == b).any()
    ]
    return float(sum(gaps))
