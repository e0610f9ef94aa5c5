"""`weights.toml`: what everything counts. Plain numbers: knows neither pieces nor wishes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from service.policy.conditions import Pieces, Whens
from service.policy.files import Strict

Share = Annotated[float, Field(ge=0, le=1)]
AtLeast0 = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class ScoreWeights(Strict):
    text: float
    most_text: AtLeast0
    vibe: float
    rest: float
    tuned_rest: float
    harmony: float
    repeat: float
    repeat_colour: Share
    noise: AtLeast0
    skip: float
    spread: Positive


class FitWeights(Strict):
    formality: float
    formality_free: AtLeast0
    formality_power: Positive
    finishing: float
    wool: float
    wool_from: Annotated[int, Field(ge=0, le=4)]
    warmth: float
    warmth_layered: float
    warmth_free: AtLeast0
    season: float
    named: float
    named_most: Count
    traditional: float
    traditional_unasked: float
    see_through: float


class LeanRow(Strict):
    """What is added to the fit of some pieces for some wishes."""

    when: Whens
    pieces: Pieces
    adds: float


class ShortlistWeights(Strict):
    pool: Count
    short_pool: Count
    twins: float
    same_product: float
    same_colours: float
    margin: AtLeast0
    finishing_share: Share
    fewest: Count
    pin_fit: float
    close_templates: AtLeast0


class CriticWeights(Strict):
    shortlist: AtLeast0
    chosen: AtLeast0
    most: AtLeast0
    drafts: Count
    drafts_read: Count
    composed: AtLeast0
    composed_usual: float
    drop: AtLeast0
    lead: AtLeast0
    lead_hero: AtLeast0
    spare: float
    familiar: Share


class RuleWeights(Strict):
    full: AtLeast0


class TasteWeights(Strict):
    bound: AtLeast0
    disliked: float
    newest: Count
    half_life_days: Positive
    chosen_instead: float
    saturation: Positive


class TasteShares(Strict):
    group: float
    brand: float
    color: float
    kind: float


class TasteEvents(Strict):
    like: float
    add_to_basket: float
    purchase: float
    swap: float
    dislike: float


class ReadingWeights(Strict):
    neighbours: Count
    sharpness: Positive
    trusted: Share
    sure: Share
    doubt: Positive
    milder: Share
    formality: Annotated[float, Field(ge=1, le=5)]
    weather_share: Share
    activity_share: Share
    wear: AtLeast0
    sure_look: Share
    own_words: Share
    least_share: Share
    join_share: Share
    learned_level: Share
    heat_known: Share
    activity_known: Share

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.trusted >= self.sure:
            raise ValueError("trusted is not below sure")
        return self


class WeightTable(Strict):
    """All of the table."""

    score: ScoreWeights
    fit: FitWeights
    lean: dict[str, LeanRow]
    shortlist: ShortlistWeights
    rules: RuleWeights
    taste: TasteWeights
    taste_share: TasteShares
    taste_event: TasteEvents
    reading: ReadingWeights
    critic: CriticWeights
