"""Outfits as they were answered, with the request that they answered. Knows no composing."""

from __future__ import annotations

from dataclasses import dataclass

from service.db.session import State
from service.db.tables import OutfitRow
from service.errors import NotFoundError
from service.localization.text import phrase
from service.schemas.outfits import Outfit, OutfitRequest


@dataclass(frozen=True, slots=True)
class Made:
    """An outfit as it was answered, the request with the seed that was used, and what answered it.

    `wish_kept`: whether the request still has the shopper's words.
    """

    outfit: Outfit
    request: OutfitRequest
    composer: str
    style: str
    style_digest: str
    index_version: str
    seed: int
    wish_kept: bool = True
    key_id: str | None = None


def read_made(state: State, outfit_id: str, page: str | None = None) -> Made:
    """The outfit of this id. Raises NotFoundError when no such id was ever given out, or, to the publishable key
    `page`, in the name of a shopper by another key.
    """
    with state.session() as session:
        row = session.get(OutfitRow, outfit_id)
    if row is None:
        raise NotFoundError(phrase("no outfit {outfit!r}", outfit=outfit_id))
    request, whole = state.wishes.recall(outfit_id, OutfitRequest.model_validate_json(row.request))
    if not is_open_to(page, row, request):
        raise NotFoundError(phrase("no outfit {outfit!r}", outfit=outfit_id))
    return Made(
        outfit=Outfit.model_validate_json(row.outfit),
        request=request.model_copy(update={"seed": row.seed}),
        composer=row.composer,
        style=row.style,
        style_digest=row.style_digest,
        index_version=row.index_version,
        seed=row.seed,
        wish_kept=whole,
        key_id=row.key_id,
    )


def is_open_to(page: str | None, row: OutfitRow, request: OutfitRequest) -> bool:
    """Whether a web page with this key may act on an outfit: on nobody's, and on those of its own key."""
    return page is None or request.shopper is None or row.key_id == page
