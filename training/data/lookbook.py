"""The lookbook: authored looks, one vibe per line of JSONL, checked against a schema. Knows no catalogue, no model.

python -m training.data.lookbook training/lookbooks/house/*.jsonl
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from indexer.errors import StylistError
from indexer.item import Department, Season, Slot
from service.policy.policy import policy

PieceText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9 ,'/&.%é-]{5,89}$")]
Sentence = Annotated[str, StringConstraints(min_length=20, max_length=300)]
Phrasing = Annotated[str, StringConstraints(min_length=3, max_length=140)]


class LookbookError(StylistError):
    """A lookbook file that breaks the schema; names file, line and field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NearMiss(_Strict):
    """What a beginner would pick in this slot and a stylist would not, and why not."""

    slot: Slot
    piece: PieceText
    reason: Sentence


class Look(_Strict):
    """One whole outfit. `formality` from 1 (gym) to 5 (black tie); no season means that any will do."""

    department: Department
    occasion: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    season: Season | None
    formality: Annotated[int, Field(ge=1, le=5)]
    pieces: dict[Slot, PieceText]
    why: Sentence | None = None
    near_misses: Annotated[list[NearMiss], Field(min_length=1, max_length=5)]
    hero: Slot | None = None
    """The slot of the piece that says the wish; None where nobody said which."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        slots = set(self.pieces)
        if not policy().slots.dresses(slots):
            raise ValueError("pieces: neither a dress nor top and bottom")
        if "shoes" not in slots:
            raise ValueError("pieces: no shoes")
        if self.hero is not None and self.hero not in slots:
            raise ValueError("hero: the look has no such piece")
        if len(slots) < 4:
            raise ValueError("pieces: fewer than four")
        for miss in self.near_misses:
            if miss.piece == self.pieces.get(miss.slot):
                raise ValueError(f"near_misses: {miss.slot} repeats the look's own piece")
        return self


class Vibe(_Strict):
    """One wish in the words of several shoppers, and the looks that answer it."""

    vibe: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    phrasings: Annotated[list[Phrasing], Field(min_length=3, max_length=12)]
    looks: Annotated[list[Look], Field(min_length=1)]


def read_lookbook(paths: Iterable[Path]) -> Iterator[Vibe]:
    """The vibes of the files, in order. Raises LookbookError naming file, line and field of what is wrong."""
    seen: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            where = f"{path}: line {number}"
            try:
                vibe = Vibe.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"])
                raise LookbookError(
                    f"{where}: {field}: {first['msg']} (got {first['input']!r:.120})"
                ) from error
            if vibe.vibe in seen:
                raise LookbookError(f"{where}: vibe: {vibe.vibe!r} is already at {seen[vibe.vibe]}")
            seen[vibe.vibe] = where
            yield vibe


def main() -> int:
    """Check the files named on the command line and print what is in them."""
    try:
        vibes = list(read_lookbook(Path(name) for name in sys.argv[1:]))
    except (LookbookError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    looks = [look for vibe in vibes for look in vibe.looks]
    pieces = Counter(piece for look in looks for piece in look.pieces.values())
    print(f"{len(vibes)} vibes, {len(looks)} looks, {sum(pieces.values())} pieces, {len(pieces)} different")
    for name in ("department", "season", "formality"):
        print(f"  {name}: {dict(Counter(getattr(look, name) for look in looks).most_common())}")
    print(f"  most repeated: {pieces.most_common(5)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
