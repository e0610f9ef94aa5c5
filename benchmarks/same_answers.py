"""Whether a refactoring changed any answer: records what seeded requests are answered, and compares two records.

    python -m benchmarks.same_answers record before.jsonl --data-dir data --requests 500
    ...
    python -m benchmarks.same_answers record after.jsonl --data-dir data --requests 500
    python -m benchmarks.same_answers compare before.jsonl after.jsonl

Requests are drawn from the raw feed with every field of a request, and depend on no code of the packages. What names
the moment or the code (`id`, `request_id`, `timings_ms`, the index's version) is left out; `--ignore` leaves out more.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from service.recommender.recommender import open_recommender
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

FEED = Path(__file__).parent.parent / "inventory_samples" / "store.csv"
MOMENTARY = frozenset({"id", "request_id", "timings_ms", "index"})
STYLES = (None, None, None, "house", "base", "chanel", "prada", "yohji-yamamoto", "ralph-lauren")
DEPARTMENTS = ("women", "women", "men", "men", "kids", "unisex")
SEASONS = ("spring", "summer", "autumn", "fall", "winter")
OCCASIONS = ("dinner with clients", "school run", "christening", "first date", "a walk by the sea")
SLOT_SETS = (("top", "bottom"), ("dress", "shoes"), ("top", "bottom", "shoes", "bag"), ("shoes",))
VIBES = (
    "rooftop jazz night, warm evening",
    "first snow walk",
    "job interview at a bank",
    "beach day",
    "black tie gala",
    "coffee date",
    "techno club in berlin",
    "sunday brunch with friends",
    "monday office",
    "hiking weekend in the rain",
    "gym before work",
    "my 6 year old's birthday party",
    "wedding guest in july",
    "quiet luxury",
    "something for grandpa",
    "for my husband, a funeral in november",
    "ganz normaler dienstag",
    "une soirée d'été à Nice",
    "eid with the family",
    "goth picnic 🖤",
    "tennis club lunch",
    "35 degrees and humid, museum",
    "flight to oslo, -10",
    "xqzzt",
)


def requests(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many bodies of requests, the same ones for the same seed and feed."""
    with FEED.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    rng = random.Random(seed)
    for _ in range(count):
        yield _request(rng, rows)


def _request(rng: random.Random, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    row = rng.choice(rows)
    chosen: dict[str, tuple[float, Any]] = {
        "style": (0.6, rng.choice(STYLES)),
        "department": (0.6, rng.choice(DEPARTMENTS)),
        "occasion": (0.2, rng.choice(OCCASIONS)),
        "season": (0.25, rng.choice(SEASONS)),
        "weather": (0.25, _weather(rng)),
        "budget": (0.35, _budget(rng)),
        "sizes": (0.3, _sizes(rng)),
        "anchors": (0.15, [row["sku"]]),
        "slots": (0.12, list(rng.choice(SLOT_SETS))),
        "exclude": (0.35, _exclude(rng, rows)),
        "explain": (0.5, True),
        "trace": (0.2, True),
        "experiment": (0.1, "arm-b"),
    }
    body: dict[str, Any] = {
        "vibe": rng.choice(VIBES),
        "count": rng.randint(1, 4),
        "seed": rng.randrange(999),
    }
    return body | {name: value for name, (share, value) in chosen.items() if rng.random() < share}


def _weather(rng: random.Random) -> dict[str, Any]:
    return {
        "temperature_c": rng.randint(-15, 38),
        "rain": rng.random() < 0.3,
        "snow": rng.random() < 0.1,
    }


def _budget(rng: random.Random) -> dict[str, Any]:
    return {
        "max": rng.choice([40, 80, 150, 250, 500, 1500]),
        "currency": rng.choice([None, None, "EUR", "USD"]),
    }


def _sizes(rng: random.Random) -> dict[str, list[str]]:
    return {
        slot: rng.sample(["S", "M", "38", "40", "48", "32/32"], 2)
        for slot in rng.sample(["top", "bottom", "dress"], 2)
    } | ({"shoes": [rng.choice(["39", "42"])]} if rng.random() < 0.5 else {})


def _exclude(rng: random.Random, rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    return {
        "brands": [rng.choice(rows)["brand"]] if rng.random() < 0.5 else [],
        "colors": rng.sample(["black", "white", "red", "navy", "blue"], rng.randint(0, 2)),
        "materials": rng.sample(["leather", "wool", "silk", "polyester"], rng.randint(0, 1)),
        "skus": [rng.choice(rows)["sku"]],
    }


def lasting(value: Any, ignored: frozenset[str]) -> Any:
    """The answer without the fields that are left out, at any depth."""
    if isinstance(value, dict):
        return {k: lasting(v, ignored) for k, v in value.items() if k not in ignored}
    return [lasting(v, ignored) for v in value] if isinstance(value, list) else value


def record(path: Path, settings: Settings, count: int, seed: int) -> None:
    """Writes request and answer, one JSON object a line; what is refused is an answer too."""
    recommender = open_recommender(settings)
    with path.open("w", encoding="utf-8") as out:
        for number, body in enumerate(requests(count, seed)):
            try:
                answer = recommender.compose(OutfitRequest.model_validate(body), str(number)).model_dump(
                    mode="json"
                )
            except Exception as refusal:  # whatever it is: it must be the same afterwards
                answer = {"refused": f"{type(refusal).__name__}: {refusal}"}
            out.write(json.dumps({"request": body, "answer": answer}, ensure_ascii=False) + "\n")
    recommender.close()


def compare(before: Path, after: Path, ignored: frozenset[str]) -> int:
    """Prints the first differences and a count of all; the number of answers that differ."""
    old, new = ([json.loads(line) for line in path.open(encoding="utf-8")] for path in (before, after))
    differing = [
        (a, b)
        for a, b in zip(old, new, strict=True)
        if a["request"] != b["request"] or lasting(a["answer"], ignored) != lasting(b["answer"], ignored)
    ]
    for a, b in differing[:3]:
        print(json.dumps(a["request"]))
        print("  before:", json.dumps(lasting(a["answer"], ignored))[:1500])
        print("  after: ", json.dumps(lasting(b["answer"], ignored))[:1500])
    print(json.dumps({"answers": len(old), "differing": len(differing), "ignored": sorted(ignored)}))
    return len(differing)


def main() -> int:
    """Record or compare; exit status 1 when answers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    does = parser.add_subparsers(dest="does", required=True)
    recording = does.add_parser("record")
    recording.add_argument("file", type=Path)
    recording.add_argument("--data-dir", type=Path, required=True)
    recording.add_argument("--requests", type=int, default=500)
    recording.add_argument("--seed", type=int, default=0)
    recording.add_argument("--composer", choices=["auto", "retrieval"], default="auto")
    comparing = does.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--ignore", nargs="*", default=[])
    options = parser.parse_args()
    if options.does == "compare":
        return 1 if compare(options.before, options.after, MOMENTARY | set(options.ignore)) else 0
    settings = Settings(data_dir=options.data_dir, composer=options.composer)
    record(options.file, settings, options.requests, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
