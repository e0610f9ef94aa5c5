"""A request and the store that it is asked of -> what it asks for, with its evidence. Composes nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from indexer.embedder import Embedder
from indexer.item import Slot
from service.catalog.view import CatalogView
from service.composition.own import OwnCandidate, read_own
from service.composition.planner import Planned
from service.query.demands import Demands, join, own_texts
from service.query.intent import WishReading
from service.query.reader import WishReader
from service.schemas.outfits import OutfitRequest, Understood


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for, and the pieces that the shopper brings along, by slot."""

    demands: Demands
    own: dict[Slot, OwnCandidate] = field(default_factory=dict)


class Understanding:
    """Reads wishes with the brands of the catalogue that is served. Safe to use from any thread."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._reader: tuple[str, WishReader] | None = None

    def read(self, request: OutfitRequest, catalog: CatalogView) -> Wish:
        """The wish of a request. Deterministic."""
        reading = self._reader_for(catalog).read(request.vibe)
        pieces, own = read_own(own_texts(request, reading), self._embedder)
        return Wish(join(request, reading, pieces), own)

    def words(self, text: str, catalog: CatalogView) -> WishReading:
        """The reading of a text alone."""
        return self._reader_for(catalog).read(text)

    def _reader_for(self, catalog: CatalogView) -> WishReader:
        """Made once per snapshot: brands come and go with it."""
        version = catalog.snapshot.version
        with self._lock:
            if self._reader is None or self._reader[0] != version:
                brands = [brand for brand in catalog.columns.inverted["brand"] if brand]
                self._reader = (version, WishReader(brands))
            return self._reader[1]


def understood(demands: Demands, planned: Planned) -> list[Understood]:
    """What was understood, with what nobody said and had to be guessed."""
    found = list(demands.understood)
    if planned.lane_guessed and planned.lane is not None:
        found.append(Understood(text="", field="department", value=planned.lane[0], source="guess"))
    if not demands.request.sizes and planned.plans:
        found.append(Understood(text="", field="sizes", value="the middle of the range", source="guess"))
    return found
