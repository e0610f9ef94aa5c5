"""An outfit's pieces as a picture shows them: looked up in the catalogue, with their images. Draws nothing."""

from __future__ import annotations

from service.catalog.view import CatalogView
from service.pictures.piece import Piece, piece_of
from service.schemas.outfits import OutfitItem


def picture_piece(catalog: CatalogView, worn: OutfitItem) -> Piece:
    """What is known of the piece. Of one that the catalogue no longer has, that is its slot and its title."""
    found = catalog.find(worn.sku)
    if found is None:
        return Piece(slot=worn.slot, title=worn.title)
    return piece_of(found.item, worn.slot, catalog.snapshot.images.of(found.item.image_url))
