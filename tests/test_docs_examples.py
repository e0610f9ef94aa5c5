"""The examples of the documents: what they call exists, and what they show is what the real thing prints."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from reading_docs import API, DOCS, PATHS, README, ROOT, blocks, commands, routes
from starlette.routing import Match

from docs.make_examples import DOCUMENTS, remake, stale
from service.api.app import create_app
from service.api.routes.events import FEEDBACK_PATH
from service.api.routes.reindex import REINDEX_PATH, ReindexPaths
from service.api.routes.stock import STOCK_PATH
from service.catalog.stock_patches import StockPatch
from service.errors import InvalidError
from service.schemas.events import SentEvent
from service.schemas.outfits import OutfitRequest, OutfitResponse, Unmet
from service.settings import Settings


def curls(text: str) -> list[str]:
    start = r"^(?:\w+=\$\()?curl "
    found = [c for b in blocks(text, "sh") for c in re.findall(rf"{start}.*?(?={start}|\Z)", b, re.M | re.S)]
    assert len(found) == len(re.findall(start, text, re.MULTILINE))
    return found


CURLS = [*curls(README), *curls(API)]


READ_BY_HAND = {REINDEX_PATH: ReindexPaths, STOCK_PATH: list[StockPatch], FEEDBACK_PATH: SentEvent}
"""Bodies that the framework does not read."""


def body_of(method: str, path: str) -> Any:
    """The type of the body that a route takes."""
    scope = {"type": "http", "method": method, "path": path}
    (route,) = (r for r in routes() if r.matches(scope)[0] is Match.FULL)
    return route.body_field.field_info.annotation if route.body_field else READ_BY_HAND[path]


@pytest.mark.parametrize("command", CURLS, ids=range(len(CURLS)))
def test_every_curl_asks_what_exists(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    (url,) = (word for word in words if word.startswith("http"))
    path = url.removeprefix("http://127.0.0.1:8000").partition("?")[0]
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if {"-d", "-F"} & set(words) else "GET"
    paths = create_app(Settings(data_dir=tmp_path)).openapi()["paths"]
    operations = [v for k, v in paths.items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", k), path)]
    assert [method.lower() in operation for operation in operations] == [True]
    if "?" in url:
        given = set(re.findall(r"[?&](\w+)=", url))
        assert given <= {parameter["name"] for parameter in operations[0]["get"]["parameters"]}
    if "-d" in words:
        body = words[words.index("-d") + 1]
        if path == "/v1/outfits" and '"count": 99' in body:
            with pytest.raises(ValidationError):
                OutfitRequest.model_validate_json(body)
        else:
            TypeAdapter(body_of(method, path)).validate_json(body)


@pytest.mark.parametrize("text", [README, API], ids=["README", "API"])
def test_the_error_shown_is_the_error_given(text: str) -> None:
    (shown,) = (json.loads(b) for b in blocks(text, "json") if '"about:blank"' in b)
    (body,) = (shlex.split(c)[-1] for c in CURLS if '"count": 99' in c)
    with pytest.raises(ValidationError) as raised:
        OutfitRequest.model_validate_json(body)
    error = InvalidError.from_validation(raised.value)
    assert (shown["status"], shown["title"], shown["detail"]) == (error.status, error.title, error.detail)
    assert [(e["field"], e["message"]) for e in shown["errors"]] == [
        (e.field, e.message) for e in error.errors
    ]


def test_the_answer_shown_has_the_shape_of_an_answer() -> None:
    (shown,) = (json.loads(b) for b in blocks(README, "json") if '"outfits"' in b)
    for item in shown["outfits"][0]["items"]:
        item |= {"image_url": "", "url": ""}  # left out, as the text says
    assert OutfitResponse.model_validate(shown).model_dump() == shown
    sold = stock()
    for item in shown["outfits"][0]["items"]:
        assert (item["title"], item["brand"], item["price"], item["size"] or "One Size") in sold
    (unmet,) = (json.loads(b)["unmet"] for b in blocks(API, "json") if '"unmet"' in b)
    assert [Unmet.model_validate(entry).model_dump() for entry in unmet] == unmet


def stock() -> set[tuple[str, str, float, str]]:
    """(title, brand, price, size) of everything that the sample store has in stock."""
    with (ROOT / "inventory_samples" / "store.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["title"], row["brand"], float(row["sale_price"] or row["price"]), row["size"])
            for row in csv.DictReader(file)
            if row["quantity"] != "0"
        }


def test_the_outfits_shown_are_of_the_sample_store() -> None:
    (transcript,) = (b for b in blocks(README, "console") if "stylist compose" in b)
    outfits = re.split(r"^\d+\. ", transcript, flags=re.MULTILINE)[1:]
    assert len(outfits) == 3
    sold = stock()
    for outfit in outfits:
        lines = outfit.splitlines()
        end = next(i for i, line in enumerate(lines) if line.startswith("   total"))
        total = 0.0
        for line in lines[2:end]:
            _, title, brand, size, price = re.split(r" {2,}", line.strip())
            amount = float(price.removesuffix(" EUR"))
            total += amount
            assert (title, brand, amount, "One Size" if size == "-" else size) in sold
        assert lines[end].startswith(f"   total {total:.2f} EUR ")


def shell_lines(text: str) -> list[str]:
    """Calls of `stylist` in code: at the start of a line, after a prompt, in $(...), in backticks, in an image."""
    found = re.findall(r"(?:^ *|^\$ |\$\(|`|vibe-stylist )(stylist [a-z][^`|)\n#]*)", text, re.MULTILINE)
    return [line.strip() for line in found]


@pytest.mark.parametrize("path", PATHS)
def test_every_call_of_stylist_is_possible(path: str) -> None:
    known = commands()
    for line in shell_lines(DOCS[path]):
        words = shlex.split(line.removesuffix("`, "))
        names = [name for name in known if words[: len(name.split())] == name.split()]
        assert names, line
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= {o for p in known[names[0]].params for o in [*p.opts, *p.secondary_opts]}, line


BY_HAND = (
    '{"id": "c14f7b26e5db1f98", "status": "running"',  # of a moment
    '{"before": 707, "after": 496,',
    '{"rule": {"action": "exclude"',  # sent, not answered
    '{"time": "2026-11-22T15:04:05.123Z"',  # of a log
    '{"vibe": "black tie gala"',  # sent, not answered
)


def test_no_example_of_feeds_is_stale(tmp_path: Path) -> None:
    """The others want an index of the whole store and the models: `make docs ARGS=--check` says which of them are."""
    path = "docs/feeds.md"
    assert stale(DOCS[path], remake([path], tmp_path, "retrieval")[path]) == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_transcript_and_answer_is_made_by_a_command(path: str) -> None:
    loose = re.findall(r"(?<! -->)\n```(?:console|json)\n([^\n]*)", DOCS[path])
    assert [line for line in loose if not line.startswith(BY_HAND)] == []
