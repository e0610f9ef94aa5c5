"""What each part of a piece's score counts. Plain numbers: knows neither pieces nor outfits."""

from __future__ import annotations

from dataclasses import dataclass

TUNED_REST = 0.6
"""`Weights.rest` where worn pieces are encoded by a tuned query encoder, for styles that bring no weights."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of the score counts, in units of cosine similarity. An adapter may bring its own."""

    text: float = 0.03
    """Per unit of log-odds, where the stylist's scores are that; else per standard deviation among the candidates."""
    most_text: float = 0.3
    """The most that the stylist's opinion of a piece may add or take: enough to choose by, too little to overrule what
    common sense says against a piece, such as a tie without a collar."""
    vibe: float = 1.0
    rest: float = 0.4
    harmony: float = 1.0
    repeat: float = 0.18
    """Taken off for every other outfit of the answer that has the piece, most of it for another colour of it."""
    noise: float = 0.02
    """Scale of the Gumbel noise by which seeds differ."""
    skip: float = -0.35
    """An optional slot stays empty when fit and harmony of its best piece are below this."""
