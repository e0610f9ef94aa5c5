"""What stylists put together for the nearest wishes is recalled, and nothing for a wish unlike all of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from indexer.embedder import Vectors
from service.query.memory import (
    LookMemory,
    Memory,
    RememberedLook,
    RememberedWish,
    digest_of,
    parse_looks,
)

DIM = 6
AXES = {"gala": 0, "gym": 1, "gown": 2, "leggings": 3, "tuxedo": 4, "coat": 5}


def encode(texts: list[str]) -> Vectors:
    return np.stack([np.eye(DIM, dtype=np.float32)[AXES[text]] for text in texts])


def look(name: str, department: Any = "women", season: Any = None, **pieces: str) -> RememberedLook:
    return RememberedLook(name, department, season, 4, "dress" if "dress" in pieces else None, pieces)  # type: ignore[arg-type]


WISHES = (
    RememberedWish(("gala",), (look("a", dress="gown"), look("b", "men", top="tuxedo"))),
    RememberedWish(("gym",), (look("c", "unisex", bottom="leggings"),)),
)
MEMORY = LookMemory.of(WISHES, encode)


def test_the_nearest_wish_answers() -> None:
    found = MEMORY.recall(encode(["gala"])[0], "women")
    assert found.closest == pytest.approx(1.0)
    assert [k.id for r in found.recalled for k in r.looks] == ["a"]
    assert found.formality == 4.0
    assert [lead.hero for lead in found.leads()] == ["dress"]
    assert (found.share("dress"), found.share("bag")) == (1.0, 0.0)


def test_looks_for_others_are_left_aside() -> None:
    found = MEMORY.recall(encode(["gala"])[0], "men")
    assert [k.id for r in found.recalled for k in r.looks] == ["b"]
    assert MEMORY.recall(encode(["gym"])[0], "men").recalled[0].looks[0].id == "c"


def test_a_season_narrows_only_where_something_is_left() -> None:
    wish = RememberedWish(
        ("gala",), (look("s", season="summer", dress="gown"), look("w", season="winter", top="coat"))
    )
    memory = LookMemory.of([wish], encode)
    assert [k.id for k in memory.recall(encode(["gala"])[0], season="winter").recalled[0].looks] == ["w"]
    assert len(memory.recall(encode(["gala"])[0], season="autumn").recalled[0].looks) == 2


def test_a_wish_unlike_all_recalls_nothing() -> None:
    found = MEMORY.recall(encode(["coat"])[0])
    assert (found.closest, found.recalled) == (0.0, ())


def test_an_empty_memory_recalls_nothing() -> None:
    empty = LookMemory.of([], lambda texts: np.zeros((len(texts), DIM), dtype=np.float32))
    assert empty.recall(encode(["gala"])[0]) == Memory()


def test_what_was_worn_is_nearest() -> None:
    found = MEMORY.recall(encode(["gala"])[0], "women")
    worn = found.worn("dress", encode(["gown", "coat"]))
    assert worn[0] > worn[1]
    center = found.center("dress")
    assert center is not None
    assert int(center.argmax()) == AXES["gown"]
    assert found.center("bag") is None


def test_other_looks_have_another_digest() -> None:
    assert digest_of(WISHES) != digest_of(WISHES[:1])
    assert MEMORY.digest == digest_of(WISHES)


def test_a_line_that_is_no_look_is_named() -> None:
    row = {
        "v": "x",
        "p": ["gala"],
        "k": [{"d": "women", "s": None, "f": 3, "h": None, "w": {"dress": "gown"}}],
    }
    good = json.dumps(row)
    assert [w.phrasings for w in parse_looks(good, "looks.jsonl")] == [("gala",)]
    with pytest.raises(ValueError, match=r"looks\.jsonl: line 2"):
        list(parse_looks(good + "\n{}", "looks.jsonl"))
