"""Times composing on this machine, language model against retrieval alone, in one run.

    python -m benchmarks.compose_latency --data-dir data

"cold" is the first time that a wish is asked, with pieces that the language model has not read yet; "warm" the
second. Prints p50 and p95 in seconds, the median of every stage in milliseconds, and the ratio to retrieval alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does

from benchmarks.violations import VIBES
from service.recommender.recommender import StoreRecommender, open_recommender
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

DEPARTMENTS = ("women", "men")


def measure(recommender: StoreRecommender, count: int) -> tuple[list[float], dict[str, float]]:
    """Seconds per request, sorted, and the median milliseconds per stage."""
    seconds, stages = [], []
    for vibe in VIBES:
        for department in DEPARTMENTS:
            request = OutfitRequest(vibe=vibe, count=count, department=department, seed=1)
            start = time.perf_counter()
            response = recommender.compose(request, "benchmark")
            seconds.append(time.perf_counter() - start)
            stages.append(response.timings_ms)
    return sorted(seconds), {k: statistics.median(s[k] for s in stages) for k in stages[0]}


def main() -> None:
    """Run and print one JSON object per line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    options = parser.parse_args()
    recommenders = {
        name: open_recommender(Settings(data_dir=options.data_dir, composer=name))
        for name in ("auto", "retrieval")
    }
    for count in (1, 3):
        medians = {}
        for name, recommender in recommenders.items():
            for temperature in ("cold", "warm"):
                seconds, stages = measure(recommender, count)
                medians[name] = statistics.median(seconds)
                line = {
                    "composer": "base" if name == "auto" else name,
                    "count": count,
                    "cache": temperature,
                    "requests": len(seconds),
                    "p50_s": round(medians[name], 3),
                    "p95_s": round(seconds[int(0.95 * len(seconds))], 3),
                    "stages_ms": stages,
                }
                print(json.dumps(line), flush=True)
        print(
            json.dumps(
                {"count": count, "base_over_retrieval": round(medians["auto"] / medians["retrieval"], 1)}
            )
        )


if __name__ == "__main__":
    main()
