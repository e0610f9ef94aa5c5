"""The authored lookbooks: valid, whole, and of the promised breadth."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

import training
from training.data.lookbook import LookbookError, Sentence, Vibe, read_lookbook

BOOKS = Path(training.__file__).parent / "lookbooks"
HOUSE = sorted((BOOKS / "house").glob("*.jsonl"))
DESIGNERS = sorted((BOOKS / "designers").glob("*.jsonl"))


class StyleCard(BaseModel):
    """What makes a designer's hand, in our own words: what whoever wrote the looks went by. `palette` are colour
    names, most frequent first.
    """

    model_config = ConfigDict(extra="forbid")

    designer: str
    palette: list[str] = Field(min_length=4)
    silhouette: Sentence
    materials: list[str] = Field(min_length=4)
    signatures: list[str] = Field(min_length=4)
    never: list[str] = Field(min_length=3)


@pytest.fixture(scope="module")
def house() -> list[Vibe]:
    return list(read_lookbook(HOUSE))


def test_the_house_lookbook_is_broad(house: list[Vibe]) -> None:
    looks = [look for vibe in house for look in vibe.looks]
    assert len(house) >= 120
    assert sum(len(vibe.looks) >= 8 for vibe in house) >= 120
    assert all(len(vibe.looks) >= 2 for vibe in house)
    share = {d: n / len(looks) for d, n in Counter(look.department for look in looks).items()}
    assert share["women"] > 0.4
    assert share["men"] > 0.4
    assert share["kids"] > 0.04
    assert set(Counter(look.formality for look in looks)) == {1, 2, 3, 4, 5}


def test_pieces_hardly_repeat(house: list[Vibe]) -> None:
    pieces = Counter(p for vibe in house for look in vibe.looks for p in look.pieces.values())
    assert max(pieces.values()) <= 5


@pytest.mark.parametrize("path", DESIGNERS, ids=lambda p: p.stem)
def test_every_designer_has_a_card_and_sixty_looks(path: Path) -> None:
    vibes = list(read_lookbook([path]))
    assert sum(len(vibe.looks) for vibe in vibes) >= 60
    card = StyleCard.model_validate_json(path.with_suffix(".card.json").read_bytes())
    names = {word for word in card.designer.lower().split() if len(word) > 3}
    pieces = [p for vibe in vibes for look in vibe.looks for p in look.pieces.values()]
    assert not [p for p in pieces if names & set(p.split())]


def test_there_are_at_least_eight_designers_on_the_same_wishes() -> None:
    wishes = [{v.vibe.removeprefix(f"{p.stem}-") for v in read_lookbook([p])} for p in DESIGNERS]
    assert len(wishes) >= 8
    assert all(w == wishes[0] for w in wishes)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    line = json.loads(HOUSE[0].read_text(encoding="utf-8").splitlines()[0])
    line["looks"][0]["pieces"].pop("shoes")
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps(line))
    with pytest.raises(LookbookError, match=r"broken\.jsonl: line 1: looks\.0: .*no shoes"):
        list(read_lookbook([path]))


def test_a_vibe_stands_once(tmp_path: Path) -> None:
    line = HOUSE[0].read_text(encoding="utf-8").splitlines()[0]
    path = tmp_path / "twice.jsonl"
    path.write_text(f"{line}\n{line}\n")
    with pytest.raises(LookbookError, match=r"is already at .*line 1"):
        list(read_lookbook([path]))
