"""Looks in words -> looks of a store's own items: for each piece the nearest item that such a shopper is shown.

As serving retrieves: the same encoder, slot by slot, within the department. What has no item near enough is left
out, so that no look is taught with a piece that the store does not have the like of. Knows no language model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.embedder import Embedder, Vectors
from indexer.item import SLOTS, Department, Slot
from service.catalog.columns import Positions
from service.catalog.view import CatalogView
from training.data.looks import Source, StyledLook

THRESHOLD = 0.6
"""Cosine below which the nearest item is another thing, not the store's version of it."""

SHORTLIST = 16
"""Items per piece that the index gives; of these the label decides, as an item's full text says much beside it."""

_LEAST = 3
_GROWN: tuple[Department, ...] = ("women", "men")
_Place = tuple[Slot, Department]


@dataclass(frozen=True, slots=True)
class Match:
    """An item's label and the cosine between a piece's text and the item's."""

    label: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Matched:
    """The looks that could be matched, and counts of what went in. `pieces` and `found` are by slot."""

    looks: list[StyledLook]
    given: int
    pieces: dict[Slot, int]
    found: dict[Slot, int]

    @property
    def share(self) -> float:
        """Of all pieces those that have an item near enough, from 0 to 1; 0 when there were none."""
        return sum(self.found.values()) / max(1, sum(self.pieces.values()))

    def lines(self) -> list[str]:
        """The report in words, one fact a line."""
        slots = [f"{slot}: {self.found[slot]} of {count}" for slot, count in self.pieces.items() if count]
        return [f"{len(self.looks)} of {self.given} looks, {self.share:.0%} of the pieces matched", *slots]


def match_looks(
    looks: Sequence[StyledLook],
    catalog: CatalogView,
    embedder: Embedder,
    threshold: float = THRESHOLD,
    least: int = _LEAST,
) -> Matched:
    """The looks with each piece's text replaced by the label of the nearest item, where `least` pieces have one.

    A look for nobody in particular becomes one for women or men, whichever the store matches better. Near misses
    are matched too, and left out where they come to the look's own item. Raises SnapshotError when the snapshot
    is of another encoder.
    """
    catalog.snapshot.require_embedder(embedder.name, embedder.digest)
    nearest = _Nearest(looks, catalog, embedder, threshold)
    matched: list[StyledLook] = []
    pieces, found = dict.fromkeys(SLOTS, 0), dict.fromkeys(SLOTS, 0)
    for look in looks:
        lane, matches = max(
            ((lane, nearest.pieces(look, lane)) for lane in _lanes(look)),
            key=lambda pair: (len(pair[1]), sum(match.similarity for match in pair[1].values())),
        )
        for slot in look.pieces:
            pieces[slot] += 1
            found[slot] += slot in matches
        if len(matches) >= least:
            own = {slot: match.label for slot, match in matches.items()}
            matched.append(replace(look, pieces=own, misses=nearest.misses(look, lane, own), department=lane))
    return Matched(matched, len(looks), pieces, found)


def stock_looks(
    lines: Iterable[tuple[Source, Department | None]], catalog: CatalogView, without: Collection[str] = ()
) -> list[StyledLook]:
    """The store's stock as looks of one piece, for `training.data.decisions.Pool`.

    Negatives for the looks of these lines then come from everything that the store has, not from what the looks
    happen to use.

    They are for the pool alone: an example of one piece teaches nothing. `without` are labels that stay out, such
    as those of held-out looks.
    """
    kept_out, columns = set(without), catalog.columns
    looks = []
    for source, department in dict.fromkeys(lines):
        mask = columns.stocked & (columns.slot >= 0)
        if department is not None:
            mask &= columns.for_department(department)
        for item in catalog.snapshot.catalogue.at(np.flatnonzero(mask).tolist()):
            label = item.label()
            if item.slot is not None and label not in kept_out:
                name = f"stock/{item.sku}"
                looks.append(StyledLook(name, name, source, {item.slot: label}, department=department))
    return looks


def _lanes(look: StyledLook) -> tuple[Department, ...]:
    return (look.department,) if look.department else _GROWN


class _Nearest:
    """For every piece and near miss of the looks, the nearest item of its slot and department."""

    def __init__(
        self, looks: Sequence[StyledLook], catalog: CatalogView, embedder: Embedder, threshold: float
    ) -> None:
        self._catalog = catalog
        wanted: dict[_Place, dict[str, None]] = {}
        for look in looks:
            for slot, text in _texts(look):
                for lane in _lanes(look):
                    wanted.setdefault((slot, lane), {})[text] = None
        texts = sorted({text for group in wanted.values() for text in group})
        vectors = embedder.encode(texts)
        row = {text: i for i, text in enumerate(texts)}
        self._found: dict[tuple[_Place, str], Match] = {}
        shortlists = {
            place: self._shortlist(vectors[[row[t] for t in wanted[place]]], place) for place in wanted
        }
        labels = _Labels(catalog, embedder, shortlists.values())
        for place, group in wanted.items():
            for text, positions in zip(group, shortlists[place], strict=True):
                match = labels.nearest(vectors[row[text]], positions[positions >= 0])
                if match is not None and match.similarity >= threshold:
                    self._found[place, text] = match

    def _shortlist(self, queries: Vectors, place: _Place) -> Positions:
        """Positions of the items nearest to each query, shape (queries, SHORTLIST), -1 where there are no more."""
        columns = self._catalog.columns
        allowed = np.flatnonzero(columns.in_slot(place[0]) & columns.for_department(place[1]))
        return self._catalog.snapshot.vectors.search(queries, SHORTLIST, allowed)[1]

    def pieces(self, look: StyledLook, lane: Department) -> dict[Slot, Match]:
        """The matches of the look's own pieces, by slot."""
        found = {slot: self._found.get(((slot, lane), text)) for slot, text in look.pieces.items()}
        return {slot: match for slot, match in found.items() if match is not None}

    def misses(self, look: StyledLook, lane: Department, own: dict[Slot, str]) -> dict[Slot, tuple[str, ...]]:
        """Labels of the matched near misses of the slots that have a match, without the look's own."""
        found: dict[Slot, tuple[str, ...]] = {}
        for slot in own:
            matches = [self._found.get(((slot, lane), text)) for text in look.misses.get(slot, ())]
            labels = dict.fromkeys(m.label for m in matches if m is not None and m.label != own[slot])
            if labels:
                found[slot] = tuple(labels)
        return found


class _Labels:
    """Labels of shortlisted items and their unit vectors, each embedded once."""

    def __init__(self, catalog: CatalogView, embedder: Embedder, shortlists: Iterable[Positions]) -> None:
        parts = [positions.ravel() for positions in shortlists]
        every = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
        self._positions = every[every >= 0]
        items = catalog.snapshot.catalogue.at(self._positions.tolist())
        self._labels = [item.label() for item in items]
        self._vectors = embedder.encode(self._labels)

    def nearest(self, query: Vectors, positions: Positions) -> Match | None:
        """The item whose label comes nearest; among equals the one that the index has first."""
        if not len(positions):
            return None
        rows = np.searchsorted(self._positions, positions)
        scores = self._vectors[rows] @ query
        best = int(np.argmax(scores))
        return Match(self._labels[rows[best]], float(scores[best]))


def _texts(look: StyledLook) -> Iterable[tuple[Slot, str]]:
    yield from look.pieces.items()
    for slot, misses in look.misses.items():
        yield from ((slot, miss) for miss in misses)
