"""Real outfits of the Maryland Polyvore set (Han et al. 2017, labels under Apache-2.0), one per line of JSONL.

Users made these sets by hand; what is no garment (decor, beauty, stickers) is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from indexer.item import Slot
from indexer.taxonomy.classify import ProductText, classify
from training.data.lookbook import LookbookError
from training.data.looks import StyledLook

PolyvoreSplit = Literal["train", "test"]
_WORDS = 12
_LEAST = 3


class _Item(BaseModel):
    name: str
    category: str = ""


class _Outfit(BaseModel):
    set_id: Annotated[str, Field(min_length=1)]
    split: Literal["train", "valid"]
    items: list[_Item]


def read_polyvore(path: Path, split: PolyvoreSplit) -> list[StyledLook]:
    """One half of the outfits that the file calls `valid`, of those with three slots or more: to learn from, or to test
    on. Which half an outfit is in follows from its id alone.

    Outfits that the file calls `train` are read and left out: they hold bare names of a few pieces, which agree with
    each other hardly more than random ones do (see docs/training.md).

    Raises LookbookError naming line and field.
    """
    outfits = [o for o in _outfits(path) if o.split == "valid" and _half_of(o.set_id) == split]
    names = sorted({(i.name, i.category) for outfit in outfits for i in outfit.items})
    guesses = classify([ProductText(title=name, category=category) for name, category in names])
    slots = {key: guess.slot for key, guess in zip(names, guesses, strict=True)}
    looks = []
    for outfit in outfits:
        pieces: dict[Slot, str] = {}
        for item in outfit.items:
            slot, words = slots[item.name, item.category], item.name.lower().split()
            if slot is not None and slot not in pieces and len(words) > 1:
                pieces[slot] = " ".join(words[:_WORDS])
        if len(pieces) >= _LEAST:
            group = f"polyvore-{outfit.set_id}"
            looks.append(StyledLook(id=group, group=group, source="polyvore", pieces=pieces))
    return looks


def _half_of(set_id: str) -> PolyvoreSplit:
    return "test" if hashlib.sha256(f"half/{set_id}".encode()).digest()[0] % 2 else "train"


def _outfits(path: Path) -> Iterator[_Outfit]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _Outfit.model_validate(json.loads(line))
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"])
                raise LookbookError(f"{path}: line {number}: {field}: {first['msg']}") from error
            except json.JSONDecodeError as error:
                raise LookbookError(f"{path}: line {number}: not JSON: {error.msg}") from error
