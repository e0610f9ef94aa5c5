"""Rules that answer without a model: harmony, explanations, sizes, and the snapshot holder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from factories import candidate, item
from test_retriever import brief

import inventory_samples
from indexer.embedder import load_embedder
from indexer.errors import SnapshotError
from indexer.item import Item
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from service.catalog import live as holder
from service.catalog.child_sizes import for_age
from service.catalog.live import LiveCatalog
from service.catalog.sizes import is_one_size, normalise
from service.composition.compatibility import harmony
from service.composition.explanation import explanation, title
from service.errors import UnavailableError
from service.indexing.build import build_index
from service.settings import Settings


def colored(*colors: str, **attributes: object) -> Item:
    return item("x", colors=colors, formality=2, **attributes)


def test_neutrals_go_with_everything_and_accents_repeat() -> None:
    black, red, green = colored("black"), colored("red"), colored("green")
    assert harmony(black, [red]) >= 0
    assert harmony(colored("burgundy"), [red]) > 0
    assert harmony(green, [red]) < harmony(black, [red])


def test_one_bold_pattern_at_a_time() -> None:
    floral, plaid, plain = (colored("black", pattern=p) for p in ("floral", "plaid", "plain"))
    assert harmony(floral, [plain]) == 0
    assert harmony(floral, [plaid]) < -0.1


def test_levels_of_formality_stay_together() -> None:
    gown = item("g", "dress", formality=5)
    assert harmony(item("t", "shoes", formality=1), [gown]) < harmony(item("h", "shoes", formality=4), [gown])


def test_a_tie_needs_a_collar() -> None:
    tie = item("t", "accessory", kind="tie")
    assert harmony(tie, [item("s", kind="dress-shirt")]) == 0
    assert harmony(tie, [item("s", kind="hoodie")]) <= -0.5


def test_a_churidar_goes_under_a_kurta_and_not_under_a_shirt() -> None:
    churidar = item("b", "bottom", kind="churidar")
    assert harmony(churidar, [item("t", "top", kind="kurta")]) > -0.1
    assert harmony(churidar, [item("t", "top", kind="dress-shirt")]) <= -0.5


def test_an_explanation_names_the_outfits_own_pieces() -> None:
    pieces = [
        candidate("d", "dress", kind="day-dress", colors=("red",), warmth=1),
        candidate("s", "shoes", kind="heeled-sandals", colors=("black",)),
    ]
    text = explanation(pieces, brief(heat=2.0))
    assert "red day dress" in text
    assert "black heeled sandals" in text
    assert "light enough for a warm day" in text
    assert title(pieces) == "Red day dress with black heeled sandals"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("M", " medium "),
        ("2XL", "XXL"),
        ("EU 38", "38"),
        ("9,5", "9.5"),
        ("X-Large", "xl"),
        ("32 / 34", "32/34"),
        ("3xs", "xxxs"),
    ],
)
def test_sizes_that_are_the_same(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), [("S", "XS"), ("38", "UK 38"), ("M", "M/L"), ("10", "10.5")])
def test_sizes_that_are_not(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_one_size() -> None:
    assert all(is_one_size(s) for s in (None, "One Size", "OS", "taille unique"))
    assert not is_one_size("S")


@pytest.mark.parametrize(
    ("years", "sizes"), [(5.0, {"104", "110", "116", "5y", "4-5y", "5-6y"}), (0.5, {"62", "0-3m"})]
)
def test_sizes_of_an_age(years: float, sizes: set[str]) -> None:
    assert sizes <= set(for_age(years))


@pytest.fixture
def feeds(tmp_path: Path) -> tuple[Settings, list[Path]]:
    lines = (Path(inventory_samples.__file__).parent / "store.jsonl").read_text().splitlines()
    paths = []
    for n in (40, 60):
        path = tmp_path / f"{n}.jsonl"
        path.write_text("\n".join(lines[:n]))
        paths.append(path)
    return Settings(data_dir=tmp_path / "data"), paths


def test_a_holder_swaps_while_a_request_goes_on(
    feeds: tuple[Settings, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "POLL_SECONDS", 0.0)
    settings, (first, second) = feeds
    store = SnapshotStore(settings.data_dir)
    held = LiveCatalog(store, load_embedder())
    assert "stylist index" in held.why_not
    with pytest.raises(UnavailableError), held.lease():
        pass
    build_index(settings, [FeedSource(first)])
    with held.lease() as old:  # made by another process, picked up by the next request
        version = old.snapshot.version
        build_index(settings, [FeedSource(second)])
        with held.lease() as new:
            assert new.snapshot.version != version
            assert new.columns.count > old.columns.count
        assert old.snapshot.catalogue.at([0])
    held.close()


def test_a_damaged_snapshot_leaves_the_old_one_serving(
    feeds: tuple[Settings, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "POLL_SECONDS", 0.0)
    settings, (first, second) = feeds
    build_index(settings, [FeedSource(first)])
    store = SnapshotStore(settings.data_dir)
    held = LiveCatalog(store, load_embedder())
    with held.lease() as old:
        version = old.snapshot.version
    build_index(settings, [FeedSource(second)])
    catalogue = next(store.root.glob(f"snapshots/{store.current_version()}/catalogue.sqlite"))
    catalogue.write_bytes(catalogue.read_bytes()[:-1])
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(_version(held))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [version] * 4
    with pytest.raises(SnapshotError, match=r"catalogue\.sqlite"):
        held.reload()
    held.close()


def _version(held: LiveCatalog) -> str:
    with held.lease() as retriever:
        return retriever.snapshot.version


def test_winter_and_summer_pieces_do_not_meet() -> None:
    shorts = item("b", "bottom", warmth=0)
    assert harmony(item("k", warmth=3), [shorts]) < harmony(item("t", warmth=1), [shorts])
