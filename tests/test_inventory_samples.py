"""The sample store keeps its promises, and every feed says the same. Reads feeds with the standard library."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from reading_samples import READERS, UNCOUNTED, Stock

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "inventory_samples"
sys.path.insert(0, str(ROOT))

from inventory_samples.make_feeds import FEEDS, make_feeds  # noqa: E402
from inventory_samples.store import (  # noqa: E402
    SOURCE,
    Product,
    SourceError,
    expand_sizes,
    load_products,
)

PRODUCTS = load_products()
VARIANTS = [(p, c, s) for p in PRODUCTS for c in p.colourways for s in c.sizes]
ITEMS = [(p, c) for p in PRODUCTS for c in p.colourways]


def share(counted: int, of: int) -> float:
    return counted / of


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feeds as another process writes them, with other hash seeds."""
    folder = tmp_path_factory.mktemp("feeds")
    command = [sys.executable, "-m", "inventory_samples.make_feeds", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={"PYTHONHASHSEED": "7"})
    return folder


def unpacked(path: Path) -> object:
    """What is in a file: how it is packed is the business of the library that packs."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return {part: archive.read(part) for part in archive.namelist()}
    return path.read_bytes()


@pytest.mark.parametrize("name", FEEDS)
def test_the_committed_feed_is_what_the_source_gives(name: str, rewritten: Path) -> None:
    if name.endswith(".parquet"):
        assert pq.read_table(SAMPLES / name).equals(pq.read_table(rewritten / name))
    else:
        assert unpacked(SAMPLES / name) == unpacked(rewritten / name)


def test_feeds_are_written_where_asked(tmp_path: Path) -> None:
    assert sorted(p.name for p in make_feeds(tmp_path)) == sorted(READERS)


@pytest.mark.parametrize("name", READERS)
def test_every_format_holds_the_same_store(name: str) -> None:
    expected: Stock = {
        size.sku: (
            product.title,
            product.sale_price or product.price,
            (0 if size.quantity == 0 else None) if name in UNCOUNTED else size.quantity,
            colourway.color,
            size.name,
        )
        for product, colourway, size in VARIANTS
    }
    assert READERS[name](SAMPLES / name) == expected


def test_skus_are_unique_and_follow_the_scheme() -> None:
    skus = [s.sku for _, _, s in VARIANTS]
    assert len(set(skus)) == len(skus)
    assert [sku for sku in skus if not re.fullmatch(r"[A-Z]{2}-\d{4}(-[A-Z]{3})?(-[A-Z0-9]+)?", sku)] == []
    assert all(len(sku) <= 50 for sku in skus)  # the longest id that Google takes


def test_titles_and_descriptions_are_all_different() -> None:
    for texts in ([p.title for p in PRODUCTS], [p.description for p in PRODUCTS]):
        assert [t for t, n in Counter(t.casefold() for t in texts).items() if n > 1] == []
    openings = Counter(" ".join(p.description.casefold().split()[:3]) for p in PRODUCTS)
    assert [words for words, n in openings.items() if n > 2] == []


def test_descriptions_are_one_to_three_sentences() -> None:
    lengths = {p.title: len(re.findall(r"[.!?](?:\s|$)", p.description)) for p in PRODUCTS}
    assert {t: n for t, n in lengths.items() if not 1 <= n <= 3} == {}
    assert min(len(p.description) for p in PRODUCTS) >= 45


def test_the_store_has_the_promised_shape() -> None:
    assert 600 <= len(ITEMS) <= 720
    assert 12 <= len({p.brand for p in PRODUCTS}) <= 18
    slots = Counter(p.slot for p, _ in ITEMS)
    assert {slot: n for slot, n in slots.items() if slot and n < 40} == {}
    assert len(slots) == 9  # the eight, and what nobody wears
    assert slots[""] <= 12
    departments = Counter(p.department for p, _ in ITEMS)
    assert departments["women"] >= 250
    assert departments["men"] >= 180
    assert departments["unisex"] >= 40
    assert 70 <= departments["kids"] <= 95


def test_every_season_is_stocked() -> None:
    seasons = Counter(season for p, _ in ITEMS for season in p.seasons)
    assert seasons.keys() == {"spring", "summer", "autumn", "winter"}
    assert min(seasons.values()) >= 100


@pytest.mark.parametrize("audience", ["women", "men"])
@pytest.mark.parametrize(
    "occasion", ["gym", "lounge", "beach", "casual", "outdoor", "smart casual", "work", "black tie"]
)
def test_every_occasion_can_be_dressed(audience: str, occasion: str) -> None:
    fitting = {audience, "unisex"}
    slots = {p.slot for p in PRODUCTS if p.occasion == occasion and p.department in fitting}
    assert {"top", "bottom"} <= slots or "dress" in slots
    assert "shoes" in slots


@pytest.mark.parametrize("line", ["girls", "boys"])
@pytest.mark.parametrize("season", ["summer", "winter"])
def test_children_can_be_dressed_in_every_season(line: str, season: str) -> None:
    worn = [p for p in PRODUCTS if p.department == "kids" and p.line in (line, "")]
    slots = {p.slot for p in worn if not p.seasons or season in p.seasons}
    wanted = {"top", "bottom", "shoes", "bag", "accessory", "outerwear"}
    assert wanted <= slots


def test_winter_and_black_tie_are_meant_seriously() -> None:
    types = {p.type for p in PRODUCTS}
    assert {"Parkas", "Snow Boots", "Gloves", "Ski Jackets", "Beanies"} <= types
    assert {"One-Piece Swimsuits", "Swim Shorts", "Sandals", "Sun Hats", "Bikini Tops"} <= types
    assert {"Gowns", "Tuxedo Jackets", "Tuxedo Trousers", "Bow Ties", "Cufflinks"} <= types
    assert {"Evening Clutches", "Evening Bags", "Evening Gloves"} <= types
    assert {"Sarees", "Lehengas", "Sherwanis", "Qipaos", "Abayas", "Hijabs"} <= types


def test_prices_span_every_purse() -> None:
    worn = [p.price for p, _ in ITEMS if p.slot]
    assert min(worn) == 9
    assert 800 <= max(worn) <= 900
    assert share(sum(price < 50 for price in worn), len(worn)) >= 0.33
    assert sum(price >= 200 for price in worn) >= 30
    reduced = [p for p in PRODUCTS if p.sale_price is not None]
    assert len(reduced) >= 12
    assert [p.title for p in reduced if p.sale_price is not None and p.sale_price >= p.price] == []


def test_about_eight_percent_of_sizes_are_sold_out() -> None:
    counted = [s.quantity for _, _, s in VARIANTS if s.quantity is not None]
    assert 0.06 <= share(counted.count(0), len(counted)) <= 0.10
    gone = [c.sku for _, c in ITEMS if all(s.quantity == 0 for s in c.sizes)]
    assert 5 <= len(gone) <= 40
    assert {"MV-1212-GLD", "AL-1702-MGD", "VC-2313-BLK"} & set(gone) != set()


@pytest.mark.parametrize(
    ("spec", "sizes"),
    [
        ("XS-L", ("XS", "S", "M", "L")),
        ("34-38/2", ("34", "36", "38")),
        ("36-38", ("36", "37", "38")),
        ("28/30, 30/32", ("28/30", "30/32")),
        ("36-38, 39-41", ("36-38", "39-41")),
        ("One Size", ("One Size",)),
        ("0-3M, 3-6M", ("0-3M", "3-6M")),
        ("", ()),
    ],
)
def test_sizes_are_expanded(spec: str, sizes: tuple[str, ...]) -> None:
    assert expand_sizes(spec) == sizes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('colors = "White, Black', 'colors = "Wihte, Black', "style 1001.*'Wihte'"),
        ('brand = "QM"', 'brand = "XX"', "style 1001.*'XX'"),
        ("price = 19", "prize = 19", r"style 1001.*\['prize'\].*\['price'\]"),
        ('title = "Harbour Breton Long-Sleeve"', 'title = "Everyday Crew-Neck Tee"', "two products"),
    ],
)
def test_a_slip_in_the_source_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    for name in ("store.toml", "women-tops.toml"):
        (tmp_path / name).write_text((SOURCE / name).read_text(encoding="utf-8"), encoding="utf-8")
    slipped = tmp_path / "women-tops.toml"
    slipped.write_text(slipped.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        load_products(tmp_path)


def dirty_lines() -> dict[int, tuple[str, str]]:
    """Line -> SKU and verdict, as dirty.md tells them."""
    text = (SAMPLES / "dirty.md").read_text(encoding="utf-8")
    sound = re.search(r"Nothing is wrong with the rows on lines ([\d, ]+)\.", text)
    assert sound is not None
    lines = {int(n): ("", "sound") for n in sound[1].split(",")}
    for line, sku, verdict in re.findall(r"^\| (\d+) \| `?([^|`]*)`? \| (\w+) \|", text, re.MULTILINE):
        lines[int(line)] = (sku.strip(), verdict)
    return lines


def test_dirty_md_tells_of_every_line_of_dirty_csv() -> None:
    physical = (SAMPLES / "dirty.csv").read_bytes().decode("utf-8", "replace").split("\n")[:-1]
    told = dirty_lines()
    continued = [n for n in range(2, len(physical) + 1) if n not in told]
    assert [physical[n - 1] for n in continued] == ['as some shops have them: two lines, one row."']
    assert {n: sku for n, (sku, _) in told.items() if sku not in physical[n - 1]} == {}
    verdicts = Counter(verdict for _, verdict in told.values())
    assert verdicts["sound"] * 2 >= verdicts.total() - verdicts["skipped"]
    assert verdicts["rejected"] >= 15
    assert verdicts["kept"] >= 15


def test_dirty_csv_is_not_valid_utf8_by_one_byte() -> None:
    data = (SAMPLES / "dirty.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert data.replace(b"\xfc", b"", 1).decode("utf-8")


def test_tags_repeat_what_some_formats_have_no_column_for() -> None:
    def missing(product: Product) -> set[str]:
        told = {product.occasion, product.pattern, *product.seasons} - {""}
        return told - set(product.all_tags)

    assert {p.title: missing(p) for p in PRODUCTS if missing(p)} == {}
