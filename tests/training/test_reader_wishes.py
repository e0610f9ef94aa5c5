"""Gold wishes: how they are read from files, changed for training, and held against readings."""

from __future__ import annotations

import json
import random

import pytest

from service.query.intent import Mention, WishReading
from service.query.reading.proposals import EXCLUDE, INCLUDE, MAX, NONE, OWN
from service.query.wording.vocabulary import Vocabulary
from service.query.wording.words import split as words_of
from training.reader.canonical import agrees, canonical
from training.reader.examples import BRANDS_KNOWN, IGNORED, Gold, _role, learned_phrases
from training.reader.scoring import score, tallies
from training.reader.swaps import Swapper
from training.reader.wishes import BLOCKS, TESTS, Wish, WishError, packaged, parse, split, training_wishes

LINE = {
    "lang": "en",
    "text": "no heels, with my red boots, under 200",
    "gold": [
        {"f": "exclude.attributes", "v": "heel", "s": "heels"},
        {"f": "own", "v": "red boots", "s": "red boots"},
        {"f": "budget.max", "v": 200, "s": "200"},
    ],
}


def wish(text: str, *gold: tuple[str, str | float, str], language: str = "en") -> Wish:
    entries = [{"f": f, "v": v, "s": s} for f, v, s in gold]
    return parse(json.dumps({"lang": language, "text": text, "gold": entries}), "w.jsonl")[0]


def test_a_line_is_a_wish_with_its_entries_in_place() -> None:
    (found,) = parse(json.dumps(LINE), "w.jsonl")
    assert [found.text[g.start : g.end] for g in found.gold] == ["heels", "red boots", "200"]


def test_sizes_say_their_slot() -> None:
    assert wish("a top in M", ("sizes", "top:M", "M")).gold[0].field == "sizes.top"
    assert wish("I am an M", ("sizes", "all:M", "M")).gold[0] == Gold("sizes", "M", 8, 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lang": 3}, "w.jsonl, line 1: field 'lang'"),
        ({"gold": [{"f": "colour", "v": "red", "s": "red"}]}, "w.jsonl, line 1: field 'f': 'colour'"),
        ({"gold": [{"f": "own", "v": "x", "s": "hat"}]}, "w.jsonl, line 1: field 's': 'hat'"),
    ],
)
def test_a_broken_line_is_refused_by_file_line_and_field(change: dict[str, object], message: str) -> None:
    with pytest.raises(WishError, match=message):
        parse(json.dumps({**LINE, **change}), "w.jsonl")


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(WishError, match=r"w\.jsonl, line 2: no JSON"):
        parse(json.dumps(LINE) + "\n{", "w.jsonl")


def test_blocks_are_whole_and_hold_every_language() -> None:
    wishes = training_wishes()
    learn, held = split(wishes, 2)
    assert len(learn) + len(held) == len(wishes) > 2000
    assert {w.language for w in held} == {w.language for w in wishes}
    divided = [w for w in wishes if w.block >= 0]
    assert 0.8 / BLOCKS < len(held) / len(divided) < 1.2 / BLOCKS
    assert not {w.text for w in held} & {w.text for w in learn}


def test_no_wish_is_both_learned_and_tested() -> None:
    tested = {w.text for name in TESTS for w in packaged(name)}
    assert not tested & {w.text for w in training_wishes()}


def test_changed_wishes_keep_their_entries_on_the_words_that_say_them() -> None:
    wishes = training_wishes()[::25]
    swapper, rng = Swapper(wishes), random.Random(5)
    for one in wishes:
        changed = swapper.draw(one, rng)
        assert changed.language == one.language
        for gold in changed.gold:
            assert 0 <= gold.start < gold.end <= len(changed.text)
            assert changed.text[gold.start : gold.end].strip()
            assert gold.of is None or gold.of[1] <= len(changed.text)


def test_the_same_seed_changes_wishes_the_same_way() -> None:
    wishes = training_wishes()[:60]
    drawn = [[Swapper(wishes).draw(w, random.Random(3)) for w in wishes] for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_roles_follow_the_gold() -> None:
    one = wish(
        "no heels, with my red boots and a hat, under 200",
        ("exclude.attributes", "heel", "heels"),
        ("own", "red boots", "red boots"),
        ("budget.max", 200, "200"),
    )
    from service.query.reading.proposals import propose

    found = propose(one.text, words_of(one.text), "en", Vocabulary())
    roles = {(one.text[c.start : c.end], c.field): _role(c, one.gold, found) for c in found}
    assert roles["heels", "attribute"] == EXCLUDE
    assert roles["heels", "kind"] == IGNORED
    assert roles["red", "color"] == roles["boots", "kind"] == OWN
    assert roles["hat", "kind"] == NONE
    assert roles["200", "number"] == MAX
    assert INCLUDE != EXCLUDE
    assert 0 < BRANDS_KNOWN < 1


def test_wishes_teach_phrases_that_tables_do_not_know() -> None:
    wishes = [wish("my zibbels, please", ("include.kinds", "boots", "zibbels"))]
    ((phrase, meaning),) = learned_phrases(wishes, Vocabulary())
    assert (phrase, meaning.field, meaning.value, meaning.learned) == ("zibbels", "kind", "boots", True)


@pytest.mark.parametrize(
    ("facet", "gold", "value"),
    [
        ("kind", "dress", "dress"),
        ("kind", "day-dress", "dress"),
        ("kind", "mittens", "gloves"),
        ("kind", "flux capacitor", None),
        ("color", "sage", "mint"),
        ("color", "bottle green", "green"),
        ("material", "tweed", "wool"),
        ("attribute", "heel", "heel"),
    ],
)
def test_gold_values_in_the_catalogue_s_terms(facet: str, gold: str, value: str | None) -> None:
    assert canonical(facet, gold) == value


def test_a_kind_may_be_narrower_by_its_own_words() -> None:
    assert agrees("kind", "jacket", "leather-jacket")
    assert not agrees("kind", "leather-jacket", "jacket")
    assert not agrees("color", "red", "blue")


def test_kinds_agree_by_the_shop_s_own_families() -> None:
    assert agrees("kind", "coat", "overcoat")
    assert not agrees("kind", "overcoat", "coat")
    assert agrees("kind", "running-shoes", "shoes", said="shoes")
    assert not agrees("kind", "running-shoes", "shoes", said="running shoes")
    assert agrees("kind", "chelsea-boots", "boots", excluded=True)
    assert not agrees("kind", "boots", "chelsea-boots", excluded=True)


def test_gold_in_a_shopper_s_word_is_what_the_tables_call_it() -> None:
    assert canonical("color", "duck egg") == "mint"


def test_every_entry_is_right_named_wrong_or_missing() -> None:
    one = wish(
        "no heels, a veil, a red dress, size M",
        ("exclude.attributes", "heel", "heels"),
        ("include.kinds", "veil", "veil"),
        ("include.colors", "red", "red"),
        ("include.kinds", "dress", "dress"),
        ("sizes", "dress:M", "M"),
    )
    reading = WishReading(
        (
            Mention("heels", 3, 8, "exclude.attributes", "heel"),
            Mention("red", 20, 23, "exclude.colors", "red"),
            Mention("M", 36, 37, "sizes", "M"),
        ),
        ("veil",),
    )
    scored = score(one, reading)
    assert scored.outcomes == ("right", "named", "wrong", "missing", "right")
    assert [m.field for m in scored.false] == ["exclude.colors"]
    assert not scored.whole
    assert not scored.honest
    counts = tallies([scored])
    assert counts["exclude.attributes"].recall == 1.0
    assert counts["exclude.colors"].precision == 0.0
    assert counts["sizes"].right == 1


def test_an_empty_reading_of_an_empty_wish_is_whole() -> None:
    scored = score(wish("vibes"), WishReading())
    assert scored.whole
    assert scored.honest
