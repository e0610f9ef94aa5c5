"""The events of shoppers: as a shop sends them, and as they are stored, exported and read by training.

Pure data: what each field may hold. Knows not where events are kept, nor what they teach.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from indexer.item import Department, Season, Slot
from service.schemas.fields import PLAIN, SKU_CHARS, Id, Instant, Phrase, Pseudonym, Sku, Strict, When
from service.schemas.outfits import Outfit

EventType = Literal["impression", "click", "add_to_basket", "purchase", "like", "dislike", "swap"]
MAX_EVENTS = 500
"""In one request."""

_TITLE_CHARS = 1000
_Name = Annotated[str, StringConstraints(max_length=200)]
_Token = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=PLAIN)]
_Position = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class SentEvent(Strict):
    """One event as a shop sends it; the service knows the outfit, and adds what was asked and shown.

    `event_id` is the shop's own, so that an event sent twice counts once. `sku` is the piece that it is about,
    null for the outfit as a whole; a swap names both pieces. `position` is the outfit's place on the page, from 0.
    `at` is ISO 8601; the time of arrival when absent.
    """

    event_id: _Token
    type: EventType
    outfit_id: _Token
    sku: Sku | None = None
    replaced_by: Sku | None = None
    position: _Position | None = None
    experiment: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=PLAIN)] | None = None
    shopper: Pseudonym | None = None
    at: Instant | None = None

    @model_validator(mode="after")
    def _names_its_pieces(self) -> Self:
        if self.type != "swap" and self.replaced_by is not None:
            raise ValueError("replaced_by: only a swap has one")
        if self.type == "swap" and self.sku is None:
            raise ValueError("sku: a swap names the piece that went")
        if self.type == "swap" and self.replaced_by is None:
            raise ValueError("replaced_by: a swap names the piece that came")
        if self.sku is not None and self.sku == self.replaced_by:
            raise ValueError("replaced_by: is the piece that went")
        return self


class ShownItem(Strict):
    """A piece of the outfit as the shopper saw it. `title` is the item's, as the service answered it."""

    slot: Slot
    sku: Id
    title: Annotated[str, StringConstraints(max_length=_TITLE_CHARS)] | None = None

    @classmethod
    def all_of(cls, outfit: Outfit) -> tuple[ShownItem, ...]:
        """The pieces of the outfit, with as much of their titles as an event holds; no SKU is cut."""
        return tuple(
            cls(slot=item.slot, sku=item.sku, title=item.title[:_TITLE_CHARS])
            for item in outfit.items
            if len(item.sku) <= SKU_CHARS
        )


class StoredEvent(Strict):
    """One event, a line of an export. `sku` is the piece that it is about, null for the outfit as a whole."""

    event_id: Id
    at: When
    type: EventType
    outfit_id: Id
    vibe: Phrase
    items: Annotated[tuple[ShownItem, ...], Field(min_length=1, max_length=24)]
    department: Department | None = None
    season: Season | None = None
    style: _Name | None = None
    sku: Id | None = None
    replaced_by: Id | None = None
    position: Annotated[int, Field(ge=0)] | None = None
    experiment: _Name | None = None
    shopper: Pseudonym | None = None
    index_version: _Name | None = None
    adapter_digest: _Name | None = None
    source: Literal["page"] | None = None
    """Where it came from: a web page with a publishable key, which anybody can read; else the shop's server."""

    @model_validator(mode="after")
    def _names_its_pieces(self) -> Self:
        if self.type == "swap" and (self.sku is None or self.replaced_by is None):
            raise ValueError("sku, replaced_by: a swap names both")
        if self.type != "swap" and self.replaced_by is not None:
            raise ValueError("replaced_by: only a swap has one")
        if self.sku is not None and self.slot is None:
            raise ValueError("sku: no piece of items")
        return self

    @property
    def slot(self) -> Slot | None:
        """Where the piece in question belongs. The items of a swap may be those before it or those after."""
        return next((item.slot for item in self.items if item.sku in (self.sku, self.replaced_by)), None)
