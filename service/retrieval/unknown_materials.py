"""Pieces whose material the store's data does not say, where a request rules materials out. Knows no vectors."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.item import Department
from service.catalog.columns import CatalogColumns, Mask
from service.retrieval.asked import of_material
from service.schemas.outfits import OutfitRequest, Unmet

_NEVER_CLOTH = frozenset(
    {"silver", "gold", "steel", "pearl", "wood", "horn", "cork", "rubber", "pvc", "leather"}
)


def of_unknown_material(columns: CatalogColumns, ruled_out: Iterable[str]) -> Mask:
    """Pieces that may be of what is ruled out for all that the feed says: it says nothing of their material."""
    silent = columns.any_of("material", [""])
    if not _NEVER_CLOTH & {m.casefold() for m in ruled_out}:
        silent &= ~columns.in_slot("jewelry")  # no cloth in a ring
    return silent


def left_out(columns: CatalogColumns, request: OutfitRequest, department: Department | None) -> list[Unmet]:
    """What is said of pieces that go only because their material is not known; nothing where all are known."""
    ruled_out = request.exclude.materials
    if not ruled_out:
        return []
    mask = of_unknown_material(columns, ruled_out) & columns.stocked & (columns.slot >= 0) & ~columns.doubtful
    if department is not None:
        mask &= columns.for_department(department)
    mask &= ~of_material(columns, ruled_out, ruled_out=True)
    count = int(mask.sum())
    if not count:
        return []
    pieces = "1 piece" if count == 1 else f"{count:,} pieces"
    reason = f"material unknown for {pieces}: left out where there are others"
    hint = "fill in the material in the feed"
    return [Unmet(constraint="exclude.materials", reason=reason, hint=hint)]
