"""The public request and response bodies. Pure data: what each field may hold, nothing of how it is used."""

from __future__ import annotations

import unicodedata
from math import floor
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from indexer.item import Department, Season, Slot
from service.schemas.fields import Pseudonym
from service.schemas.trace import Trace

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
NamedStyle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=129)]
"""`name`, `name@candidate` or `name@version`, each part of at most 64 characters."""
Names = Annotated[list[Name], Field(max_length=100)]
MAX_OUTFITS = 10


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Weather(_Body):
    temperature_c: Annotated[float, Field(ge=-60, le=60)] | None = None
    rain: bool = False
    snow: bool = False


class Budget(_Body):
    max: Annotated[float, Field(gt=0, le=10_000_000)]
    """The most that one whole outfit may cost."""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    """The store's currency when absent."""

    @property
    def cents(self) -> int:
        """In hundredths, rounded down: a cent too much is too much."""
        return floor(self.max * 100 + 1e-6)


class Exclude(_Body):
    skus: Names = []
    brands: Names = []
    colors: Names = []
    materials: Names = []


def _autumn(value: object) -> object:
    return "autumn" if value == "fall" else value


def _null_is_empty(value: object) -> object:
    return {} if value is None else value


Count = Annotated[int, Field(ge=1, le=MAX_OUTFITS, strict=True)]
Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
Occasion = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
AskedSeason = Annotated[Season, BeforeValidator(_autumn)]
AskedSizes = Annotated[dict[Slot, Names], BeforeValidator(_null_is_empty)]
AskedExclude = Annotated[Exclude, BeforeValidator(_null_is_empty)]


class OutfitRequest(_Body):
    """Body of `POST /v1/outfits`. Only `vibe` is required."""

    vibe: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    count: Count = 3
    style: NamedStyle | None = None
    department: Department | None = None
    occasion: Occasion | None = None
    season: AskedSeason | None = None
    weather: Weather | None = None
    budget: Budget | None = None
    sizes: AskedSizes = {}
    anchors: Annotated[list[Name], Field(max_length=8)] = []
    slots: Annotated[list[Slot], Field(min_length=1, max_length=8)] | None = None
    exclude: AskedExclude = Exclude()
    seed: Seed | None = None
    explain: bool = False
    trace: bool = False
    experiment: Name | None = None
    """A label that the answer is counted under, such as an arm of a test. Changes nothing of the answer."""
    shopper: Pseudonym | None = None
    """Who asks, by a pseudonym: what they liked before then counts a little, unless `personalise` is false."""
    personalise: bool = True

    @field_validator("vibe")
    @classmethod
    def _has_letters(cls, value: str) -> str:
        if not any(unicodedata.category(c)[0] in "LNS" for c in value):
            raise ValueError("says nothing: give a few words, such as 'rooftop jazz night'")
        return value

    @field_validator("anchors", mode="before")
    @classmethod
    def _null_is_none(cls, value: object) -> object:
        return [] if value is None else value

    @model_validator(mode="after")
    def _slots_once(self) -> OutfitRequest:
        if self.slots is not None and len(set(self.slots)) != len(self.slots):
            raise ValueError("slots: each slot at most once")
        if len(set(self.anchors)) != len(self.anchors):
            raise ValueError("anchors: each SKU at most once")
        return self


class SwapRequest(_Body):
    """Body of `POST /v1/outfits/{id}/swap`: the slot, and what to ask for beside what the outfit was asked for.

    `seed` and `explain` are the outfit's own when null.
    """

    slot: Slot
    count: Count = 3
    department: Department | None = None
    occasion: Occasion | None = None
    season: AskedSeason | None = None
    weather: Weather | None = None
    budget: Budget | None = None
    sizes: AskedSizes = {}
    exclude: AskedExclude = Exclude()
    seed: Seed | None = None
    explain: bool | None = None


class OutfitItem(BaseModel):
    slot: Slot
    sku: str
    title: str
    brand: str
    price: float | None
    price_text: str | None = None
    """The price as one reads it in the caller's language; null in what is stored."""
    currency: str
    size: str | None
    image_url: str
    url: str
    score: float


class Outfit(BaseModel):
    id: str
    title: str
    items: list[OutfitItem]
    total_price: float | None
    total_price_text: str | None = None
    currency: str
    score: float
    explanation: str | None = None


class Unmet(BaseModel):
    constraint: str
    reason: str
    hint: str


class StyleRef(BaseModel):
    name: str
    version: str
    digest: str


class IndexRef(BaseModel):
    version: str


class OutfitResponse(BaseModel):
    """Answer of `POST /v1/outfits`. `timings_ms` are wall-clock milliseconds per stage."""

    request_id: str
    outfits: list[Outfit]
    unmet: list[Unmet] = []
    composer: Literal["lora", "base", "retrieval"]
    style: StyleRef
    index: IndexRef
    seed: int
    timings_ms: dict[str, float] = {}
    trace: Annotated[Trace | None, Field(exclude_if=lambda value: value is None)] = None
    """Only in answers to requests that ask for it."""


class StyleView(StyleRef):
    description: str
    layout: Literal["scored", "listed"]
    default: bool
