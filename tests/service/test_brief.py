"""What a wish asks for: words that leave no doubt, the request's own fields, and the nearest example vibes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from indexer.embedder import load_embedder
from service.query.lexicon import age, says, who
from service.query.parser import QueryParser, query_text
from service.query.wish import QueryIntent
from service.schemas.outfits import OutfitRequest


@pytest.fixture(scope="module")
def reader() -> QueryParser:
    return QueryParser(load_embedder())


def read(reader: QueryParser, vibe: str, **body: Any) -> QueryIntent:
    return reader.read(OutfitRequest.model_validate({"vibe": vibe, **body}))


@pytest.mark.parametrize(
    ("vibe", "low", "high"),
    [
        ("black tie gala in vienna", 4.6, 5.0),
        ("gym before work", 1.0, 1.0),
        ("job interview at an insurance company", 3.7, 4.5),
        ("casual friday with the team", 1.8, 2.7),
        ("asdf qwer zxcv", 2.0, 2.8),
    ],
)
def test_formality(reader: QueryParser, vibe: str, low: float, high: float) -> None:
    assert low <= read(reader, vibe).formality <= high


def test_the_requests_weather_beats_the_words(reader: QueryParser) -> None:
    brief = read(reader, "first snow walk", weather={"temperature_c": 31})
    assert brief.heat == 2.0
    assert read(reader, "first snow walk").heat == -2.0


@pytest.mark.parametrize(
    ("body", "heat"),
    [({"season": "winter"}, -1.4), ({"season": "fall"}, -0.5), ({"weather": {"temperature_c": 24}}, 1.2)],
)
def test_heat_follows_season_and_temperature(reader: QueryParser, body: dict[str, Any], heat: float) -> None:
    assert read(reader, "dinner with the in-laws", **body).heat == heat


def test_wet_and_snow(reader: QueryParser) -> None:
    assert read(reader, "drizzle and bookshops").wet
    snowy = read(reader, "dinner", weather={"snow": True})
    assert snowy.wet
    assert snowy.snow
    assert not read(reader, "dinner").wet


@pytest.mark.parametrize(
    ("vibe", "activity"),
    [
        ("pool party", "swim"),
        ("trail run", "sport"),
        ("camping in the woods", "hike"),
        ("snowboarding day", "ski"),
    ],
)
def test_activities(reader: QueryParser, vibe: str, activity: str) -> None:
    assert read(reader, vibe).activity == activity


@pytest.mark.parametrize(
    ("vibe", "body"),
    [
        ("walk along a windy beach in march", {}),
        ("beach day", {"weather": {"temperature_c": 9}}),
        ("beach day", {"season": "autumn"}),
    ],
)
def test_nobody_swims_at_a_cold_beach(reader: QueryParser, vibe: str, body: dict[str, Any]) -> None:
    brief = read(reader, vibe, **body)
    assert brief.activity != "swim"
    assert brief.heat is not None
    assert brief.heat < 0


def test_running_errands_is_no_sport() -> None:
    assert not says("rainy day, running errands in town", "outdoors")
    assert says("a morning run by the river", "outdoors")


def test_a_tennis_court_is_no_court_of_law(reader: QueryParser) -> None:
    assert read(reader, "drinks by the tennis court").formality < 3.5 < read(reader, "day in court").formality


def test_the_query_is_a_unit_vector_and_so_is_its_text(reader: QueryParser) -> None:
    brief = read(reader, "rooftop jazz night")
    assert np.linalg.norm(brief.query) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(brief.words) == pytest.approx(1, abs=1e-5)


def test_similarity_prefers_what_is_worn_there(reader: QueryParser) -> None:
    brief = read(reader, "beach day")
    pieces = load_embedder().encode(["blue bikini top", "charcoal wool suit jacket", "straw sun hat"])
    bikini, suit, hat = brief.similarity(pieces)
    assert min(bikini, hat) > suit


def test_everything_about_the_day_enters_the_query() -> None:
    request = OutfitRequest.model_validate(
        {
            "vibe": "walk",
            "occasion": "birthday",
            "season": "winter",
            "weather": {"temperature_c": -3, "snow": True},
        }
    )
    assert query_text(request) == "walk, birthday, winter, freezing, -3 °C, snow"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a gift for my husband", ("men", "")),
        ("girls' night out", ("women", "")),
        ("outfit for my 7 year old daughter", ("kids", "girls")),
        ("my son starts school", ("kids", "boys")),
        ("the kids at the zoo", ("kids", "")),
        ("husband and wife photo", (None, "")),
        ("womanizer vibes", (None, "")),
    ],
)
def test_who(words: str, expected: tuple[str | None, str]) -> None:
    assert who(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("my 5 year old son", 5.0),
        ("toddler at the zoo, kids", 2.0),
        ("kids' 40 years anniversary", None),
        ("20 years of jazz", None),
    ],
)
def test_age(words: str, expected: float | None) -> None:
    assert age(words) == expected


@pytest.mark.parametrize(
    ("vibe", "low", "high"),
    [
        ("promm dress under 100", 4.3, 5.0),
        ("engagement party at the lake house", 3.2, 4.2),
        ("carpenter interview, smart but real", 1.5, 2.8),
        ("golf day with clients", 1.5, 2.6),
        ("running on no sleep, school run", 1.3, 2.6),
        ("heart broken, need clothes that hug me", 1.5, 3.0),
    ],
)
def test_occasions_in_words(reader: QueryParser, vibe: str, low: float, high: float) -> None:
    assert low <= read(reader, vibe).formality <= high


@pytest.mark.parametrize(
    ("vibe", "activity"),
    [("need a desi party fit", "ethnic"), ("gym hall photos, graduation", "work"), ("#teetime", "")],
)
def test_activities_in_words(reader: QueryParser, vibe: str, activity: str) -> None:
    assert read(reader, vibe).activity == activity


def test_plain_words_leave_no_doubt_and_far_examples_do(reader: QueryParser) -> None:
    assert read(reader, "wedding of my sister").doubt == 0
    assert read(reader, "cosy night in, movie and blanket").doubt == 0
    assert read(reader, "feeling silly and sunny").doubt > 0.1
