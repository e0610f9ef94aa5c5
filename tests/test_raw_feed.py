"""The checker of answers against a feed finds what it should, and judges nothing that the words cannot tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.raw_feed import as_csv, read_rows, violations
from service.schemas.outfits import (
    IndexRef,
    Outfit,
    OutfitItem,
    OutfitRequest,
    OutfitResponse,
    StyleRef,
    Unmet,
)

STORE = """{"t": "Cotton denim shirt", "d": "", "b": "Norda", "pt": "Shirts", "g": "Women", "c": "Navy", "s": ["M", "L"], "m": "cotton", "p": 40, "q": 3}
{"t": "Crew", "d": "80% cotton, 20% merino", "b": "", "pt": "Knitwear", "g": "Men", "c": "", "s": [], "m": "", "p": 60.5, "q": 0}
"""  # noqa: E501


def answer(*skus: str, unmet: tuple[str, ...] = (), size: str = "M") -> OutfitResponse:
    def item(sku: str) -> OutfitItem:
        shown = {
            "title": "",
            "brand": "",
            "price": 1,
            "currency": "EUR",
            "image_url": "",
            "url": "",
            "score": 1,
        }
        return OutfitItem(slot="top", sku=sku, size=size, **shown)  # type: ignore[arg-type]

    outfit = Outfit(id="o", title="", items=[item(s) for s in skus], total_price=1, currency="EUR", score=1)
    return OutfitResponse(
        request_id="r",
        outfits=[outfit],
        unmet=[Unmet(constraint=name, reason="", hint="") for name in unmet],
        composer="retrieval",
        style=StyleRef(name="", version="", digest=""),
        index=IndexRef(version=""),
        seed=0,
    )


@pytest.mark.parametrize(
    ("asked", "skus", "found"),
    [
        ({}, ["R0-0"], []),
        ({"exclude": {"materials": ["denim"]}}, ["R0-0"], ["excluded material denim"]),
        ({"exclude": {"materials": ["wool"]}}, ["R1-0"], ["excluded material wool", "sold out"]),
        (
            {"exclude": {"colors": ["blue"], "brands": ["norda"]}},
            ["R0-0"],
            ["excluded colour blue", "excluded brand"],
        ),
        ({"budget": {"max": 100}}, ["R0-0", "R1-0"], ["sold out", "over budget"]),
        ({"sizes": {"top": ["L"]}}, ["R0-0"], ["wrong size"]),
        ({"sizes": {"top": ["38"]}}, ["R0-0"], []),  # another way of writing sizes: not for this checker
        ({"department": "men"}, ["R0-0"], ["wrong department"]),
        ({}, ["X"], ["an invented SKU"]),
        ({"include": {"colors": ["red"]}}, ["R0-0"], ["nothing red and no word of it"]),
        ({"include": {"kinds": ["boots"]}}, ["R0-0"], ["no boots and no word of it"]),
    ],
)
def test_what_is_broken_is_found(
    tmp_path: Path, asked: dict[str, Any], skus: list[str], found: list[str]
) -> None:
    store = tmp_path / "s.jsonl"
    store.write_text(STORE)
    rows = read_rows(as_csv(store, tmp_path / "s.csv"))
    request = OutfitRequest.model_validate({"vibe": "jazz", **asked})
    said = [text.partition(":")[0] for text in violations(request, answer(*skus), rows)]
    assert said == found
    told = answer(*skus, unmet=("include.colors", "include.kinds"))
    assert not [text for text in violations(request, told, rows) if text.startswith("no")]
