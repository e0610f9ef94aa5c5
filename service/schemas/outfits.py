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
from service.localization.text import Said, glued, phrase
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
    """What no piece may be, be of, or have."""

    skus: Names = []
    brands: Names = []
    colors: Names = []
    materials: Names = []
    kinds: Names = []
    patterns: Names = []
    attributes: Names = []


class Include(_Body):
    """What the outfit must have. A kind is a piece of it; a colour, material, pattern or brand is of some piece."""

    kinds: Names = []
    colors: Names = []
    materials: Names = []
    brands: Names = []
    patterns: Names = []


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
AskedInclude = Annotated[Include, BeforeValidator(_null_is_empty)]
OwnPieces = Annotated[list[Name], Field(max_length=4)]


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
    own: OwnPieces = []
    """Pieces that the shopper has and wears with it, in words. They are dressed around, and never sold."""
    slots: Annotated[list[Slot], Field(min_length=1, max_length=8)] | None = None
    include: AskedInclude = Include()
    exclude: AskedExclude = Exclude()
    attributes: Names = []
    """What every piece that it applies to must be: "flat", "modest", "vegan", "maternity" and the like."""
    seed: Seed | None = None
    explain: bool = False
    trace: bool = False
    experiment: Name | None = None
    """A label that the answer is counted under, such as an arm of a test. Of the outfits it changes the ids alone."""
    shopper: Pseudonym | None = None
    """Who asks, by a pseudonym: what they liked before then counts a little, unless `personalise` is false."""
    personalise: bool = True

    @field_validator("vibe")
    @classmethod
    def _has_letters(cls, value: str) -> str:
        if not any(unicodedata.category(c)[0] in "LNS" for c in value):
            raise ValueError(phrase("says nothing: give a few words, such as 'rooftop jazz night'"))
        return value

    @field_validator("anchors", mode="before")
    @classmethod
    def _null_is_none(cls, value: object) -> object:
        return [] if value is None else value

    @model_validator(mode="after")
    def _slots_once(self) -> OutfitRequest:
        if self.slots is not None and len(set(self.slots)) != len(self.slots):
            raise ValueError(glued("slots: ", phrase("each slot at most once")))
        if len(set(self.anchors)) != len(self.anchors):
            raise ValueError(glued("anchors: ", phrase("each SKU at most once")))
        return self


class SwapRequest(_Body):
    """Body of `POST /v1/outfits/{id}/swap`: the slots, and what to ask for beside what the outfit was asked for.

    `slot`, or each of `slots`, gets another piece; slots in `add` get one that the outfit does not have yet, those in
    `remove` end empty. `seed` and `explain` are the outfit's own when null.
    """

    slot: Slot | None = None
    slots: Annotated[list[Slot], Field(max_length=8)] = []
    add: Annotated[list[Slot], Field(max_length=8)] = []
    remove: Annotated[list[Slot], Field(max_length=8)] = []
    count: Count = 3
    department: Department | None = None
    occasion: Occasion | None = None
    season: AskedSeason | None = None
    weather: Weather | None = None
    budget: Budget | None = None
    sizes: AskedSizes = {}
    exclude: AskedExclude = Exclude()
    include: AskedInclude = Include()
    attributes: Names = []
    seed: Seed | None = None
    explain: bool | None = None

    @property
    def changed(self) -> list[Slot]:
        """The slots that get another piece."""
        return list(dict.fromkeys([*([self.slot] if self.slot else []), *self.slots]))

    @model_validator(mode="after")
    def _something_changes(self) -> SwapRequest:
        if not (self.changed or self.add or self.remove):
            raise ValueError(glued("slot: ", phrase("name a slot to change, in slot, slots, add or remove")))
        if twice := {*self.changed, *self.add} & {*self.remove}:
            raise ValueError(f"remove: {sorted(twice)[0]} cannot both go and get a piece")
        return self


class RefineRequest(_Body):
    """Body of `POST /v1/outfits/{id}/refine`: what should be otherwise, in the shopper's words."""

    say: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    count: Count = 3
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
    title: Said
    items: list[OutfitItem]
    total_price: float | None
    total_price_text: str | None = None
    currency: str
    score: float
    explanation: Said | None = None


class Understood(BaseModel):
    """One thing that the request was read to ask for: `field` is one of the request's own, dotted.

    `text` are the shopper's own words, "" where no words say it. `source` is `field` for what the request's fields say,
    `words` for what the wish says, `guess` for what neither does.
    """

    text: str
    field: str
    value: str | float | bool
    source: Literal["field", "words", "guess"]


class Unmet(BaseModel):
    constraint: str
    reason: Said
    hint: Said


class StyleRef(BaseModel):
    name: str
    version: str
    digest: str


class IndexRef(BaseModel):
    version: str


class OutfitResponse(BaseModel):
    """Answer of `POST /v1/outfits`. `timings_ms` are wall-clock milliseconds per stage."""

    request_id: str
    understood: list[Understood] = []
    unread: list[str] = []
    """Words of the wish that ask for something and that were not understood: nothing was done about them."""
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
