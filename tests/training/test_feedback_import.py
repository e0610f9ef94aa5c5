"""Events become accepted looks and preferences, each once, the last word counting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from importer_store import SLOTS_BY_SKU, catalogue_of, pieces, write

from indexer.storage.catalogue import Catalogue
from training.data.looks import StyledLook
from training.data.preferences import preferences_of
from training.importers.feedback import Feedback, read_feedback
from training.importers.rows import ImportFileError


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue_of(pieces(), tmp_path_factory.mktemp("catalogue")) as opened:
        yield opened


def event(number: int, kind: str, skus: str, **changes: Any) -> dict[str, Any]:
    items = [{"slot": (SLOTS_BY_SKU | {"Z1": "shoes"})[sku], "sku": sku} for sku in skus.split()]
    return {
        "event_id": f"e{number}",
        "at": f"2025-06-01T10:{number:02d}:00Z",
        "type": kind,
        "outfit_id": "o1",
        "vibe": "Rooftop jazz",
        "department": "women",
        "items": items,
        "shopper": "s1",
    } | changes


def feedback(
    tmp_path: Path, catalogue: Catalogue, *events: dict[str, Any], style: str | None = None
) -> Feedback:
    return read_feedback([write(tmp_path / "events.jsonl", *events)], catalogue, style)


def test_an_accepted_outfit_is_a_look(tmp_path: Path, catalogue: Catalogue) -> None:
    found = feedback(tmp_path, catalogue, event(1, "like", "S1 T1 B1", season="summer"))
    (liked,) = found.looks
    assert list(liked.pieces) == ["top", "bottom", "shoes"]
    assert (liked.source, liked.phrasings, liked.season) == ("feedback", ("Rooftop jazz",), "summer")
    assert liked.created == "2025-06-01T10:01:00+00:00"
    assert found.preferences == []
    assert "s1" not in repr(found.looks).replace("piece s1", "")


def test_pieces_accepted_one_by_one_are_a_look_of_those(tmp_path: Path, catalogue: Catalogue) -> None:
    bought = [event(n, "purchase", "T1 B1 S1", sku=sku) for n, sku in enumerate(["T1", "S1"])]
    assert [set(found.pieces) for found in feedback(tmp_path, catalogue, *bought).looks] == [{"top", "shoes"}]
    found = feedback(tmp_path, catalogue, bought[0])
    assert found.looks == []
    assert found.report.dropped == {"fewer than two slots accepted": ["o1"]}


def test_a_title_speaks_for_what_is_no_longer_sold(tmp_path: Path, catalogue: Catalogue) -> None:
    sent = event(1, "like", "T1 B1")
    sent["items"] += [
        {"slot": "shoes", "sku": "OLD", "title": "<b>Old Sandals!</b>"},
        {"slot": "bag", "sku": "LOST"},
    ]
    found = feedback(tmp_path, catalogue, sent)
    assert found.looks[0].pieces["shoes"] == "old sandals"
    assert "bag" not in found.looks[0].pieces
    assert found.report.unknown == {"LOST": 1}


def test_an_event_counts_once_over_all_files(tmp_path: Path, catalogue: Catalogue) -> None:
    swap = event(1, "swap", "T1 B1 S1", sku="S1", replaced_by="S2")
    paths = [write(tmp_path / "a.jsonl", swap, swap), write(tmp_path / "b.jsonl", swap)]
    found = read_feedback(paths, catalogue)
    assert len(found.preferences) == 1
    assert (found.report.rows, found.report.ignored) == (3, {"delivered again": 2})


@pytest.mark.parametrize("shown", ["T1 B1 S1", "T1 B1 S2"], ids=["before", "after"])
def test_a_swap_prefers_the_new_piece_beside_the_rest(
    tmp_path: Path, catalogue: Catalogue, shown: str
) -> None:
    found = feedback(tmp_path, catalogue, event(1, "swap", shown, sku="S1", replaced_by="S2"))
    (preference,) = found.preferences
    assert (preference.slot, preference.chosen, preference.rejected) == (
        "shoes",
        "black piece s2",
        "black piece s1",
    )
    assert preference.before == (("top", "black piece t1"), ("bottom", "black piece b1"))
    assert (preference.context.vibe, preference.context.department) == ("Rooftop jazz", "women")
    assert preference.created == "2025-06-01T10:01:00+00:00"
    assert found.looks == []


def test_who_swaps_back_has_the_last_word(tmp_path: Path, catalogue: Catalogue) -> None:
    there = event(1, "swap", "T1 S1", sku="S1", replaced_by="S2")
    back = event(2, "swap", "T1 S2", sku="S2", replaced_by="S1", outfit_id="o2")
    for order in ([there, back], [back, there]):
        found = feedback(tmp_path, catalogue, *order)
        assert [p.chosen for p in found.preferences] == ["black piece s1"]


def test_a_swap_between_pieces_of_one_text_prefers_nothing(tmp_path: Path, catalogue: Catalogue) -> None:
    found = feedback(tmp_path, catalogue, event(1, "swap", "T1 Z1", sku="Z1", replaced_by="Z1-39"))
    assert found.preferences == []
    assert found.report.ignored == {"swaps between pieces of one text": 1}


def test_within_a_second_the_file_tells_the_order(tmp_path: Path, catalogue: Catalogue) -> None:
    at = "2025-06-01T10:00:00Z"
    liked, disliked = event(9, "like", "T1 B1", at=at), event(1, "dislike", "T1 B1", at=at)
    assert feedback(tmp_path, catalogue, liked, disliked).looks == []
    assert len(feedback(tmp_path, catalogue, disliked, liked).looks) == 1


def test_a_dislike_is_held_against_what_was_accepted_elsewhere(tmp_path: Path, catalogue: Catalogue) -> None:
    disliked = event(1, "dislike", "T1 B1 S1", sku="S1")
    same_outfit = event(2, "like", "T1 B1 S2")
    theirs = [event(n, "like", "T2 B2 S3", outfit_id="o9", shopper=f"s{n}") for n in (3, 4)]
    own = event(5, "like", "D1 S2", outfit_id="o2", vibe="rooftop JAZZ!")
    other_wish = event(6, "like", "D1 S2", outfit_id="o3", vibe="beach")

    def chosen(*others: dict[str, Any]) -> list[str]:
        return [p.chosen for p in feedback(tmp_path, catalogue, disliked, *others).preferences]

    assert chosen(*theirs) == ["black piece s3"]
    assert chosen(*theirs, own) == ["black piece s2"]
    assert chosen(same_outfit, other_wish) == []
    report = feedback(tmp_path, catalogue, disliked, other_wish).report
    assert report.ignored == {"dislikes with nothing accepted to compare": 1}
    assert chosen(*theirs, event(7, "dislike", "T1 S3", outfit_id="o7", sku="S3")) == []
    assert chosen(*theirs, event(7, "purchase", "T1 B1 S1", sku="S1")) == []  # changed their mind


def test_a_dislike_takes_out_what_was_liked_before(tmp_path: Path, catalogue: Catalogue) -> None:
    liked = event(1, "like", "T1 B1 S1")
    found = feedback(tmp_path, catalogue, liked, event(2, "dislike", "T1 B1 S1", sku="S1"))
    assert [set(look.pieces) for look in found.looks] == [{"top", "bottom"}]
    assert feedback(tmp_path, catalogue, liked, event(2, "dislike", "T1 B1 S1")).looks == []
    found = feedback(tmp_path, catalogue, liked, event(2, "dislike", "T1 B1 S1", shopper="s2"))
    assert len(found.looks) == 1


def test_views_teach_nothing_and_other_styles_stay_apart(tmp_path: Path, catalogue: Catalogue) -> None:
    events = [
        event(1, "impression", "T1 B1"),
        event(2, "click", "T1 B1", sku="T1"),
        event(3, "like", "T1 B1", style="house"),
        event(4, "like", "T2 B2", style="prada", outfit_id="o2"),
    ]
    found = feedback(tmp_path, catalogue, *events, style="house")
    assert [look.id.split("/")[1] for look in found.looks] == ["o1"]
    assert found.report.ignored == {"another style": 3}
    assert len(feedback(tmp_path, catalogue, *events).looks) == 2
    assert feedback(tmp_path, catalogue, *events).report.ignored == {"impression": 1, "click": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "stare"}, "type: Input should be"),
        ({"type": "swap", "sku": "T1"}, "sku, replaced_by: a swap names both"),
        ({"replaced_by": "T2"}, "replaced_by: only a swap has one"),
        ({"sku": "S1"}, "sku: no piece of items"),
        ({"items": [{"slot": "hat", "sku": "T1"}]}, "items.0.slot: Input should be"),
        ({"shopper": "Ada L."}, "shopper: no pseudonym"),
        ({"at": "yesterday"}, "at: no ISO 8601"),
        ({"name": "Ada"}, "name: Extra inputs"),
    ],
)
def test_a_wrong_event_is_named(
    tmp_path: Path, catalogue: Catalogue, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ImportFileError, match=re.escape(f"events.jsonl: line 2: {message}")):
        feedback(tmp_path, catalogue, event(1, "like", "T1 B1"), event(2, "like", "T1 B1", **changes))


def test_near_misses_are_preferences_after_the_pieces_before() -> None:
    authored = StyledLook(
        id="jazz/0",
        group="jazz",
        source="lookbook",
        pieces={"shoes": "red heels", "top": "silk top", "bottom": "black skirt"},
        phrasings=("jazz", "blues"),
        occasion="gig",
        misses={"shoes": ("white trainers", "red heels", "clogs"), "top": ("hoodie",), "bag": ("rucksack",)},
    )
    found = preferences_of([authored])
    assert [(p.slot, p.chosen, p.rejected) for p in found] == [
        ("top", "silk top", "hoodie"),
        ("shoes", "red heels", "white trainers"),
        ("shoes", "red heels", "clogs"),
    ]
    assert [p.before for p in found] == [
        (),
        (("top", "silk top"), ("bottom", "black skirt")),
        (("top", "silk top"), ("bottom", "black skirt")),
    ]
    assert [p.context.vibe for p in found] == ["jazz", "blues", "jazz"]
    assert {(p.group, p.context.occasion) for p in found} == {("jazz", "gig")}
    assert len({p.id for p in found}) == 3
