"""The only prompt. Serving renders it, training conforms to it. Knows no model, no tokenizer and no HTTP.

Two layouts come from the one renderer. `scored`: the pieces are scored as continuations of the answer, so the
prompt lists none; every trainer and shipped adapter uses it. `listed`: the prompt lists the retrieved shortlist, slot
by slot. An answer is one line per piece, "slot: label"; `format_answer` and `parse_answer` round-trip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from indexer.item import SLOTS, Department, Season, Slot

PROMPT_VERSION = "1"
"""Changes whenever `render` or `format_answer` would give other text; adapters carry the one they learned."""

Layout = Literal["scored", "listed"]
"""`listed` is kept for engines that write an answer instead of scoring pieces: such a one must be shown what there is,
and what it says is read by `parse_answer`. Evaluations measure it beside `scored`, quality and tokens.
"""

Piece = tuple[Slot, str]

_SYSTEM = (
    "You are a stylist in a clothing shop. Compose one whole outfit for the customer, "
    "one piece per line, so that the pieces suit the vibe and each other."
)
_VIBE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Context:
    """What the stylist is told of the customer's wish. Free text is cleaned when it is rendered."""

    vibe: str
    department: Department | None = None
    occasion: str = ""
    season: Season | None = None
    weather: str = ""
    shortlist: Mapping[Slot, Sequence[str]] = field(default_factory=dict)


NEUTRAL = Context(vibe="any")
"""The prompt against which a piece's likelihood is compared: it names a shop and no wish."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Chat messages up to the answer. The answer begins right after the generation prompt."""

    system: str
    user: str

    def messages(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]


def render(context: Context, layout: Layout) -> Prompt:
    """The prompt of one outfit. Deterministic; a `scored` prompt ignores the shortlist."""
    lines = [f"Vibe: {clean(context.vibe)}"]
    if context.occasion:
        lines.append(f"Occasion: {clean(context.occasion)}")
    if context.department:
        lines.append(f"For: {context.department}")
    if context.season:
        lines.append(f"Season: {context.season}")
    if context.weather:
        lines.append(f"Weather: {clean(context.weather)}")
    if layout == "listed":
        lines.append("In stock:")
        lines += [
            f"{slot}: {'; '.join(context.shortlist[slot])}" for slot in SLOTS if slot in context.shortlist
        ]
    return Prompt(system=_SYSTEM, user="\n".join(lines))


def format_answer(pieces: Sequence[Piece]) -> str:
    """One line per piece, in the order of composition, each ended by a newline."""
    return "".join(f"{line_start(slot)}{line_end(label)}" for slot, label in pieces)


def parse_answer(text: str) -> list[Piece]:
    """Inverse of `format_answer`. Raises ValueError that names the line which is no piece."""
    pieces: list[Piece] = []
    for number, line in enumerate(text.splitlines(), start=1):
        slot, separator, label = line.partition(": ")
        if not separator or slot not in SLOTS or not label:
            raise ValueError(f"line {number} is not 'slot: piece': {line!r}")
        pieces.append((slot, label))
    return pieces


def line_start(slot: Slot) -> str:
    """The part of a piece's line that is given; what follows is chosen."""
    return f"{slot}:"


def line_end(label: str) -> str:
    """The part of a piece's line that is scored."""
    return f" {label}\n"


def clean(text: str) -> str:
    """Free text as one line without the characters that chat templates build their markers from."""
    return " ".join(re.sub(r"[<>|\[\]{}`\\\x00-\x1f\x7f]+", " ", text).split())[:_VIBE_CHARS]
