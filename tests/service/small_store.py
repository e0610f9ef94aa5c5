"""A store of made-up items in memory, with a real vector index over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.item import Item
from indexer.storage.catalogue import Found
from indexer.storage.vectors import VectorIndex
from service.catalog.view import CatalogView
from service.query.wish import QueryIntent
from service.retrieval.retriever import Retriever

DIM = 8


@dataclass
class _Rows:
    """A catalogue that is a list."""

    items: list[Item]

    def iter_items(self) -> Iterator[Item]:
        return iter(self.items)

    def at(self, positions: list[int]) -> list[Item]:
        return [self.items[p] for p in positions]

    def get(self, sku: str) -> Found | None:
        return next((Found(p, item, None) for p, item in enumerate(self.items) if item.sku == sku), None)


@dataclass
class _Snapshot:
    catalogue: _Rows
    vectors: VectorIndex
    version: str = "test"


def retriever_over(items: list[Item], vectors: NDArray[Any]) -> Retriever:
    """A retriever over these items, at these vectors made unit ones; shape (items, dim)."""
    rows = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return Retriever(CatalogView(_Snapshot(_Rows(items), VectorIndex.build(rows))))  # type: ignore[arg-type]


def retriever(items: list[Item], seed: int = 0) -> Retriever:
    """A retriever over these items, at random vectors."""
    return retriever_over(items, np.random.default_rng(seed).normal(size=(len(items), DIM)))


def brief(**changes: Any) -> QueryIntent:
    """A wish for women that says nothing of weather or occasion."""
    vector = np.eye(DIM, dtype=np.float32)[0]
    values: dict[str, Any] = {
        "formality": 2.5,
        "heat": None,
        "wet": False,
        "snow": False,
        "activity": "",
        "department": "women",
        "kids_line": "",
        "age": None,
        "season": None,
        "said": "",
        "words": vector,
        "query": vector,
    }
    return QueryIntent(**(values | changes))
