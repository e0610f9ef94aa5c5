"""All that the classifier of kinds learns from: made-up and written titles, the sample store, lookbooks, Polyvore."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from indexer.taxonomy.classifier.votes import path_vote, title_vote
from indexer.taxonomy.kinds import KINDS, NARROWER
from training.garments.titles import Sample, made_up, written

_ROOT = Path(__file__).resolve().parents[2]
STORE = _ROOT / "inventory_samples" / "source"
LOOKBOOKS = _ROOT / "training" / "lookbooks"


def gather(polyvore: Path | None, seed: int) -> list[Sample]:
    """Everything, in a fixed order. Without the file of outfits the net learns from fewer real titles."""
    found = [*made_up(seed), *written(), *_store(), *_lookbooks()]
    if polyvore is not None:
        found += [s for s in read_polyvore(polyvore) if s.source == "polyvore train"]
    return found


def read_polyvore(path: Path) -> Iterator[Sample]:
    """Names of pieces with what their category says they are; the held-out half has the source "polyvore test"."""
    for line in path.read_text(encoding="utf-8").splitlines():
        outfit = json.loads(line)
        held_out = (
            outfit["split"] == "valid" and hashlib.sha256(f"half/{outfit['set_id']}".encode()).digest()[0] % 2
        )
        source = "polyvore test" if held_out else "polyvore train"
        for item in outfit["items"]:
            kind = kind_of(item["name"], item.get("category") or "")
            if kind is not None and len(item["name"]) > 2:
                yield Sample(item["name"], kind, source, item["name"].lower())


def kind_of(title: str, shop_type: str) -> str | None:
    """What a title and the type beside it are, where the type says so: the title's kind where it is a kind of that."""
    typed = path_vote(shop_type, "en", "type")
    if typed is None or not typed.clear:
        return None
    named = title_vote(title, "en")
    if named is None or not named.clear:
        return typed.kind.name
    finer = typed.kind.generic and named.kind.slot == typed.kind.slot
    return named.kind.name if finer or named.kind.name in NARROWER[typed.kind.name] else typed.kind.name


def _store() -> Iterator[Sample]:
    for path in sorted(STORE.glob("*.toml")):
        for group in tomllib.loads(path.read_text(encoding="utf-8")).get("group", []):
            for product in group.get("product", []):
                kind = kind_of(product["title"], product.get("type") or group.get("type") or "")
                if kind is not None:
                    yield Sample(product["title"], kind, "store", f"store {product['no']}")
                    if text := product.get("text"):
                        yield Sample(text[:160], kind, "store text", f"store {product['no']}")


def _lookbooks() -> Iterator[Sample]:
    """Pieces of authored looks, whose slot is known, where the words name a kind of that slot."""
    for path in sorted(LOOKBOOKS.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for look in json.loads(line).get("looks", []):
                for slot, piece in look["pieces"].items():
                    vote = title_vote(piece, "en")
                    if vote is not None and vote.clear and KINDS[vote.kind.name].slot == slot:
                        yield Sample(piece, vote.kind.name, "lookbook", piece)
