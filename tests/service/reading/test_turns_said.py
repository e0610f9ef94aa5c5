"""What a turn of a conversation says should be otherwise, in the shops' languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.query.turns import CHANGES, HANDLINGS, changes_said, handling


@pytest.mark.parametrize(
    ("say", "changes"),
    [
        ("warmer please", ["warmer"]),
        ("Warmer, and cheaper", ["warmer", "cheaper"]),
        ("bitte etwas günstiger", ["cheaper"]),
        ("plus chaud", ["warmer"]),
        ("más barato", ["cheaper"]),
        ("più elegante", ["formal"]),
        ("mais formal", ["formal"]),
        ("goedkoper", ["cheaper"]),
        ("taniej", ["cheaper"]),
        ("更正式一点", ["formal"]),
        ("もっとカジュアルに", ["casual"]),
        ("أرخص", ["cheaper"]),
        ("less formal", ["casual"]),
        ("a swarm of bees", []),
        ("", []),
    ],
)
def test_changes_are_told(say: str, changes: list[str]) -> None:
    assert [c for c in changes_said(say) if c in changes] == changes
    assert changes or changes_said(say) == []


@pytest.mark.parametrize(
    ("say", "named", "how"),
    [
        ("another bag", "bag", "another"),
        ("keep the skirt", "skirt", "keep"),
        ("without the hat", "hat", "without"),
        ("add a coat", "coat", "add"),
        ("keep the skirt, another bag", "bag", "another"),
        ("keep the skirt, another bag", "skirt", "keep"),
        ("ohne den Hut", "Hut", "without"),
        ("sans le chapeau", "chapeau", "without"),
        ("otra chaqueta", "chaqueta", "another"),
        ("bez kapelusza", "kapelusza", "without"),
        ("帽子なし", "帽子", "without"),
        ("换一个包", "包", "another"),
        ("بدون القبعة", "القبعة", "without"),
        ("the bag", "bag", None),
        ("keep it, the bag", "bag", None),
    ],
)
def test_what_is_to_be_done_with_a_piece(say: str, named: str, how: str | None) -> None:
    assert handling(say, say.index(named)) == how


@given(st.text(max_size=80), st.integers(0, 80))
def test_any_text_is_taken(say: str, start: int) -> None:
    assert set(changes_said(say)) <= set(CHANGES)
    assert handling(say, min(start, len(say))) in {*HANDLINGS, None}
