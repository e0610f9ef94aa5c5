"""Sends a service more than it can do, and looks whether it stays well.

    python -m benchmarks.overload --data-dir data --seconds 180 --clients 64

Every answer must be 200, 429 or 503, the last two with Retry-After; memory must not go on growing; afterwards the
service must compose again. Prints counts, latency, memory per third of the time, and how long recovery took; exit
status 1 when something is not as it must be. The index is copied: nothing in the data folder changes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.running_service import Service, serving
from benchmarks.violations import VIBES

ALLOWED = {200, 429, 503}
GROWTH = 0.05
GROWTH_BYTES = 48 * 2**20
RECOVERY_SECONDS = 60


@dataclass
class Seen:
    """What the clients got."""

    statuses: Counter[str] = field(default_factory=Counter)
    composers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


async def client(served: Service, number: int, until: float, pause: float, seen: Seen) -> None:
    """One client: asks, and after a refusal pauses a little, which is less than it was told to."""
    async with httpx.AsyncClient(base_url=served.url, headers=served.headers, timeout=120) as http:
        asked = 0
        while time.monotonic() < until:
            body = {"vibe": VIBES[(number + asked) % len(VIBES)], "count": 1 + asked % 3, "seed": asked}
            asked += 1
            began = time.monotonic()
            try:
                answer = await http.post("/v1/outfits", json=body)
            except httpx.HTTPError as error:
                seen.faults[type(error).__name__] += 1
                continue
            note(answer, time.monotonic() - began, seen)
            if answer.status_code != 200:
                await asyncio.sleep(pause)


def note(answer: httpx.Response, seconds: float, seen: Seen) -> None:
    """Counts one answer."""
    seen.statuses[str(answer.status_code)] += 1
    if answer.status_code == 200:
        seen.seconds.append(seconds)
        seen.composers[answer.json()["composer"]] += 1
    elif answer.status_code not in ALLOWED:
        seen.faults[f"status {answer.status_code}"] += 1
    elif not answer.headers.get("retry-after", "").isdigit():
        seen.faults[f"status {answer.status_code} without Retry-After"] += 1


async def load(served: Service, clients: int, seconds: float, pause: float) -> Seen:
    """All clients at once, for so long."""
    seen = Seen()
    until = time.monotonic() + seconds

    async def weigh() -> None:
        while time.monotonic() < until:
            seen.memory.append(served.resident_bytes())
            await asyncio.sleep(min(1.0, seconds / 12))

    await asyncio.gather(weigh(), *(client(served, number, until, pause, seen) for number in range(clients)))
    return seen


def recovery(served: Service) -> float:
    """Seconds until a lone request is composed again."""
    began = time.monotonic()
    with served.client() as http:
        while time.monotonic() - began < RECOVERY_SECONDS:
            answer = http.post("/v1/outfits", json={"vibe": "coffee date", "count": 1})
            if answer.status_code == 200:
                break
            time.sleep(0.25)
    return time.monotonic() - began


def thirds(memory: list[int]) -> list[float]:
    """Mean bytes in the first, second and last third of the time."""
    size = max(1, len(memory) // 3)
    return [statistics.mean(memory[i * size : (i + 1) * size] or memory) for i in range(3)]


def main() -> int:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--queue-size", type=int, default=16)
    parser.add_argument("--rate", type=int, default=3000, help="requests a minute; all clients share one key")
    parser.add_argument("--pause", type=float, default=0.2)
    parser.add_argument("--composer", choices=["auto", "retrieval"], default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(options.data_dir / "index", data / "index")
        limits = {"queue_size": options.queue_size, "rate_per_minute": options.rate}
        with serving(data, options.composer, **limits) as served:
            before = served.resident_bytes()
            seen = asyncio.run(load(served, options.clients, options.seconds, options.pause))
            seconds = recovery(served)
            memory = thirds(seen.memory)
            after, errors = served.resident_bytes(), served.errors()
    if memory[2] - memory[1] > max(GROWTH * memory[1], GROWTH_BYTES):
        seen.faults["memory goes on growing"] += 1
    if seconds >= RECOVERY_SECONDS:
        seen.faults["does not recover"] += 1
    if not seen.statuses["200"]:
        seen.faults["nothing was composed"] += 1
    ordered = sorted(seen.seconds) or [0.0]
    line = {
        "statuses": dict(sorted(seen.statuses.items())),
        "composers": dict(seen.composers),
        "p50_s": round(statistics.median(ordered), 2),
        "p95_s": round(ordered[int(0.95 * len(ordered))], 2),
        "rss_mib": {"before": before >> 20, "thirds": [int(m) >> 20 for m in memory], "after": after >> 20},
        "recovery_s": round(seconds, 2),
        "errors_logged": len(errors),
        "faults": dict(seen.faults),
    }
    print(json.dumps(line))
    return 1 if seen.faults or errors else 0


if __name__ == "__main__":
    sys.exit(main())
