"""Which style a request is composed in. Knows no pieces."""

from __future__ import annotations

from service.errors import InvalidError, UnavailableError
from service.localization.text import phrase, series
from service.registry.style import Style
from service.registry.styles import HOUSE, Styles
from service.schemas.outfits import OutfitRequest, Unmet


def chosen_style(styles: Styles, request: OutfitRequest) -> tuple[Style, list[Unmet]]:
    """The style to compose with, and what is said where it is not the one that was asked for.

    Raises InvalidError for a style that there is not, UnavailableError for one that cannot be used.
    """
    name = request.style or styles.default
    if styles.retired(name):
        message = phrase("{style!r} is retired; GET /v1/styles lists what there is", style=name)
        raise InvalidError.at("style", message)
    if reason := styles.broken(name):
        raise UnavailableError(phrase("style {style!r} cannot be used: {reason}", style=name, reason=reason))
    style = styles.get(name)
    if style is not None:
        fault = None if request.style else styles.default_fault()
        return style, [] if fault is None else [_instead(fault, style)]
    fallback = styles.get(styles.default)
    if name != HOUSE or fallback is None:
        known = series((view.name for view in styles.views()), "comma")
        message = phrase("there is no style {style!r}; there are: {styles}", style=name, styles=known)
        raise InvalidError.at("style", message)
    reason = phrase("no house style is published yet; composed with {style!r}", style=fallback.ref.name)
    hint = phrase("publish an adapter named 'house'")
    return fallback, [Unmet(constraint="style", reason=reason, hint=hint)]


def _instead(fault: str, style: Style) -> Unmet:
    """Nobody is to take the untuned model for the style that should be there."""
    return Unmet(
        constraint="style",
        reason=f"{fault.partition(':')[0]}; composed with {style.ref.name!r}",
        hint="the service's /readyz says what is wrong; publish the style again",
    )
