"""Feeds from addresses: fetched once while they do not change, within bounds, and from nobody who was not named."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from feed_server import FeedServer, feed_server
from hypothesis import given
from hypothesis import strategies as st
from quick_builds import QuickEmbedder, rows

from indexer.errors import FeedError
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from service.indexing import download
from service.indexing.addresses import is_address, is_allowed, parse_address, redirected
from service.indexing.build import build_index
from service.indexing.download import FOLDER, Fetching, fetch, kept_at
from service.indexing.guard import is_public
from service.settings import Settings

BODY = b"sku,title\n1,Shirt\n"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as told:
        yield told


@pytest.fixture
def how(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path / FOLDER, 10_000, 20.0, ["127.0.0.1"])


@pytest.mark.parametrize("headers", [{"ETag": '"v1"'}, {"Last-Modified": "Mon, 02 Feb 2026 10:00:00 GMT"}])
def test_an_unchanged_feed_is_not_fetched_again(
    server: FeedServer, how: Fetching, headers: dict[str, str]
) -> None:
    server.serve("/feed.csv", BODY, **headers)
    told: list[int] = []
    first = fetch(server.url("/feed.csv"), how, told.append)
    assert first.read_bytes() == BODY
    assert fetch(server.url("/feed.csv"), how, told.append) == first
    assert sum(told) == len(BODY)
    server.serve("/feed.csv", b"sku,title\n2,Skirt\n", ETag='"v2"')
    assert fetch(server.url("/feed.csv"), how).read_bytes() == b"sku,title\n2,Skirt\n"
    assert first.stat().st_mode & 0o077 == 0


def test_what_is_kept_is_fetched_again_when_it_is_damaged(server: FeedServer, how: Fetching) -> None:
    server.serve("/feed.csv", BODY, ETag='"v1"')
    path = fetch(server.url("/feed.csv"), how)
    path.write_bytes(b"half")
    assert fetch(server.url("/feed.csv"), how).read_bytes() == BODY
    about = path.parent / "about.json"
    for text in ("", "[]", "{"):
        about.write_text(text)
        assert fetch(server.url("/feed.csv"), how).read_bytes() == BODY
    assert json.loads(about.read_text())["etag"] == '"v1"'


def test_a_feed_that_fails_leaves_what_was_kept(server: FeedServer, how: Fetching) -> None:
    server.serve("/feed.csv", BODY, ETag='"v1"')
    path = fetch(server.url("/feed.csv"), how)
    server.serve("/feed.csv", b"x" * 20_000)
    with pytest.raises(FeedError, match="is larger than 10,000 bytes"):
        fetch(server.url("/feed.csv"), how)
    assert path.read_bytes() == BODY
    assert sorted(p.name for p in path.parent.iterdir()) == ["about.json", "feed"]


def endless(request) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 1000)


def cut_off(request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"x")


def dripping(request) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b"x")
        request.wfile.flush()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (endless, "is larger than 10,000 bytes; STYLIST_MAX_UPLOAD_BYTES"),
        (cut_off, "cannot be fetched"),
        (dripping, r"did not arrive in time; STYLIST_FEED_SECONDS \(0\.3\)"),
    ],
)
def test_bodies_without_end_or_without_haste_are_given_up(
    server: FeedServer, tmp_path: Path, answer, message: str
) -> None:
    server.answers["/feed"] = answer
    seconds = 0.3 if answer is dripping else 20.0
    with pytest.raises(FeedError, match=message) as caught:
        fetch(server.url("/feed"), Fetching(tmp_path / FOLDER, 10_000, seconds, None))
    assert str(caught.value).startswith(server.url("/feed"))


@pytest.mark.parametrize("status", [204, 301, 401, 404, 500])
def test_other_answers_are_said(server: FeedServer, how: Fetching, status: int) -> None:
    server.serve("/feed", b"", status)
    with pytest.raises(FeedError, match=f"the server answered {status}"):
        fetch(server.url("/feed"), how)


def test_a_packed_answer_is_kept_as_it_is_and_odd_ones_are_refused(server: FeedServer, how: Fetching) -> None:
    server.serve("/gz", gzip.compress(BODY), Content_Encoding="gzip")
    assert gzip.decompress(fetch(server.url("/gz"), how).read_bytes()) == BODY
    server.serve("/br", b"x", Content_Encoding="br")
    with pytest.raises(FeedError, match="comes as br"):
        fetch(server.url("/br"), how)


def test_secrets_go_to_the_server_alone(server: FeedServer, tmp_path: Path) -> None:
    server.serve("/feed", BODY)
    server.redirect("/moved", f"http://localhost:{server.port}/feed")
    url = server.url("/moved?token=secret", user="ann:pa%20ss@")
    path = fetch(url, Fetching(tmp_path / FOLDER, 10_000, 20.0, None))
    first, second = server.asked
    assert first[1]["Authorization"] == "Basic " + base64.b64encode(b"ann:pa ss").decode()
    assert "Authorization" not in second[1]
    kept = path.parent.name + (path.parent / "about.json").read_text()
    assert "secret" not in kept
    with pytest.raises(FeedError) as caught:
        fetch(url.replace("/moved", "/gone"), Fetching(tmp_path / FOLDER, 10_000, 20.0, None))
    assert str(caught.value) == f"{server.url('/gone')}?...: the server answered 404"


def test_redirects_stay_on_allowed_hosts(server: FeedServer, how: Fetching) -> None:
    server.serve("/feed", BODY)
    server.redirect("/here", "/feed")
    assert fetch(server.url("/here"), how).read_bytes() == BODY
    server.redirect("/there", f"http://localhost:{server.port}/feed")
    with pytest.raises(
        FeedError, match=r"redirects to, on the host localhost:\d+ is not among STYLIST_FEED_HOSTS"
    ):
        fetch(server.url("/there"), how)
    server.redirect("/port", "http://127.0.0.1:6379/")
    with pytest.raises(FeedError, match=r"127\.0\.0\.1:6379 is not among"):
        fetch(server.url("/port"), how)
    server.redirect("/round", "/round")
    with pytest.raises(FeedError, match="redirects more than 5 times"):
        fetch(server.url("/round"), how)
    for target in ("file:///etc/passwd", "ftp://x/y", "http://", "//"):
        server.redirect("/odd", target)
        with pytest.raises(FeedError):
            fetch(server.url("/odd"), how)


def test_a_redirect_to_another_allowed_host_must_be_public(server: FeedServer, tmp_path: Path) -> None:
    server.serve("/feed", BODY)
    server.redirect("/there", f"http://localhost:{server.port}/feed")
    how = Fetching(tmp_path / FOLDER, 10_000, 20.0, ["127.0.0.1", "localhost", "169.254.169.254"])
    with pytest.raises(FeedError, match="is redirected to a host that is not public"):
        fetch(server.url("/there"), how)
    server.redirect("/metadata", "http://169.254.169.254/latest")
    with pytest.raises(FeedError, match="is redirected to a host that is not public"):
        fetch(server.url("/metadata"), how)
    assert [path for path, _ in server.asked] == ["/there", "/metadata"]


def test_a_host_that_is_not_named_is_not_asked(server: FeedServer, tmp_path: Path) -> None:
    for hosts in ([], ["example.com"], ["127.0.0.1:1"]):
        with pytest.raises(FeedError, match="is not among STYLIST_FEED_HOSTS"):
            fetch(server.url("/feed"), Fetching(tmp_path / FOLDER, 10_000, 20.0, hosts))
    assert server.asked == []


def test_unknown_hosts_and_closed_ports_are_said(tmp_path: Path) -> None:
    how = Fetching(tmp_path / FOLDER, 10_000, 20.0, None)
    for url, message in (
        ("http://nowhere.invalid/feed", "the host nowhere.invalid is not known"),
        ("http://127.0.0.1:9/feed", "cannot be fetched"),
    ):
        with pytest.raises(FeedError, match=message):
            fetch(url, how)


def test_only_the_latest_feeds_are_kept(
    server: FeedServer, how: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "KEPT", 2)
    for name in "abc":
        server.serve(f"/{name}", BODY)
        fetch(server.url(f"/{name}"), how)
    assert len(list(how.folder.iterdir())) == 2
    assert kept_at(how.folder, server.url("/c")).exists()


def test_a_build_fetches_what_has_an_address(
    server: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.embedder.load_embedder", lambda _: QuickEmbedder())
    settings = Settings(data_dir=tmp_path / "data")
    server.serve("/feed.csv", gzip.compress(rows(3).encode()), ETag='"1"')
    url = server.url("/feed.csv")
    source = FeedSource(kept_at(settings.data_dir / FOLDER, url), name="the feed", url=url)
    with pytest.raises(FeedError, match="is not among STYLIST_FEED_HOSTS"):
        build_index(settings, [source])
    report = build_index(settings, [source], hosts=["127.0.0.1"])
    assert (report.items, report.sources[0].file) == (3, "the feed")
    assert build_index(settings, [source], hosts=None).unchanged
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, '"1"']
    assert SnapshotStore(settings.data_dir).current_version() == report.version


@pytest.mark.parametrize(
    ("text", "label", "origin"),
    [
        (
            "HTTPS://Feeds.Example.com/ab",
            "https://feeds.example.com/ab",
            ("https", "feeds.example.com", 443),
        ),
        ("http://u:p@x.test:8080/f?token=1#top", "http://x.test:8080/f?...", ("http", "x.test", 8080)),
        ("http://[::1]:80/", "http://[::1]/", ("http", "::1", 80)),
        ("https://bücher.example", "https://xn--bcher-kva.example/", ("https", "xn--bcher-kva.example", 443)),
    ],
)
def test_addresses_are_taken_apart(text: str, label: str, origin: tuple[str, str, int]) -> None:
    found = parse_address(text)
    assert (found.label, found.origin) == (label, origin)


@pytest.mark.parametrize(
    "text",
    ["http://", "http:///x", "http://a b/", "http://x\\@y/", "http://x:99999/", "http://x:y/", "http://[::1/", "http://a%2fb/",
     "http://" + "a" * 3000, "http://fe80::1%25eth0/", "http://.../"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(FeedError):
        parse_address(text)


@given(st.text(max_size=60))
def test_no_text_makes_addresses_stumble(text: str) -> None:
    for url in (text, f"http://{text}", f"https://x.test/{text}"):
        is_address(url)
        try:
            address = parse_address(url)
        except FeedError:
            continue
        assert address.label.startswith((f"{address.scheme}://", "http"))
        assert address.target.isascii()
        assert redirected(address, "/other").host == address.host


@given(
    st.from_regex(r"[a-z]{1,8}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    st.integers(1, 65535),
    st.text(max_size=20),
)
def test_an_address_is_allowed_by_its_own_host_alone(host: str, port: int, tail: str) -> None:
    address = parse_address(f"http://{host}:{port}/{quote(tail)}")
    assert is_allowed(address, [host])
    assert is_allowed(address, [f"{host.upper()}:{port}"])
    assert not is_allowed(address, [f"x{host}", f"{host}.x", host[1:], f"{host}:{port % 65535 + 1}"])


NOT_PUBLIC = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
    ::1 :: fe80::1%eth0 fc00::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ff02::1
"""


@pytest.mark.parametrize(
    ("address", "public"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), *((a, False) for a in NOT_PUBLIC.split())],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public
