"""A stored outfit, and whether composing again would still give the same. Knows no HTTP, composes nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from service.catalog.view import CatalogView
from service.db.repositories.outfits import Made
from service.errors import ProblemError
from service.localization.catalogues import LANGUAGES
from service.policy.policy import policy
from service.recommender.localization import worded
from service.recommender.response import identity, identity_of
from service.recommender.style_choice import chosen_style
from service.registry.style import Style
from service.registry.styles import Styles
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


def decisions(catalog: CatalogView, style: str, others: Sequence[str]) -> list[str]:
    """What decides answers: the snapshot, what staff said since, the digest of the style, the policy, and others."""
    told = {"stock": catalog.stock.digest, "told": catalog.corrections.digest, "policy": policy().digest}
    return [
        catalog.snapshot.version,
        style,
        *(f"{name}:{digest}" for name, digest in told.items() if digest),
        *others,
    ]


def changed_since(
    made: Made, served: str, styles: Styles, decided_by: Callable[[Style], list[str]]
) -> str | None:
    """Why composing again would not give what was made; None where all that decides it is the same. `served` is the
    version of the index.
    """
    if not made.wish_kept:
        return "what was asked for is not kept"
    if served != made.index_version:
        return f"index {made.index_version} is gone: {served} is served"
    try:
        style, _ = chosen_style(styles, made.request)
    except ProblemError as error:
        return f"adapter {made.style_digest} is gone: {error.detail}"
    if style.ref.digest != made.style_digest:
        return f"adapter {made.style_digest} is gone: {style.ref.name} has {style.ref.digest} now"
    if style.scorer.composer != made.composer:
        return f"composed by {made.composer} then, by {style.scorer.composer} now"
    if identity(made.request, made.seed, decided_by(style)) == identity_of(made.outfit.id):
        return None
    return "stock, rules, retriever or settings have changed since"
