"""What words of a wish may name: other forms, compounds, slips of the pen, runs without spaces, foreign words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.taxonomy.kinds import KINDS
from service.query.wording.inflection import stem, without_prefix
from service.query.wording.meanings import NAMELESS, Meaning, is_kind, learned_meanings, phrases
from service.query.wording.vocabulary import Candidate, Vocabulary
from service.query.wording.words import split

VOCABULARY = Vocabulary(["Calzavera", "Oak & Thistle"], known=["dunkel", "schleier", "winner"])


def found(text: str, language: str) -> list[tuple[str, str, str]]:
    """(words, facet, value) of everything that is proposed."""
    return [(text[c.start : c.end], c.field, c.value) for c in VOCABULARY.find(split(text), language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "no heels", ("heels", "attribute", "heel")),
        ("en", "black leather jacket", ("leather jacket", "kind", "leather-jacket")),
        ("en", "a T-shirt", ("T-shirt", "kind", "t-shirt")),
        ("de", "keine Röcke", ("Röcke", "kind", "skirt")),
        ("de", "einen schwarzen Anzug", ("schwarzen", "color", "black")),
        ("de", "dunkelrotes Sakko", ("dunkelrotes", "color", "red")),
        ("de", "mein Samtsakko", ("Samtsakko", "kind", "blazer")),
        ("de", "mein Samtsakko", ("Samtsakko", "material", "velvet")),
        ("fr", "des robes légères", ("légères", "attribute", "light")),
        ("es", "zapatos negros", ("negros", "color", "black")),
        ("it", "pantaloni larghi", ("larghi", "attribute", "loose")),
        ("pt", "sandálias rasas", ("rasas", "attribute", "flat")),
        ("nl", "rode rokken", ("rokken", "kind", "skirt")),
        ("pl", "bez obcasów", ("obcasów", "attribute", "heel")),
        ("zh", "黑色连衣裙", ("连衣裙", "kind", "dress")),
        ("ja", "黒いワンピースで", ("ワンピース", "kind", "dress")),
        ("ar", "بالفستان الأسود", ("الأسود", "color", "black")),
        ("en", "a calzavera bag", ("calzavera", "brand", "Calzavera")),
        ("en", "oak and thistle boots", ("oak and thistle", "brand", "Oak & Thistle")),
        ("en", "my husband", ("husband", "who", "men")),
        ("en", "black lether bag", ("lether", "material", "leather")),
        ("en", "nothing neon", ("neon", "color", "")),
    ],
)
def test_words_propose_what_they_may_name(language: str, text: str, expected: tuple[str, str, str]) -> None:
    assert expected in found(text, language)


@pytest.mark.parametrize(
    ("language", "text", "facet"),
    [
        ("en", "the dress code is relaxed", "kind"),
        ("en", "she is a winner", "attribute"),
        ("de", "Konfektionsgröße vierzig", "color"),
        ("en", "a book about food", "kind"),
        ("en", "no tie. dye it black", "pattern"),
    ],
)
def test_what_only_looks_like_a_word_of_the_tables_is_not_proposed(
    language: str, text: str, facet: str
) -> None:
    assert [f for f in found(text, language) if f[1] == facet] == []


def test_the_wish_s_own_language_says_what_a_word_means() -> None:
    assert ("vest", "kind", "cardigan") in found("een vest", "nl")
    assert ("pak", "kind", "suit") in found("een pak", "nl")


def test_a_word_inside_a_longer_name_of_another_facet_is_marked() -> None:
    text = "leather jacket"
    marks = {(c.field, c.inside) for c in VOCABULARY.find(split(text), "en")}
    assert marks >= {("material", True), ("kind", False)}


def test_of_one_facet_nothing_overlaps() -> None:
    text = "light blue denim jacket dress with a wide leg trousers suit"
    by_facet: dict[str, list[Candidate]] = {}
    for candidate in VOCABULARY.find(split(text), "en"):
        by_facet.setdefault(candidate.field, []).append(candidate)
    for candidates in by_facet.values():
        ends = [c.last for c in candidates[:-1]]
        assert all(end <= later.first for end, later in zip(ends, candidates[1:], strict=True))


def test_opposites_are_marked_as_such() -> None:
    (opaque,) = [c for c in VOCABULARY.find(split("blickdicht"), "de") if c.field == "attribute"]
    assert (opaque.value, opaque.opposite) == ("see-through", True)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=50), st.sampled_from(["en", "de", "pl", "zh", "ja", "ar"]))
def test_any_text_is_read_and_spans_agree(text: str, language: str) -> None:
    words = split(text)
    for candidate in VOCABULARY.find(words, language):
        assert words[candidate.first].start == candidate.start
        assert words[candidate.last - 1].end == candidate.end


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_words_lie_in_the_text_in_order_and_hold_all_but_space(text: str) -> None:
    words = split(text)
    assert [text[w.start : w.end] for w in words] == [w.text for w in words]
    assert "".join("".join(w.text.split()) for w in words) == "".join(text.split())


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("de", ("roter", "rote", "rotem", "rotes")),
        ("pl", ("sukienka", "sukienki", "sukience")),
        ("pl", ("sweter", "swetra", "swetry")),
        ("nl", ("rok", "rokken", "rokje")),
        ("it", ("largo", "larghi", "larga")),
        ("es", ("negro", "negras", "negros")),
        ("ar", ("فستان", "فستانين")),
    ],
)
def test_forms_of_a_word_share_their_stem(language: str, forms: tuple[str, ...]) -> None:
    assert len({stem(form, language) for form in forms}) == 1


def test_arabic_prefixes_come_off() -> None:
    assert without_prefix("والفستان") == "فستان"
    assert without_prefix("للعمل") == "عمل"


def test_every_phrase_of_the_tables_means_something_known() -> None:
    for phrase, meaning in phrases():
        assert phrase.strip()
        if meaning.field == "kind" and meaning.value not in ("", "-"):
            assert is_kind(meaning.value), (phrase, meaning.value)


def test_no_kind_that_nobody_wears_is_proposed() -> None:
    assert not is_kind("furniture")
    assert is_kind("dress")
    assert all(is_kind(kind) for kind, of in KINDS.items() if of.slot is not None)


def test_learned_rows_name_facet_and_value() -> None:
    rows = list(
        learned_meanings(f"en:kind:rain-boots\twellies, welly\nde:kind:{NAMELESS}\tschleier\n", "l.tsv")
    )
    assert rows[0] == ("wellies", Meaning("kind", "rain-boots", "en", learned=True, preferred=True))
    assert rows[-1][1].value == ""


def test_a_broken_row_is_refused_by_file_and_line() -> None:
    with pytest.raises(ValueError, match=r"l\.tsv, line 2"):
        list(learned_meanings("en:kind:dress\tfrock\nfrock\tdress\n", "l.tsv"))


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [("pt", "o meu avô", "men"), ("pt", "a minha avó", "women"), ("de", "Damenblazer", "women")],
)
def test_accents_and_compounds_say_who(language: str, text: str, value: str) -> None:
    assert value in [v for _, facet, v in found(text, language) if facet == "who"]
    assert len([v for _, facet, v in found(text, language) if facet == "who"]) == 1


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("ar", "جاكيت مبطن", "quilted-jacket"),
        ("zh", "我要西装短裤", "tailored-shorts"),
        ("ja", "レインパンツ", "rain-trousers"),
        ("it", "pantaloni da sci", "ski-trousers"),
        ("pl", "kaloszki", "rain-boots"),
    ],
)
def test_kinds_are_known_in_every_language(language: str, text: str, kind: str) -> None:
    assert kind in [value for _, facet, value in found(text, language) if facet == "kind"]
