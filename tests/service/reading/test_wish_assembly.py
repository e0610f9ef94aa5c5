"""From opinions to mentions: what is sure is read, what is doubtful is named, and what belongs together stays so."""

from __future__ import annotations

import numpy as np
import pytest

from service.query.intent import FIELDS, Mention, WishReading
from service.query.reading.assembly import Thresholds, assemble
from service.query.reading.mentions import slot_of
from service.query.reading.proposals import ROLES, propose
from service.query.reading.tagger import POLARITIES, TAGS, Opinion, pairs_of
from service.query.wording.vocabulary import Candidate, Vocabulary
from service.query.wording.words import split

VOCABULARY = Vocabulary(["Calzavera"])


def read(
    text: str,
    roles: dict[str, str | tuple[str, float]],
    of: dict[str, str] | None = None,
    tagged: dict[str, str] | None = None,
    language: str = "en",
    limits: Thresholds | None = None,
) -> WishReading:
    """The reading where "words/facet" has a role (for certain, or with a probability), and others none."""
    words = split(text)
    found = propose(text, words, language, VOCABULARY)
    probabilities = np.zeros((len(found), len(ROLES)), dtype=np.float32)
    for row, candidate in enumerate(found):
        told = roles.get(f"{text[candidate.start : candidate.end]}/{candidate.field}", "none")
        role, sure = told if isinstance(told, tuple) else (told, 1.0)
        probabilities[row, ROLES.index(role)] += sure
        probabilities[row, 0] += 1 - sure
    tags = np.zeros((len(words), len(TAGS)), dtype=np.float32)
    tags[:, 0] = 1.0
    polarities = np.full((len(words), len(POLARITIES)), 1 / 3, dtype=np.float32)
    for row, word in enumerate(words):
        if word.text in (tagged or {}):
            facet, polarity = (tagged or {})[word.text].split("/")
            tags[row] = np.eye(len(TAGS))[TAGS.index(f"B-{facet}")]
            polarities[row] = np.eye(len(POLARITIES))[POLARITIES.index(polarity)]
    pairs = pairs_of(found)
    belongs = np.array([_said(text, found, one, other, of or {}) for one, other in pairs], dtype=np.float32)
    alone = np.ones(len(found), dtype=np.float32)
    opinion = Opinion(probabilities, tags, polarities, pairs, belongs, alone)
    return WishReading(*assemble(text, words, found, opinion, limits or Thresholds()), language)


def _said(text: str, found: list[Candidate], one: int, other: int, of: dict[str, str]) -> float:
    kind = text[found[other].start : found[other].end]
    return float(of.get(text[found[one].start : found[one].end]) == kind)


def said(reading: WishReading) -> list[tuple[str, str | float | bool]]:
    return [(m.field, m.value) for m in reading.mentions]


def test_wanted_and_unwanted_go_to_their_fields() -> None:
    reading = read(
        "no heels, a red dress, not leather, no Calzavera",
        {
            "heels/attribute": "exclude",
            "red/color": "include",
            "dress/kind": "include",
            "leather/material": "exclude",
            "Calzavera/brand": "exclude",
        },
        of={"red": "dress"},
    )
    assert said(reading) == [
        ("exclude.attributes", "heel"),
        ("include.colors", "red"),
        ("include.kinds", "dress"),
        ("exclude.materials", "leather"),
        ("exclude.brands", "Calzavera"),
    ]
    assert reading.mentions[1].of == 2
    assert [m.of for m in reading.mentions if m.value != "red"] == [None] * 4


def test_every_mention_is_of_a_field_of_the_request_and_stands_where_it_says() -> None:
    text = "my red boots, a blue bag, size M, under 50 euros, for my husband, 24 degrees and rain in summer"
    reading = read(
        text,
        {
            "red/color": "own",
            "boots/kind": "own",
            "blue/color": "include",
            "bag/kind": "include",
            "M/size": "size",
            "50/number": "max",
            "husband/who": "include",
            "24/number": "temperature",
            "rain/rain": "include",
            "summer/season": "include",
        },
        of={"red": "boots", "blue": "bag"},
    )
    assert {m.field for m in reading.mentions} <= FIELDS
    assert all(text[m.start : m.end] == m.text for m in reading.mentions)
    assert [m.start for m in reading.mentions] == sorted(m.start for m in reading.mentions)
    assert ("own", "red boots") in said(reading)
    assert ("budget.max", 50.0) in said(reading)
    assert ("budget.currency", "EUR") in said(reading)
    assert ("weather.temperature_c", 24.0) in said(reading)
    assert ("weather.rain", True) in said(reading)
    assert ("department", "men") in said(reading)


def test_an_owned_piece_takes_its_description_with_it() -> None:
    reading = read(
        "with my red canvas loafers",
        {"red/color": "include", "canvas/material": "own", "loafers/kind": "own"},
        of={"red": "loafers", "canvas": "loafers"},
    )
    assert reading.mentions == (Mention("red canvas loafers", 8, 26, "own", "red canvas loafers"),)


def test_a_size_said_of_a_garment_is_of_its_slot() -> None:
    reading = read("a skirt in M", {"skirt/kind": "include", "M/size": "size"}, of={"M": "skirt"})
    assert said(reading) == [("include.kinds", "skirt"), ("sizes.bottom", "M")]
    alone = read("a skirt. I am an M", {"skirt/kind": "include", "M/size": "size"})
    assert ("sizes", "M") in said(alone)


def test_children_are_girls_and_boys() -> None:
    reading = read("my brother, 9 years old", {"brother/who": "include", "9/number": "age"})
    assert said(reading) == [("department", "boys"), ("age", 9.0)]


def test_the_opposite_of_what_is_wanted_is_unwanted() -> None:
    reading = read("bitte blickdicht", {"blickdicht/attribute": "include"}, language="de")
    assert said(reading) == [("exclude.attributes", "see-through")]


def test_only_these_slots() -> None:
    reading = read("only a bag and shoes", {"bag/kind": "only", "shoes/kind": "only"})
    assert said(reading) == [("slots", "bag"), ("slots", "shoes")]


@pytest.mark.parametrize(
    ("probability", "mentions", "unread"),
    [(0.9, 1, ()), (0.5, 0, ("velvet",)), (0.1, 0, ())],
)
def test_what_is_doubtful_is_named(probability: float, mentions: int, unread: tuple[str, ...]) -> None:
    limits = Thresholds(read_else=0.6, nothing_else=0.8)
    reading = read("something in velvet", {"velvet/material": ("include", probability)}, limits=limits)
    assert (len(reading.mentions), reading.unread) == (mentions, unread)


def test_a_demand_without_a_name_is_unread() -> None:
    reading = read("nothing neon", {"neon/color": "exclude"})
    assert reading == WishReading((), ("neon",), "en")


def test_words_beyond_the_tables_are_unread_and_unknown_brands_read() -> None:
    reading = read(
        "a fizzlewick by Northbrae", {}, tagged={"fizzlewick": "kind/include", "Northbrae": "brand/exclude"}
    )
    assert reading.unread == ("fizzlewick",)
    assert said(reading) == [("exclude.brands", "Northbrae")]


def test_contradictions_are_kept() -> None:
    reading = read("a dress, trousers only", {"dress/kind": "include", "trousers/kind": "only"})
    assert said(reading) == [("include.kinds", "dress"), ("slots", "bottom")]


def test_fields_are_asked_for_with_those_below_them() -> None:
    reading = WishReading((Mention("M", 0, 1, "sizes.top", "M"), Mention("L", 2, 3, "sizes", "L")))
    assert len(reading.of_field("sizes")) == 2
    assert len(reading.of_field("sizes.top")) == 1


def test_slots_of_kinds() -> None:
    assert slot_of("midi-skirt") == "bottom"
    assert slot_of("dress") == "dress"
    assert slot_of("sleepwear") is None
    assert slot_of("spoon") is None


def test_a_compound_of_which_only_the_end_is_read_is_named_too() -> None:
    reading = read("Zauberschuhe bitte", {"Zauberschuhe/kind": "include"}, language="de")
    assert said(reading) == [("include.kinds", "shoes")]
    assert reading.unread == ("Zauberschuhe",)
    whole = read("ein Samtsakko", {"Samtsakko/kind": "include"}, language="de")
    assert whole.unread == ()


@pytest.mark.parametrize("text", ["meet me with 30 euros", "it is 12 degrees", "he is 7 years old"])
def test_a_number_that_says_what_it_counts_never_goes_unmentioned(text: str) -> None:
    assert read(text, {}).mentions == ()
    assert len(read(text, {}).unread) == 1


def test_what_may_as_well_be_meant_the_other_way_round_is_named() -> None:
    text, limits = "velvet, no?", Thresholds(read_else=0.5)
    words = split(text)
    (found,) = [c for c in propose(text, words, "en", VOCABULARY) if c.value == "velvet"]
    roles = np.zeros((1, len(ROLES)), dtype=np.float32)
    roles[0, ROLES.index("include")], roles[0, ROLES.index("exclude")] = 0.7, 0.3
    tags = np.zeros((len(words), len(TAGS)), dtype=np.float32)
    tags[:, 0] = 1.0
    even = np.full((len(words), len(POLARITIES)), 1 / 3, dtype=np.float32)
    none = np.zeros((0, 2), dtype=np.int64)
    opinion = Opinion(roles, tags, even, none, np.zeros(0, dtype=np.float32), np.ones(1, dtype=np.float32))
    assert assemble(text, words, [found], opinion, limits) == ((), ("velvet",))
