"""A request and the store that it is asked of -> what it asks for, with its evidence. Composes nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from indexer.embedder import Embedder
from indexer.item import Department, Slot
from indexer.taxonomy.classify import ProductText, classify
from indexer.taxonomy.lexicon import keys
from service.catalog.browse import view
from service.catalog.view import CatalogView
from service.composition.own import OwnCandidate, read_own
from service.composition.planner import Planned, make_plans
from service.composition.refine import refine_order
from service.composition.swap import SwapOrder, lost_pieces
from service.db.repositories.outfits import Made
from service.query.demands import Demands, join, own_texts
from service.query.intent import Mention, WishReading
from service.query.reader import WishReader
from service.query.reading.trained import TrainedReader, packaged
from service.query.spelling import respelled
from service.query.turns import handling
from service.query.weather import heat_said
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment
from service.retrieval.known_words import checked
from service.retrieval.retriever import Retriever
from service.schemas.catalog import ItemView
from service.schemas.outfits import OutfitRequest, RefineRequest, Understood

COLORS = "colors.tsv"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for, and the pieces that the shopper brings along, by slot."""

    demands: Demands
    own: dict[Slot, OwnCandidate] = field(default_factory=dict)


class Understanding:
    """Reads wishes with the brands of the catalogue that is served. Safe to use from any thread."""

    def __init__(self, embedder: Embedder, trained: TrainedReader | None = None) -> None:
        """`trained` is the packaged reader where None."""
        self._embedder = embedder
        self._trained = packaged() if trained is None else trained
        self._lock = threading.Lock()
        self._reader: tuple[str, WishReader] | None = None

    @property
    def digest(self) -> str:
        """Names the trained reader: another one may read the same wish otherwise."""
        return self._trained.digest

    def read(self, request: OutfitRequest, catalog: CatalogView) -> Wish:
        """The wish of a request. Deterministic. Raises InvalidError for words in its fields that nobody knows."""
        request, silent = checked(request, catalog.columns)
        reading = self._reader_for(catalog).read(request.vibe)
        pieces, own = read_own(own_texts(request, reading), self._embedder)
        demands = join(request, reading, pieces)
        unread = [phrase for phrase in demands.unread if not _is_weather(demands.request, phrase)]
        return Wish(replace(demands, unread=(*unread, *silent)), own)

    def turn(self, made: Made, body: RefineRequest, catalog: CatalogView) -> SwapOrder:
        """What to compose so that an outfit is as the shopper says. Raises InvalidError where that cannot be told."""
        reader = self._reader_for(catalog)

        def lookup(sku: str) -> ItemView | None:
            found = catalog.find(sku)
            return None if found is None else view(found.item, sku)

        said = _named(body.say, reader.read(body.say), reader.garments(body.say))
        before = reader.read(made.request.vibe)
        return replace(
            refine_order(made.request, made.outfit, body, said, before, lookup), unread=said.unread
        )

    def _reader_for(self, catalog: CatalogView) -> WishReader:
        """Made once per snapshot: brands come and go with it."""
        version = catalog.snapshot.version
        with self._lock:
            if self._reader is None or self._reader[0] != version:
                brands = [brand for brand in catalog.columns.inverted["brand"] if brand]
                self._reader = (version, WishReader(brands, self._trained))
            return self._reader[1]


def _is_weather(request: OutfitRequest, phrase: str) -> bool:
    """Whether the weather is read off these words of the wish, so that they are not unread: "warm" of an evening."""
    words = request.vibe.lower()
    said = heat_said(request, respelled(words))
    return said is not None and said != heat_said(request, respelled(words.replace(phrase.lower(), " ")))


def _named(say: str, reading: WishReading, garments: Sequence[Mention]) -> WishReading:
    """The reading of a turn with the garments and colours that it leaves unread, or takes for mere words: of an outfit
    that is there, "another bag" is no doubtful demand.
    """
    found = list(reading.mentions)
    found += [g for g in garments if not any(g.start < m.end and m.start < g.end for m in found)]
    left: list[str] = []
    guesses = classify([ProductText(title=phrase) for phrase in reading.unread])
    for phrase, guess in zip(reading.unread, guesses, strict=True):
        start = say.find(phrase)
        if start >= 0 and (colors := keys(COLORS, phrase)):
            name = "exclude.colors" if handling(say, start) == "without" else "include.colors"
            found.append(Mention(phrase, start, start + len(phrase), name, colors[0]))
        elif start >= 0 and guess.slot is not None:
            found.append(Mention(phrase, start, start + len(phrase), "include.kinds", guess.kind))
        else:
            left.append(phrase)
    return WishReading(tuple(found), tuple(left), reading.language)


@dataclass(frozen=True, slots=True)
class Planning:
    """`quota` pieces per slot; `default` is whom outfits are for where nobody says so; of a swap its order."""

    quota: int
    default: Department | None
    order: SwapOrder | None = None


def plan_for(
    wish: Wish,
    brief: QueryIntent,
    retriever: Retriever,
    nudges: Sequence[ScoreAdjustment],
    planning: Planning,
) -> Planned:
    """The outfits to compose for a wish, or what a swap has lost of the pieces that were to stay."""
    request = wish.demands.request
    if planning.order is not None:
        order = replace(planning.order, request=request)
        if lost := lost_pieces(order, brief, retriever, nudges):
            return Planned(unmet=lost)
    return make_plans(request, brief, retriever, planning.quota, nudges, wish.own, planning.default)


def understood(demands: Demands, planned: Planned) -> list[Understood]:
    """What was understood, with what nobody said and had to be guessed."""
    found = list(demands.understood)
    if planned.lane_guessed and planned.lane is not None:
        found.append(Understood(text="", field="department", value=planned.lane[0], source="guess"))
    if not demands.request.sizes and planned.plans:
        found.append(Understood(text="", field="sizes", value="the middle of the range", source="guess"))
    return found


def unread(demands: Demands, order: SwapOrder | None) -> list[str]:
    """What could not be read of the wish, and of the words of a turn."""
    said = () if order is None else order.unread
    return list(dict.fromkeys([*said, *demands.unread]))
