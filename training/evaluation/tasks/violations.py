"""Whether an outfit keeps every rule, found out without asking what composed it. Knows rows of a feed, no index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from service.policy.policy import policy
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest
from training.evaluation.cases.catalog import Row

Pieces = Sequence[Candidate]


def violations(outfits: Sequence[Pieces], request: OutfitRequest, rows: Mapping[str, Row]) -> list[str]:
    """What is wrong with the answer to one request, one line per fault; empty when nothing is."""
    faults = [fault for outfit in outfits for fault in _of_outfit(outfit, request, rows)]
    if len(outfits) > request.count:
        faults.append(f"count: {len(outfits)} outfits, {request.count} were asked for")
    skus = Counter(frozenset(piece.sku for piece in outfit) for outfit in outfits)
    faults += [f"duplicates: {n} outfits are the same" for n in skus.values() if n > 1]
    return faults


def _of_outfit(outfit: Pieces, request: OutfitRequest, rows: Mapping[str, Row]) -> Iterator[str]:
    for slot, n in Counter(piece.slot for piece in outfit).items():
        if n > 1:
            yield f"slots: {n} pieces in {slot}"
    for sku, n in Counter(piece.sku for piece in outfit).items():
        if n > 1:
            yield f"duplicates: {sku} {n} times"
    slots = {piece.slot for piece in outfit}
    if "shoes" not in slots or not policy().slots.dresses(slots):
        yield f"slots: {', '.join(sorted(slots))} is no whole outfit"
    known = [(piece, rows[piece.sku]) for piece in outfit if piece.sku in rows]
    yield from (f"grounding: {piece.sku} is not in the feed" for piece in outfit if piece.sku not in rows)
    for piece, row in known:
        yield from _of_piece(piece, row, request)
    spent = sum(row.cents for _, row in known)
    if request.budget is not None and spent > request.budget.max * 100 + 1e-6:
        yield f"budget: {spent / 100:.2f} of {request.budget.max:.2f}"
    if request.department is None and {row.department for _, row in known} >= {"women", "men"}:
        yield "department: pieces for women and for men in one outfit"


def _of_piece(piece: Candidate, row: Row, request: OutfitRequest) -> Iterator[str]:
    if row.slot != piece.slot:
        yield f"slots: {row.sku} belongs in {row.slot}, not in {piece.slot}"
    if row.quantity < 1:
        yield f"stock: {row.sku} is sold out"
    shared = row.department == "unisex" and request.department in ("women", "men")
    if request.department not in (None, row.department) and not shared:
        yield f"department: {row.sku} is for {row.department}, not for {request.department}"
    if row.text != piece.item.title:
        yield f"grounding: {row.sku} is {row.text!r}, not {piece.item.title!r}"
    if request.season is not None and piece.item.seasons and request.season not in piece.item.seasons:
        yield f"season: {row.sku} is for {', '.join(piece.item.seasons)}, not for {request.season}"
