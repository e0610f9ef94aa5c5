"""Size labels in wishes: what is written like one, and what only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.query.wording.size_labels import size_labels, size_said_before


@pytest.mark.parametrize(
    ("language", "text", "labels"),
    [
        ("en", "size M", ["M"]),
        ("en", "W32 L34", ["32/34"]),
        ("en", "waist 34/32", ["34/32"]),
        ("en", "EU 39", ["EU 39"]),
        ("en", "UK 10 please", ["UK 10"]),
        ("en", "mens 42R", ["42R"]),
        ("en", "40 regular", ["40 regular"]),
        ("en", "extra large", ["XL"]),
        ("en", "xxl", ["XXL"]),
        ("zh", "39号", ["39"]),
        ("zh", "44半", ["44.5"]),
        ("ja", "Lサイズ", ["L"]),
        ("ja", "24.5cm", ["24.5"]),
        ("it", "porto il 45 e mezzo", ["45.5"]),
        ("pt", "tamanho GG", ["GG"]),
        ("ar", "٣ اكس لارج", ["3XL"]),
        ("pl", "M/L", ["M/L"]),
    ],
)
def test_labels_come_in_the_form_that_charts_know(language: str, text: str, labels: list[str]) -> None:
    assert [s.label for s in size_labels(text, language)] == labels


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I'm in love"),
        ("fr", "l'amour d'été, s'il te plaît"),
        ("fr", "moins de 120 euros"),
        ("es", "mi hijo de 15 años"),
        ("en", "under 200"),
        ("en", "vitamin g"),
    ],
)
def test_what_only_looks_like_a_label_is_none(language: str, text: str) -> None:
    assert size_labels(text, language) == []


def test_a_word_for_size_before_it_is_told() -> None:
    (said,) = size_labels("Größe M", "de")
    (bare,) = size_labels("ein M wie Mut", "de")
    assert said.said
    assert not bare.said
    assert size_said_before("taille 38", 7)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "pt", "ja", "ar"]))
def test_any_text_is_read_and_labels_do_not_overlap(text: str, language: str) -> None:
    end = 0
    for found in size_labels(text, language):
        assert end <= found.start < found.end <= len(text)
        assert found.label
        end = found.end


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=26, max_value=46), st.integers(min_value=26, max_value=46))
def test_waist_and_length_are_one_label_in_any_spelling(waist: int, length: int) -> None:
    for written in (
        f"W{waist} L{length}",
        f"w{waist}/l{length}",
        f"{waist}W x {length}L",
        f"{waist}/{length}",
    ):
        assert [s.label for s in size_labels(written, "en")] == [f"{waist}/{length}"]
