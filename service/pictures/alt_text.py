"""What a picture says to whoever cannot see it. Knows no drawing."""

from __future__ import annotations

from collections.abc import Sequence

from service.pictures.piece import Piece

_NUMBERS = (
    "No pieces",
    "One piece",
    "Two pieces",
    "Three pieces",
    "Four pieces",
    "Five pieces",
    "Six pieces",
    "Seven pieces",
    "Eight pieces",
)
_TITLE_CHARS = 120


def spoken(pieces: Sequence[Piece]) -> str:
    """The outfit, read aloud: how many pieces, and each with its colours, cloth and name."""
    count = _NUMBERS[len(pieces)] if len(pieces) < len(_NUMBERS) else f"{len(pieces)} pieces"
    if not pieces:
        return f"{count}."
    return f"{count}, laid out on a plain ground: {'; '.join(_piece(p) for p in pieces)}."


def legible(text: str) -> str:
    """Text without what XML cannot hold or no one can read: control characters and lone surrogates."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _piece(piece: Piece) -> str:
    title = legible(piece.title)
    if len(title) > _TITLE_CHARS:
        title = title[: _TITLE_CHARS - 1] + "…"
    what = legible(piece.kind.replace("-", " ")) or piece.slot
    said = title.lower()
    known = (piece.pattern, " and ".join(piece.colors), piece.material)
    facts = ", ".join(legible(fact) for fact in known if fact and fact.lower() not in said)
    return f"{title or what} ({facts})" if facts else title or what
