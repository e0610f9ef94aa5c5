"""A stored outfit, and whether composing again would still give the same. Knows no HTTP, composes nothing itself."""

from __future__ import annotations

from typing import Protocol

from service.db.repositories.outfits import Made
from service.localization.catalogues import LANGUAGES
from service.recommender.localization import worded
from service.schemas.outfits import OutfitRequest, OutfitResponse


class Composer(Protocol):
    """What replaying asks of a recommender."""

    def compose(self, request: OutfitRequest, request_id: str) -> OutfitResponse: ...

    def difference(self, made: Made) -> str | None: ...


def replay(made: Made, composer: Composer, request_id: str) -> str | None:
    """Composes again and compares: None when the same outfit comes out, else the reason why it does not."""
    if (reason := composer.difference(made)) is not None:
        return reason
    again = composer.compose(made.request, request_id)
    if any(made.outfit in worded(again, language).outfits for language in LANGUAGES):
        return None  # in the language that it was told in then
    if again.composer != made.composer:
        return f"composed by {made.composer} then, by {again.composer} now"
    return "another outfit comes out now"
