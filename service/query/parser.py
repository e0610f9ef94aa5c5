"""What a wish asks for, in numbers that pieces can be held against. Knows no items and no HTTP.

Three sources, the first that speaks wins: the request's own fields, words in the vibe that leave no doubt
("snow", "black tie", "for my husband"), and the nearest of the labelled example vibes in `vibes.tsv`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from indexer.embedder import Embedder, Vectors
from indexer.item import Department
from service.policy.policy import policy
from service.query.conditions import said
from service.query.demands import Demands
from service.query.encoder import QueryEncoder
from service.query.lexicon import age, says, who
from service.query.memory import LookMemory, Memory
from service.query.reading.circumstances import Circumstances, packaged_circumstances
from service.query.spelling import respelled
from service.query.weather import for_swimming, heat_said, temperature_word
from service.query.wish import Activity, QueryIntent, Wear
from service.schemas.outfits import OutfitRequest


@dataclass(frozen=True, slots=True)
class _Example:
    vibe: str
    formality: float
    heat: float | None
    activity: Activity
    wear: str


class QueryParser:
    """Reads wishes with one embedder; the examples are embedded once.

    Which examples are near is the embedder's to say; what is searched with, the query encoder's where there is one.
    """

    def __init__(
        self, embedder: Embedder, encoder: QueryEncoder | None = None, memory: LookMemory | None = None
    ) -> None:
        self._memory = memory
        self._embedder = embedder
        self._encoder = encoder or QueryEncoder(embedder)
        self._examples = _examples()
        self._vibes = embedder.encode([e.vibe for e in self._examples])
        self._circumstances = packaged_circumstances()
        self._sport = np.array([e.activity == "sport" for e in self._examples])
        pieces = [e.wear.split(", ") for e in self._examples]
        ends = np.cumsum([len(p) for p in pieces])
        self._wear = np.split(embedder.encode([piece for wear in pieces for piece in wear]), ends[:-1])

    def with_encoder(self, encoder: QueryEncoder) -> QueryParser:
        """The same readings, searched with by another encoder; nothing is embedded again."""
        other = copy(self)
        other._encoder = encoder
        return other

    def read(self, request: OutfitRequest, demands: Demands | None = None) -> QueryIntent:
        """The intent of a request, of which the demands were read before. Deterministic."""
        demands = demands or Demands(request)
        text = " ".join(filter(None, [request.vibe, request.occasion]))
        words = respelled(text.lower())
        asked = query_text(request, demands.steer)
        vector = self._embedder.encode([asked])[0]
        wish = self._encoder.encode_wish(asked) if self._encoder.tuned else vector
        cosines = self._vibes @ vector
        if says(words, "club") or says(words, "rush"):  # running late is no run
            cosines[self._sport] = -1.0
        reading = policy().weights.reading
        nearest = np.argsort(-cosines, kind="stable")[: reading.neighbours]
        weights = np.exp((cosines[nearest] - cosines[nearest[0]]) / reading.sharpness)
        weights /= weights.sum()
        closest = float(cosines[nearest[0]])
        trusted = closest >= reading.trusted
        examples = [self._examples[i] for i in nearest]
        wear = tuple(Wear(float(w), self._wear[i]) for w, i in zip(weights, nearest, strict=True) if trusted)
        worn = sum((w.weight * _mean(w.pieces) for w in wear), np.zeros_like(vector))
        query = wish + reading.wear * worn
        department, line = who(words)
        memory = self._recall(vector, request, request.department or department)
        remembered = (
            memory.formality if memory.closest > max(closest, policy().weights.reading.sure_look) else None
        )
        snow = says(words, "snow") or bool(request.weather and request.weather.snow)
        learned = self._circumstances.read(asked)
        return QueryIntent(
            formality=_formality(words, examples, weights, trusted, remembered, learned),
            memory=memory,
            doubt=0.0 if _is_settled(words) or not trusted else _doubt(closest),
            heat=_heat(request, words, examples, weights, closest, learned),
            wet=snow or says(words, "rain") or bool(request.weather and request.weather.rain),
            snow=snow,
            activity=_activity(request, words, examples, weights, trusted, learned),
            department=request.department or department,
            kids_line=demands.kids_line or line,  # type: ignore[arg-type]
            age=demands.age if demands.age is not None else age(words),
            pieces=demands.pieces,
            throughout=demands.throughout,
            steer=demands.steer,
            season=request.season,
            said=words,
            words=wish,
            plain=vector,
            query=(query / np.linalg.norm(query)).astype(np.float32),
            wear=wear,
        )

    def _recall(self, wish: Vectors, request: OutfitRequest, department: Department | None) -> Memory:
        return Memory() if self._memory is None else self._memory.recall(wish, department, request.season)


def query_text(request: OutfitRequest, steer: str = "") -> str:
    """The wish in words, as it is embedded: vibe, occasion, season and weather."""
    parts = [steer or request.vibe, request.occasion, request.season, weather_words(request)]
    return ", ".join(p for p in parts if p)


def weather_words(request: OutfitRequest) -> str:
    """The request's weather in a few words; empty when it names none."""
    if request.weather is None:
        return ""
    words = [name for name in ("rain", "snow") if getattr(request.weather, name)]
    if (degrees := request.weather.temperature_c) is not None:
        words.insert(0, f"{temperature_word(degrees)}, {degrees:.0f} °C")
    return ", ".join(words)


def _is_settled(words: str) -> bool:
    """Whether the words fix the formality of the wish."""
    return any(says(words, sense) for sense in policy().formality.settled.senses)


def _mean(vectors: Vectors) -> Vectors:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def _doubt(cosine: float) -> float:
    reading = policy().weights.reading
    return reading.doubt * min(max((reading.sure - cosine) / (reading.sure - reading.trusted), 0.0), 1.0)


def _heat(
    request: OutfitRequest,
    words: str,
    examples: list[_Example],
    weights: Vectors,
    closest: float,
    learned: Circumstances,
) -> float | None:
    """What is said, else what the examples say, the milder the farther they are, else what such wishes imply."""
    if (said := heat_said(request, words)) is not None:
        return said
    known = [(w, e.heat) for w, e in zip(weights, examples, strict=True) if e.heat is not None]
    share = float(sum(w for w, _ in known))
    reading = policy().weights.reading
    if closest < reading.trusted or share < reading.weather_share:
        return learned.heat if learned.heat_known >= reading.heat_known else None
    faith = 1 - reading.milder * _doubt(closest) / reading.doubt
    return faith * float(sum(w * heat for w, heat in known)) / share


def _formality(
    words: str,
    examples: list[_Example],
    weights: Vectors,
    trusted: bool,
    remembered: float | None,
    learned: Circumstances,
) -> float:
    """What examples and the learned reading say, within what the words say: the first row of the policy's table that
    holds.
    """
    default = policy().weights.reading.formality
    nearest = float(weights @ np.array([e.formality for e in examples])) if trusted else default
    share = policy().weights.reading.learned_level
    nearest = (1 - share) * (remembered or nearest) + share * learned.formality
    for row in policy().formality.said.values():
        if any(said(when, words) for when in row.when):
            return row.bound(nearest)
    return nearest


def _activity(
    request: OutfitRequest,
    words: str,
    examples: list[_Example],
    weights: Vectors,
    trusted: bool,
    learned: Circumstances,
) -> Activity:
    swimming = for_swimming(request, words)
    for sense in ("ski", "sport", "hike", "swim"):
        if says(words, sense) and (swimming or sense != "swim"):
            return sense
    if says(words, "ethnic"):
        return "ethnic"
    totals: dict[Activity, float] = {}
    for weight, example in zip(weights, examples, strict=True):
        activity = "" if example.activity == "swim" and not swimming else example.activity
        totals[activity] = totals.get(activity, 0.0) + float(weight)
    best = max(totals, key=lambda a: totals[a])
    if trusted and totals[best] >= policy().weights.reading.activity_share and best:
        return best
    told = learned.activity(policy().weights.reading.activity_known)
    return "" if told == "swim" and not swimming else told  # type: ignore[return-value]


@lru_cache(maxsize=1)
def _examples() -> tuple[_Example, ...]:
    table = (files(__package__) / "vibes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return tuple(_example(number, line) for number, line in enumerate(table, start=2))


def _example(number: int, line: str) -> _Example:
    cells = line.split("\t")
    if len(cells) != 5:
        raise ValueError(f"vibes.tsv: line {number}: {len(cells)} cells, expected 5")
    vibe, formality, heat, activity, wear = cells
    return _Example(vibe, float(formality), float(heat) if heat else None, activity, wear)  # type: ignore[arg-type]
