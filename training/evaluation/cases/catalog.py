"""A store made of held-out looks: a real snapshot whose items are their pieces. Knows no language model.

The pieces go through the same feed reader, taxonomy, embedder and snapshot as a store's own feed, and come back
through the same filters and search. Near misses of the looks are in it too, but sold out: pieces that lie near a
wish and must never be offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedder import Embedder
from indexer.item import Department, Slot
from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.storage.snapshot import SnapshotStore
from service.catalog.view import CatalogView
from service.composition.planner import Planned, make_plans
from service.query.encoder import QueryEncoder
from service.query.parser import QueryParser
from service.query.wish import QueryIntent
from service.registry.evaluation import EvaluationError
from service.retrieval.retriever import Retriever
from service.schemas.outfits import OutfitRequest
from training.data.looks import StyledLook

ROWS = "rows.json"
_FEED = "feed.jsonl"
_SIZE = "M"
_CURRENCY = "EUR"
_TYPICAL: Mapping[Slot, float] = {
    "top": 50,
    "bottom": 70,
    "dress": 100,
    "outerwear": 160,
    "shoes": 110,
    "bag": 90,
    "jewelry": 45,
    "accessory": 30,
}
"""Median price per slot, in euros."""
_SPREAD = 0.5

Home = tuple[str, str]
"""Group and id of a look that a piece belongs to."""


@dataclass(frozen=True, slots=True)
class Row:
    """One piece as it was put into the feed. What composes never sees this; what checks an outfit trusts it alone."""

    sku: str
    slot: Slot
    text: str
    department: Department
    cents: int
    quantity: int
    homes: tuple[Home, ...]

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(group for group, _ in self.homes)


def lookbook_catalogue(
    looks: Sequence[StyledLook], folder: Path, embedder: Embedder, *, seed: int = 0, sold_out: bool = True
) -> Path:
    """Build a snapshot of the looks' pieces in `folder`, a data directory as the service reads it.

    The same text in the same slot is one item with several homes. Prices are seeded. Without `sold_out` the near
    misses stay out of it. Raises EvaluationError when there is no look.
    """
    if not looks:
        raise EvaluationError("catalogue: looks: there are none to build a catalogue of")
    rows = _rows(looks, seed, sold_out)
    folder.mkdir(parents=True, exist_ok=True)
    feed = folder / _FEED
    feed.write_text("".join(json.dumps(_record(row)) + "\n" for row in rows), encoding="utf-8")
    (folder / ROWS).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    build_snapshot(SnapshotStore(folder), [FeedSource(feed, "jsonl", currency=_CURRENCY)], embedder)
    return folder


def _rows(looks: Sequence[StyledLook], seed: int, sold_out: bool) -> list[Row]:
    homes: dict[tuple[Slot, str, bool], list[Home]] = {}
    departments: dict[tuple[Slot, str, bool], set[Department]] = {}
    for look in looks:
        department = look.department or "unisex"
        own = list(look.pieces.items())
        missed = [(slot, miss) for slot, misses in look.misses.items() for miss in misses] if sold_out else []
        for n, (slot, text) in enumerate([*own, *missed]):
            key = (slot, text, department == "kids")
            departments.setdefault(key, set()).add(department)
            homes.setdefault(key, []).extend([(look.group, look.id)] if n < len(own) else [])
    rng = np.random.default_rng(seed)
    return [
        Row(
            sku=f"P{n:05d}",
            slot=slot,
            text=text,
            department=next(iter(owners)) if len(owners := departments[slot, text, kids]) == 1 else "unisex",
            cents=round(_TYPICAL[slot] * float(np.exp(_SPREAD * rng.standard_normal()))) * 100 - 10,
            quantity=3 if homes[slot, text, kids] else 0,
            homes=tuple(dict.fromkeys(homes[slot, text, kids])),
        )
        for n, (slot, text, kids) in enumerate(sorted(homes))
    ]


def _key(row: Row) -> tuple[Slot, str, bool]:
    """What makes a row: no two have the same."""
    return row.slot, row.text, row.department == "kids"


def _record(row: Row) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "title": row.text,
        "slot": row.slot,
        "department": row.department,
        "size": _SIZE,
        "price": row.cents / 100,
        "currency": _CURRENCY,
        "quantity": row.quantity,
    }


class LookbookCatalogue:
    """The snapshot in `folder`, open for requests, and where its pieces come from."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Raises EvaluationError when the folder has no such catalogue, SnapshotError when it is damaged."""
        self.rows: dict[str, Row] = {row.sku: row for row in _read_rows(folder / ROWS)}
        self.briefs = QueryParser(embedder)
        self._embedder = embedder
        self._tuned: dict[str, QueryParser] = {}
        snapshot = SnapshotStore(folder).current()
        snapshot.require_embedder(embedder.name, embedder.digest)
        self.retriever = Retriever(CatalogView(snapshot))
        places = {item.sku: place for place, item in self.retriever.view.bearers(self.rows).items()}
        self._places = {_key(row): places[row.sku] for row in self.rows.values() if row.sku in places}

    def plan(
        self, request: OutfitRequest, candidates: int, encoder: QueryEncoder | None = None
    ) -> tuple[Planned, QueryIntent]:
        """What serving would compose for the request, with so many candidates per slot, and how it was read: by the
        embedder alone, or with a query encoder.
        """
        brief = self.read(request, encoder)
        return make_plans(request, brief, self.retriever, max(candidates, request.count)), brief

    def read(self, request: OutfitRequest, encoder: QueryEncoder | None = None) -> QueryIntent:
        """How serving reads the request: by the embedder alone, or with a query encoder."""
        if encoder is not None and encoder.digest not in self._tuned:
            self._tuned[encoder.digest] = QueryParser(self._embedder, encoder)
        return (self.briefs if encoder is None else self._tuned[encoder.digest]).read(request)

    def position(self, slot: Slot, text: str, department: Department | None) -> int:
        """Where the index has a piece that looks of the department wear. Raises EvaluationError naming it."""
        try:
            return self._places[slot, text, department == "kids"]
        except KeyError as error:
            raise EvaluationError(f"catalogue: {slot}: {text!r} is not here") from error

    def labels(self) -> set[tuple[Slot, str]]:
        """Slot and label of every piece in stock: all that a stylist may be asked about."""
        items = self.retriever.view.snapshot.catalogue.iter_items()
        return {(item.slot, item.label()) for item in items if item.slot is not None and item.in_stock}

    def cost(self, look: StyledLook) -> int:
        """What the look costs here, in cents. Raises EvaluationError naming a piece that is not here."""
        prices = {(row.slot, row.text, home): row.cents for row in self.rows.values() for home in row.homes}
        try:
            return sum(prices[slot, text, (look.group, look.id)] for slot, text in look.pieces.items())
        except KeyError as error:
            raise EvaluationError(f"catalogue: look {look.id!r}: not here: {error}") from error

    def close(self) -> None:
        self.retriever.view.snapshot.close()


def _read_rows(path: Path) -> Iterable[Row]:
    try:
        rows = [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise EvaluationError(f"{path}: is no list of rows: {error}") from error
    return [replace(row, homes=tuple((group, look) for group, look in row.homes)) for row in rows]
