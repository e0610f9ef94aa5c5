"""Product images: what is fetched while indexing, from where, and what is kept of it."""

from __future__ import annotations

import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hashing_embedder import HashingEmbedder
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.pipeline.build import BuildOptions, FeedSource, build_snapshot
from indexer.pipeline.images import EDGE, ImageError, ImageOptions, fetch, may_fetch, small
from indexer.storage.images import ImageFolder
from indexer.storage.snapshot import SnapshotStore


def picture(size: tuple[int, int] = (900, 600), format: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 200 if mode == "L" else (200, 40, 60, 90)[: len(mode)]).save(out, format)
    return out.getvalue()


class Shop:
    """A web server on this machine; `pages` are what it has, `asked` what was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.asked.append(self.path)
                status, headers, body = shop.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, headers, body)
        return f"http://{self.host}{path}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever)
    thread.start()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("address", "hosts", "allowed"),
    [
        ("https://cdn.shop.example/a.jpg", ["cdn.shop.example"], True),
        ("https://CDN.shop.example:443/a.jpg", ["cdn.shop.example"], True),
        ("http://cdn.shop.example/a.jpg", ["cdn.shop.example"], True),
        ("https://a.b.shop.example/a.jpg", ["*.shop.example"], True),
        ("https://shop.example/a.jpg", ["*.shop.example"], False),
        ("https://evilshop.example/a.jpg", ["*.shop.example", "shop.example"], False),
        ("https://shop.example.evil.example/a.jpg", ["shop.example"], False),
        ("https://shop.example@evil.example/a.jpg", ["shop.example"], False),
        ("https://user:word@shop.example/a.jpg", ["shop.example"], False),
        ("https://shop.example:8443/a.jpg", ["shop.example"], False),
        ("https://shop.example:8443/a.jpg", ["shop.example:8443"], True),
        ("ftp://shop.example/a.jpg", ["shop.example"], False),
        ("file:///etc/passwd", [""], False),
        ("//shop.example/a.jpg", ["shop.example"], False),
        ("https://[::1/a.jpg", ["[::1"], False),
        ("https://shop.example:port/", ["shop.example"], False),
    ],
)
def test_only_listed_hosts_are_asked(address, hosts, allowed):
    assert may_fetch(address, hosts) is allowed


@given(st.text(max_size=60))
def test_no_address_is_of_no_listed_host(address):
    assert not may_fetch(address, ["cdn.shop.example"]) or "cdn.shop.example" in address.lower()


def why_not(shop: Shop, address: str, max_bytes: int = 1_000_000) -> str:
    with httpx.Client(trust_env=False) as client, pytest.raises(ImageError) as failed:
        fetch(client, address, ImageOptions((shop.host,), max_bytes))
    return str(failed.value)


def test_a_redirect_is_followed_to_listed_hosts_alone(shop):
    shop.put("/b", b"here")
    ours = shop.put("/a", b"", 302, Location="/b")
    with httpx.Client(trust_env=False) as client:
        assert fetch(client, ours, ImageOptions((shop.host,))) == b"here"
    away = shop.put("/away", b"", 302, Location="http://169.254.169.254/latest/meta-data")
    assert why_not(shop, away) == "on hosts that are not listed"
    circle = shop.put("/circle", b"", 302, Location="/circle")
    assert why_not(shop, circle) == "redirected too often"
    assert shop.asked.count("/circle") == 4


def test_what_is_too_large_missing_or_away_says_so(shop):
    assert why_not(shop, shop.put("/big", b"x" * 2000), max_bytes=1000) == "too large"
    assert why_not(shop, f"http://{shop.host}/none") == "answered 404"
    shop.server.server_close()
    assert why_not(shop, f"http://{shop.host}/none") in ("not reached", "answered 404")


@pytest.mark.parametrize(
    ("data", "size", "mode"),
    [
        (picture(), (480, 320), "RGB"),
        (picture((300, 200), "JPEG"), (300, 200), "RGB"),
        (picture((200, 1000), "WEBP"), (96, 480), "RGB"),
        (picture((600, 600), "PNG", "RGBA"), (480, 480), "RGBA"),
        (picture((600, 600), "GIF", "L"), (480, 480), "RGB"),
    ],
)
def test_images_are_kept_small_as_webp(data, size, mode):
    with Image.open(io.BytesIO(small(data))) as kept:
        assert (kept.format, kept.size, kept.mode) == ("WEBP", size, mode)
        assert max(kept.size) <= EDGE


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:60], picture((30, 30), "BMP")],
)
def test_what_is_no_image_is_not_kept(data):
    with pytest.raises(ImageError, match="not an image"):
        small(data)


def test_an_image_of_too_many_pixels_is_not_unpacked():
    with pytest.raises(ImageError):
        small(picture((7100, 7100), "PNG", "L"))


def feed(folder: Path, rows: list[tuple[str, str]], quantity: int = 1) -> FeedSource:
    file = folder / "feed.csv"
    lines = [f"{sku},Linen shirt,Shirts,women,white,40,EUR,{quantity},{url}" for sku, url in rows]
    file.write_text("\n".join(["sku,title,category,gender,color,price,currency,quantity,image_url", *lines]))
    return FeedSource(file)


def build(store: SnapshotStore, source: FeedSource, *hosts: str):
    images = ImageOptions(hosts) if hosts else None
    return build_snapshot(store, [source], HashingEmbedder(), BuildOptions(images=images))


def test_a_build_keeps_the_images_of_its_items(shop, tmp_path):
    good, bad = shop.put("/good.png", picture()), shop.put("/bad.png", b"<html>")
    store = SnapshotStore(tmp_path / "data")
    source = feed(tmp_path, [("A", good), ("B", bad), ("C", "https://elsewhere.example/x.jpg"), ("D", "")])
    report = build(store, source, shop.host)
    (note,) = [n for n in report.notes if n.startswith("images:")]
    assert note.startswith("images: 1 fetched, 0 kept from before, 2 missing (")
    assert "1 not an image" in note
    assert "1 on hosts that are not listed" in note
    with store.current() as snapshot:
        assert "images.json" in snapshot.manifest.files
        data = snapshot.images.of(good)
        assert data is not None
        assert Image.open(io.BytesIO(data)).format == "WEBP"
        assert snapshot.images.of(bad) is None
        assert snapshot.images.of("https://elsewhere.example/x.jpg") is None


def test_images_are_not_fetched_twice_and_survive_the_snapshot_before(shop, tmp_path):
    good = shop.put("/good.png", picture())
    store = SnapshotStore(tmp_path / "data")
    build(store, feed(tmp_path, [("A", good)]), shop.host)
    assert build(store, feed(tmp_path, [("A", good)]), shop.host).unchanged
    report = build(store, feed(tmp_path, [("A", good)], quantity=2), shop.host)
    assert "images: 0 fetched, 1 kept from before" in report.notes
    assert shop.asked == ["/good.png"]
    store.prune(keep=1)
    with store.current() as snapshot:
        assert snapshot.images.of(good) is not None


def test_without_hosts_nothing_is_fetched_and_with_them_an_unchanged_feed_is_built_once_more(shop, tmp_path):
    good = shop.put("/good.png", picture())
    store = SnapshotStore(tmp_path / "data")
    source = feed(tmp_path, [("A", good)])
    build(store, source)
    assert shop.asked == []
    with store.current() as snapshot:
        assert not snapshot.images.exists
        assert snapshot.images.of(good) is None
    assert not build(store, source, shop.host).unchanged
    assert build(store, source).unchanged


def test_a_damaged_image_is_none_and_a_damaged_index_is_found(shop, tmp_path):
    good = shop.put("/good.png", picture())
    store = SnapshotStore(tmp_path / "data")
    build(store, feed(tmp_path, [("A", good)]), shop.host)
    version = store.current_version()
    assert version
    folder = store.snapshots / version
    (file,) = (folder / "images").iterdir()
    file.write_bytes(b"RIFFxxxx")
    with store.current() as snapshot:
        assert snapshot.images.of(good) is None
    (folder / "images.json").write_text(json.dumps({good: "../../etc/passwd"}))
    with pytest.raises(Exception, match=r"images\.json is damaged"):
        store.current()


def test_a_folder_reads_no_other_file(tmp_path):
    (tmp_path / "secret.webp").write_bytes(b"secret")
    folder = ImageFolder(tmp_path / "snapshot")
    assert folder.read("../../secret") is None
    assert folder.read("0" * 64) is None
