"""The kinds table: what it refuses, and what every part of the product relies on."""

from __future__ import annotations

import pytest

from indexer.item import SLOTS
from indexer.taxonomy.kinds import GENERIC_KIND, KINDS, parse_kinds

GOOD = 'tee = { slot = "top", formality = 2, warmth = 1, tags = ["layer"], departments = ["men"] }'


def test_a_kind_is_read_with_all_its_keys() -> None:
    kind = parse_kinds(GOOD, "kinds.toml")["tee"]
    assert (kind.name, kind.slot, kind.formality, kind.warmth) == ("tee", "top", 2, 1)
    assert (kind.tags, kind.departments, kind.generic) == (("layer",), ("men",), False)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('tee = { slot = "hat", formality = 2, warmth = 1 }', "'slot'"),
        ('tee = { slot = "top", warmth = 1 }', "'formality'"),
        ('tee = { slot = "top", formality = 6, warmth = 1 }', "'formality'"),
        ('tee = { slot = "top", formality = true, warmth = 1 }', "'formality'"),
        ('tee = { slot = "top", formality = 2, warmth = 5 }', "'warmth'"),
        ('tee = { slot = "top", formality = 2, warmth = 1, tags = ["wet"] }', "'tags'"),
        ('tee = { slot = "top", formality = 2, warmth = 1, departments = ["dogs"] }', "'departments'"),
        ('tee = { slot = "top", formality = 2, warmth = 1, generic = 1 }', "'generic'"),
        ('tee = { slot = "top", formality = 2, warmth = 1, colour = "red" }', "'colour'"),
    ],
)
def test_a_wrong_key_is_named_with_file_and_kind(wrong: str, named: str) -> None:
    with pytest.raises(ValueError, match=r"my\.toml: kind 'tee'.*" + named):
        parse_kinds(wrong, "my.toml")


def test_broken_toml_names_the_file() -> None:
    with pytest.raises(ValueError, match=r"my\.toml"):
        parse_kinds("tee = {", "my.toml")


def test_every_slot_has_a_generic_kind_of_that_slot() -> None:
    assert set(GENERIC_KIND) == set(SLOTS)
    assert all(KINDS[name].slot == slot and KINDS[name].generic for slot, name in GENERIC_KIND.items())


@pytest.mark.parametrize(
    "name", ["underwear", "sleepwear", "candle", "gift-card", "wallet", "cosmetics", "unknown"]
)
def test_what_is_never_composed_has_no_slot(name: str) -> None:
    assert KINDS[name].slot is None


def test_common_sense_of_a_few_kinds() -> None:
    assert KINDS["evening-gown"].formality == 5
    assert KINDS["evening-gown"].departments == ("women",)
    assert KINDS["parka"].warmth > KINDS["jacket"].warmth > KINDS["t-shirt"].warmth > KINDS["swimsuit"].warmth
    assert "open-shoe" in KINDS["sandals"].tags
    assert "swim" in KINDS["swim-shorts"].tags
    assert KINDS["saree"].slot == "dress"
    assert KINDS["watch"].slot == "jewelry"
