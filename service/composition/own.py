"""Pieces that a shopper has and wears with an outfit: dressed around, never sold. Knows words of them, no index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.embedder import Embedder, Vectors
from indexer.item import Item, Slot, Variant
from indexer.taxonomy.classify import ProductText, classify
from indexer.taxonomy.fabrics import main_material
from indexer.taxonomy.kinds import KINDS
from indexer.taxonomy.lexicon import keys
from service.query.demands import OwnPiece
from service.retrieval.shortlist import Candidate

_COLORS = "colors.tsv"
OWN = "own:"
"""Begins the SKU of a piece that is no stock."""


@dataclass(frozen=True, slots=True)
class OwnCandidate:
    """An own piece as a candidate, with its unit vector, shape (1, dim)."""

    candidate: Candidate
    vectors: Vectors


def read_own(texts: Sequence[str], embedder: Embedder) -> tuple[list[OwnPiece], dict[Slot, OwnCandidate]]:
    """What the texts name, in their order, and the pieces by slot; the first one where two fill the same slot."""
    pieces: list[OwnPiece] = []
    found: dict[Slot, OwnCandidate] = {}
    guesses = classify([ProductText(title=text) for text in texts])
    for number, (text, guess) in enumerate(zip(texts, guesses, strict=True)):
        pieces.append(OwnPiece(text, guess.slot, guess.kind))
        if guess.slot is not None and guess.slot not in found:
            item = _item(f"{OWN}{number}", text, guess.kind, guess.slot)
            candidate = Candidate(item, -1, item.variants[0], guess.slot, item.label())
            found[guess.slot] = OwnCandidate(candidate, embedder.encode([item.text()]))
    return pieces, found


def is_own(candidate: Candidate) -> bool:
    """Whether the shopper has the piece already."""
    return candidate.item.sku.startswith(OWN)


def _item(sku: str, text: str, kind: str, slot: Slot) -> Item:
    known = KINDS[kind]
    colors = keys(_COLORS, text)
    return Item(
        sku=sku,
        group_id=sku,
        title=text,
        variants=(Variant(sku, None, None, 0.0),),
        currency="",
        slot=slot,
        kind=kind,
        department="unisex",
        colors=tuple(dict.fromkeys(colors)),
        material=main_material(text),
        formality=known.formality,
        warmth=known.warmth,
        tags=known.tags,
        covers=known.covers,
    )
