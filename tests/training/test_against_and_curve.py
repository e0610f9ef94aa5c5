"""Styles told apart from each other: whose pieces are negatives; and the points of a learning curve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import Slot
from service.registry.evaluation import EvaluationError
from tests.indexer.hashing_embedder import HashingEmbedder
from training.commands.evaluate import curve_points
from training.commands.train_style import contrasted
from training.data.decisions import Draw, Example, Pool, draw_examples
from training.data.looks import StyledLook, read_looks, split_by_group, split_of, texts

WISHES = [f"wish-{n}" for n in range(40)]
TRAIN = [w for w in WISHES if split_of(w) == "train"][:5]
VALID = [w for w in WISHES if split_of(w) == "valid"][:2]
PIECES: dict[Slot, str] = {"top": "shirt", "bottom": "trouser", "shoes": "derby", "bag": "satchel"}
DRAW = Draw(options=4, with_misses=False, shuffle=0)


def piece(style: str, wish: str, what: str) -> str:
    return f"{style} {wish} {what}"


def look(style: str, wish: str) -> dict[str, object]:
    reason = "It is what a beginner would pick here."
    misses = [{"slot": s, "piece": f"plain grey {PIECES[s]}", "reason": reason} for s in ("top", "shoes")]
    return {
        "department": "women",
        "occasion": "office",
        "season": None,
        "formality": 3,
        "pieces": {slot: piece(style, wish, what) for slot, what in PIECES.items()},
        "why": "It goes together, as far as a test can tell.",
        "near_misses": misses,
    }


def lookbook(folder: Path, style: str) -> Path:
    """A designer's file: every style answers the same wishes, one look each."""
    vibes = [
        {
            "vibe": f"{style}-{wish}",
            "phrasings": [f"{wish} {n}" for n in range(5)],
            "looks": [look(style, wish)],
        }
        for wish in [*TRAIN, *VALID]
    ]
    path = folder / f"{style}.jsonl"
    path.write_text("".join(f"{json.dumps(vibe)}\n" for vibe in vibes), encoding="utf-8")
    return path


@pytest.fixture
def books(tmp_path: Path) -> list[Path]:
    return [lookbook(tmp_path, style) for style in ("amber", "birch", "cedar")]


def own_looks(books: list[Path]) -> list[StyledLook]:
    return split_by_group(read_looks(books[:1]))["train"]


def negatives(looks: list[StyledLook], others: list[StyledLook]) -> list[tuple[Example, str]]:
    pool = Pool([*looks, *others], HashingEmbedder())
    return [
        (example, option)
        for seed in range(5)
        for example in draw_examples(looks, pool, DRAW, seed)
        for decision in example.decisions
        for option in decision.options[1:]
    ]


def test_negatives_are_other_styles_pieces_for_the_same_wish_too(books: list[Path]) -> None:
    looks, others = contrasted(own_looks(books), books[1:], "train")
    assert len(looks) == len(TRAIN)
    found = negatives(looks, others)
    assert {negative.split()[0] for _, negative in found} == {"birch", "cedar"}
    assert any(negative.split()[1] == e.look.pieces["top"].split()[1] for e, negative in found)


def test_without_other_styles_negatives_are_of_other_wishes(books: list[Path]) -> None:
    mine = own_looks(books)
    assert contrasted(mine, (), "train") == (mine, [])
    found = negatives(mine, [])
    assert found
    assert all(negative.split()[1] != e.look.pieces["top"].split()[1] for e, negative in found)


def test_a_styles_own_file_among_the_others_adds_nothing(books: list[Path]) -> None:
    looks, others = contrasted(own_looks(books), books, "train")
    assert {other.group for other in others} == {"birch", "cedar"}
    assert {k.id for k in looks} & {k.id for k in others} == set()


@pytest.mark.parametrize(("split", "wishes"), [("train", TRAIN), ("valid", VALID)])
def test_other_styles_keep_to_the_split(books: list[Path], split: str, wishes: list[str]) -> None:
    _, others = contrasted([], books[1:], split)  # type: ignore[arg-type]
    assert texts(others) == {
        piece(style, wish, what)
        for style in ("birch", "cedar")
        for wish in wishes
        for what in PIECES.values()
    }


def test_points_of_a_curve_come_in_order() -> None:
    assert curve_points([]) == ()
    assert curve_points(["60=house@2", "5=house@0.1-rc"]) == ((5, "house@0.1-rc"), (60, "house@2"))


@given(st.dictionaries(st.integers(1, 99), st.from_regex(r"[a-z]{1,8}@[0-9]{1,3}", fullmatch=True)))
def test_what_is_well_formed_is_read_back(points: dict[int, str]) -> None:
    assert curve_points([f"{n}={key}" for n, key in points.items()]) == tuple(sorted(points.items()))


@pytest.mark.parametrize(
    "text",
    ["", "30", "=", "0=house@1", "100=house@1", "-5=house@1", "3.5=house@1", "²=house@1", "=house@1",
     "house@1=30", "30=house", "30=", "30% = house@1", " 30=house@1"],
)  # fmt: skip
def test_what_is_no_point_is_named(text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        curve_points(["30=house@1", text])
    assert str(caught.value).startswith(f"--curve: {text!r} is not PERCENT=NAME@VERSION")
