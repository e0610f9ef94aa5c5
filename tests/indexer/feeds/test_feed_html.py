"""HTML descriptions -> plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.feeds.values.html_text import html_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain  text ", "plain text"),
        (
            "<p>Sporty&nbsp;top.<br>Lined.</p><ul><li>one</li><li>two</li></ul>",
            "Sporty top.\nLined.\none\ntwo",
        ),
        ("a<!-- hidden <b> -->b", "a b"),
        ("a<script>alert('x')</script><STYLE>p {}</STYLE >b", "a b"),
        ("a <!-- never closed", "a <!-- never closed"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        ("3 < 5 & 7 > 2", "3 < 5 & 7 > 2"),
        ("Caf&eacute; &amp; bar", "Café & bar"),
    ],
)
def test_words_remain_and_markup_goes(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@given(st.text(alphabet="<>!-/abs &;p\n", max_size=200))
def test_no_tag_survives_whatever_is_written(markup: str) -> None:
    text = html_to_text(markup)
    assert "<p>" not in text or "&" in markup
    assert text == text.strip()
