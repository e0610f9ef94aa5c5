"""What is drawn: one piece of an outfit, as far as a picture needs to know it. Knows no drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from indexer.item import Department, Item, Slot

Format = Literal["svg", "png"]
Theme = Literal["light", "dark"]
Shape = Literal["square", "portrait"]
"""As wide as high, or 4:5."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece. `kind` is a key of the kinds table; empty or unknown, the slot's plainest drawing is taken.

    `attributes` are words on its cut where they are known ("sleeveless", "midi"); words of the title count too.
    `photo` is a product image as it was stored, or None: then the piece is drawn.
    """

    slot: Slot
    title: str
    kind: str = ""
    colors: tuple[str, ...] = ()
    material: str = ""
    pattern: str = ""
    department: Department = "unisex"
    attributes: tuple[str, ...] = ()
    covers: tuple[Slot, ...] = ()
    photo: bytes | None = field(default=None, repr=False)

    @property
    def words(self) -> str:
        """Its title and attributes, lower-case, for looking words up."""
        return " ".join([self.title, *self.attributes]).lower()


def piece_of(item: Item, slot: Slot, photo: bytes | None = None) -> Piece:
    """The piece that an item of the catalogue is in the slot where it is worn."""
    return Piece(
        slot=slot,
        title=item.title,
        kind=item.kind,
        colors=item.colors,
        material=item.material,
        pattern=item.pattern,
        department=item.department,
        photo=photo,
    )
