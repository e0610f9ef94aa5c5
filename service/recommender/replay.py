"""A stored outfit, and whether composing again would still give the same. Knows no HTTP, composes nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.db.session import State
from service.db.tables import OutfitRow
from service.errors import NotFoundError
from service.schemas.outfits import Outfit, OutfitRequest, OutfitResponse


@dataclass(frozen=True, slots=True)
class Made:
    """An outfit as it was answered, the request with the seed that was used, and what answered it."""

    outfit: Outfit
    request: OutfitRequest
    composer: str
    style: str
    style_digest: str
    index_version: str
    seed: int


class Composer(Protocol):
    """What replaying asks of a recommender."""

    def compose(self, request: OutfitRequest, request_id: str) -> OutfitResponse: ...

    def difference(self, made: Made) -> str | None: ...


def read_made(state: State, outfit_id: str) -> Made:
    """The outfit of this id. Raises NotFoundError when no such id was ever given out."""
    with state.session() as session:
        row = session.get(OutfitRow, outfit_id)
    if row is None:
        raise NotFoundError(f"no outfit {outfit_id!r}")
    request = OutfitRequest.model_validate_json(row.request)
    return Made(
        outfit=Outfit.model_validate_json(row.outfit),
        request=request.model_copy(update={"seed": row.seed}),
        composer=row.composer,
        style=row.style,
        style_digest=row.style_digest,
        index_version=row.index_version,
        seed=row.seed,
    )


def replay(made: Made, composer: Composer, request_id: str) -> str | None:
    """Composes again and compares: None when the same outfit comes out, else the reason why it does not."""
    if (reason := composer.difference(made)) is not None:
        return reason
    again = composer.compose(made.request, request_id)
    if made.outfit in again.outfits:
        return None
    if again.composer != made.composer:
        return f"composed by {made.composer} then, by {again.composer} now"
    return "another outfit comes out now"
