"""The language of an answer's prices, as a dependency of routes. Knows no body."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Response

from service.recommender.localization import language

VARY = "Accept-Language"


def _language(response: Response, accept_language: Annotated[str | None, Header()] = None) -> str:
    chosen = language(accept_language or "")
    for name, value in language_headers(chosen).items():
        response.headers[name] = value
    return chosen


def language_headers(chosen: str) -> dict[str, str]:
    """The headers of an answer in this language; routes that make a response of their own set them by hand."""
    return {"Content-Language": chosen, "Vary": VARY}


Language = Annotated[str, Depends(_language)]
"""The caller's language, as a BCP 47 tag; English where the header is missing, broken or names none that is known."""
