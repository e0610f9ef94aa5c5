"""One style, ready to compose with. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from service.composition.weights import Weights
from service.lm.prompt import Layout
from service.lm.scorer import Scorer
from service.schemas.outfits import StyleRef

BASE_LAYOUT: Layout = "scored"


@dataclass(frozen=True, slots=True)
class Style:
    """One version of a style, ready to compose with. Its weights stay loaded for as long as something holds it."""

    ref: StyleRef
    description: str
    layout: Layout
    scorer: Scorer
    weights: Weights
