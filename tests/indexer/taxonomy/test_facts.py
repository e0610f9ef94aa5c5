"""What a piece is for and what is true of it: from titles, fields and descriptions of several languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import ATTRIBUTES, PURPOSES, SLOTS, Slot
from indexer.record import Row
from indexer.taxonomy.facts import attributes, heel_height, purposes
from indexer.taxonomy.kinds import KINDS


def row(title: str, **fields: object) -> Row:
    values = {"sku_given": True, "group_id": "g", "price": 1.0, "currency": "EUR", "quantity": None} | fields
    return Row("f", 1, "s", title=title, **values)  # type: ignore[arg-type]


def true_of(title: str, kind: str, description: str = "") -> tuple[str, ...]:
    return attributes(row(title, description=description), KINDS[kind], KINDS[kind].slot)


@pytest.mark.parametrize(
    ("title", "kind", "fields", "expected"),
    [
        ("Umstandskleid mit Stillfunktion", "day-dress", {}, ("maternity",)),
        ("Wrap dress", "day-dress", {"description": "Easy breastfeeding access."}, ("nursing",)),
        ("Wrap dress", "day-dress", {"category": "Maternity > Dresses"}, ("maternity",)),
        ("マタニティ ワンピース", "day-dress", {}, ("maternity",)),
        ("孕妇连衣裙", "day-dress", {}, ("maternity",)),
        ("Jean grande taille", "jeans", {}, ("plus",)),
        ("Petite wide leg jeans", "jeans", {}, ("petite",)),
        ("Big & Tall Oxford Shirt", "shirt", {}, ("plus", "tall")),
        ("Tall leather boots", "knee-boots", {}, ()),  # the boots are tall, not who wears them
        ("Plus Ribbed Top", "top", {"category": "Plus > Tops"}, ("plus",)),
        ("Tennis bracelet", "bracelet", {"category": "Sport"}, ()),
        ("Running top", "top", {}, ("sport",)),
        ("Lace brief", "underwear", {}, ("underwear",)),
        ("Cosy set", "co-ord-set", {"product_type": "Nightwear"}, ("sleep",)),
        ("Witch costume", "costume", {}, ("costume",)),
        ("Cedar balls", "garment-care", {}, ("household",)),
    ],
)
def test_what_a_piece_is_for(
    title: str, kind: str, fields: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert purposes(row(title, **fields), KINDS[kind], KINDS[kind].slot) == expected


@pytest.mark.parametrize(
    ("title", "kind", "description", "expected"),
    [
        ("Leather pumps", "heels", "Heel height 8.5 cm.", {"heel-high"}),
        ("Leather pumps", "heels", "", {"heel-high"}),  # of the kind
        ("Block heel sandals 5cm", "heeled-sandals", "", {"heel-low", "open-toe"}),
        ("Escarpins talon 2 cm", "heels", "", {"heel-flat"}),
        ("高跟鞋 跟高7厘米", "heels", "", {"heel-high"}),
        ("Black jeans", "jeans", "Wear with high heels.", set()),
        ("Robe longue dos nu sans manches", "day-dress", "", {"maxi", "backless", "sleeveless"}),
        (
            "Dress",
            "day-dress",
            "A plunging neckline; lined, machine washable.",
            {"low-cut", "lined", "washable"},
        ),
        ("T-shirt", "t-shirt", "", {"short-sleeve"}),
        ("T-shirt manches longues", "t-shirt", "", {"long-sleeve"}),
        ("Waterproof parka", "parka", "", {"waterproof", "water-resistant", "hooded", "long-sleeve"}),
        ("Dress without pockets", "day-dress", "Not lined.", set()),
        ("半袖 ワンピース ロング丈", "day-dress", "", {"short-sleeve", "maxi"}),
        ("Bodycon dress", "day-dress", "Pair it with an oversized blazer.", {"tight"}),
        ("Candle", "candle", "Loose lid.", set()),
    ],
)
def test_what_is_true_of_a_piece(title: str, kind: str, description: str, expected: set[str]) -> None:
    assert set(true_of(title, kind, description)) == expected


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ("Heel height: 90 mm", 9.0),
        ("4-inch stiletto heel", 10.16),
        ("Absatzhöhe 7,5 cm", 7.5),
        ("tacón de 6 cm", 6.0),
        ("heel 300 cm", None),
        ("a 5 cm hem", None),
    ],
)
def test_heights_of_heels(text: str, height: float | None) -> None:
    assert heel_height(text) == (None if height is None else pytest.approx(height))


@given(
    st.text(max_size=80),
    st.text(max_size=120),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([None, *SLOTS]),
)
def test_any_text_gives_words_of_the_vocabulary(
    title: str, description: str, kind: str, slot: Slot | None
) -> None:
    product = row(title, description=description, product_type=title, category=description)
    found = attributes(product, KINDS[kind], slot)
    assert set(found) <= set(ATTRIBUTES)
    assert sum(name.startswith("heel-") for name in found) <= 1
    assert set(purposes(product, KINDS[kind], slot)) <= set(PURPOSES)
