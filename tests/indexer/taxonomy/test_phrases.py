"""Folding, plurals and the longest-phrase look-up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.taxonomy.phrases import Entry, PhraseTable, fold, parse_table, singular, words


def make_table(*entries: tuple[str, Entry]) -> PhraseTable:
    table = PhraseTable()
    for phrase, entry in entries:
        table.add(phrase, entry)
    return table


def found(table: PhraseTable, text: str, language: str = "en") -> list[str]:
    return [m.entry.key for m in table.find(words(fold(text)), language)]


def test_fold_drops_accents_case_and_possessives() -> None:
    assert words(fold("Women's CHÂLE à Motifs & Größe")) == ["women", "chale", "a", "motif", "and", "grosse"]


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("dresses", "dress"),
        ("watches", "watch"),
        ("boxes", "box"),
        ("shirts", "shirt"),
        ("shorts", "shorts"),
        ("glasses", "glasses"),
        ("dress", "dress"),
        ("iris", "iris"),
    ],
)
def test_plurals(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_the_longest_phrase_wins_counted_from_its_end() -> None:
    table = make_table(
        ("shirt", Entry("shirt", "en")),
        ("dress", Entry("dress", "en")),
        ("dress shirt", Entry("dress-shirt", "en")),
        ("leather watch", Entry("watch", "en")),
        ("watch strap", Entry("strap", "en")),
    )
    assert found(table, "white dress shirts") == ["dress-shirt"]
    assert found(table, "shirt, dress") == ["shirt", "dress"]
    assert found(table, "leather watch strap") == ["strap"]


def test_a_word_that_a_language_keeps_to_itself() -> None:
    table = make_table(("robe", Entry("robe", "en")), ("robe", Entry("dress", "fr", own=True)))
    assert found(table, "robe", "en") == ["robe"]
    assert found(table, "robe", "fr") == ["dress"]
    assert found(make_table(("rock", Entry("skirt", "de", own=True))), "rock", "en") == []


def test_compounds_end_in_a_known_word() -> None:
    table = make_table(
        ("jacke", Entry("jacket", "de", suffix=True)), ("handschuhe", Entry("gloves", "de", suffix=True))
    )
    assert found(table, "Damenlederjacke", "de") == ["jacket"]
    assert found(table, "Lederhandschuhe", "de") == ["gloves"]
    assert found(table, "xyjacke", "de") == []  # too short before it to be a compound


def test_umlauts_are_known_in_both_spellings() -> None:
    table = make_table(("gürtel", Entry("belt", "de")))
    assert found(table, "Gürtel") == found(table, "GUERTEL") == found(table, "gurtel") == ["belt"]


def test_a_phrase_with_two_meanings_is_refused() -> None:
    table = make_table(("boot", Entry("boots", "en")))
    with pytest.raises(ValueError, match=r"'Boots' is 'boots' and 'car'"):
        table.add("Boots", Entry("car", "en"))


def test_a_phrase_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        make_table(("-", Entry("x", "en")))


def test_a_bad_line_is_named() -> None:
    assert list(parse_table("# note\n\nhat\tfedora, trilby\n", "x.tsv")) == [(3, "hat", ["fedora", "trilby"])]
    for bad in ("hat fedora", "hat\t , ", "\tfedora"):
        with pytest.raises(ValueError, match=r"x\.tsv, line 2"):
            list(parse_table(f"# note\n{bad}\n", "x.tsv"))


@given(st.text())
def test_folding_twice_changes_no_word(text: str) -> None:
    once = words(fold(text))
    assert words(fold(" ".join(once))) == [singular(w) for w in once]


@given(st.lists(st.sampled_from(["boot", "cut", "jeans", "dress", "shirt", "x"]), max_size=12))
def test_matches_lie_in_order_and_never_overlap(tokens: list[str]) -> None:
    table = make_table(
        ("boot", Entry("boots", "en")),
        ("boot cut", Entry("-", "en")),
        ("jeans", Entry("jeans", "en")),
        ("dress shirt", Entry("shirt", "en")),
        ("shirt dress", Entry("dress", "en")),
    )
    matches = table.find(tokens, "en")
    edges = [edge for m in matches for edge in (m.start, m.end)]
    assert edges == sorted(edges)
    assert all(table.get(tokens[m.start : m.end], "en") == m.entry for m in matches)
    covered = {i for m in matches for i in range(m.start, m.end)}
    assert all(i in covered for i, token in enumerate(tokens) if token in ("boot", "jeans"))
