"""Composes from many clients while a large feed is indexed over HTTP: failed requests, and how much slower they get.

    python -m benchmarks.reindex_under_load [--items 20000] [--clients 16] [--seconds 30] [--composer auto|retrieval]

Before and during are of one run, over one service; the feed is the sample store again and again under other titles. The
ratio of the 95th percentiles is what to compare.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.running_service import Periodic, Service, finished, reindex
from benchmarks.violations import VIBES

STORE = Path(__file__).parent.parent / "inventory_samples" / "store.csv"


@dataclass
class Answers:
    """Seconds per answered request, and what went wrong with the others, by kind."""

    seconds: list[float] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)

    def summary(self) -> dict[str, object]:
        spent = statistics.quantiles(self.seconds, n=100) if len(self.seconds) > 1 else [0.0] * 99
        return {
            "requests": len(self.seconds) + sum(self.failed.values()),
            "failed": self.failed,
            "p50_s": round(spent[49], 3),
            "p95_s": round(spent[94], 3),
        }


class Clients:
    """One connection per client; each composes for one vibe after the other."""

    def __init__(self, service: Service, count: int) -> None:
        self._clients = [service.client() for _ in range(count)]
        self._sent = [0] * count
        self.answers = Answers()

    def step(self, number: int) -> None:
        """One request of one client."""
        self._sent[number] += 1
        wish = {
            "vibe": VIBES[(number + self._sent[number]) % len(VIBES)],
            "count": 3,
            "seed": self._sent[number],
        }
        began = time.perf_counter()
        try:
            response = self._clients[number].post("/v1/outfits", json=wish)
            kind = None if response.status_code == 200 else str(response.status_code)
        except httpx.HTTPError as error:
            kind = type(error).__name__
        answers = self.answers
        if kind is None:
            answers.seconds.append(time.perf_counter() - began)
        else:
            answers.failed[kind] = answers.failed.get(kind, 0) + 1

    def close(self) -> None:
        for client in self._clients:
            client.close()


def write_feed(path: Path, items: int) -> None:
    """At least `items` products of the sample store, the copies under SKUs and titles of their own."""
    with STORE.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    per_copy = len({(row["group_id"], row["color"]) for row in rows})
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for copy in range(-(-items // per_copy)):
            for row in rows:
                writer.writerow(_copied(row, copy) if copy else row)


def _copied(row: dict[str, str], copy: int) -> dict[str, str]:
    own = {name: f"{row[name]}-{copy}" for name in ("sku", "group_id")}
    return {**row, **own, "title": f"{row['title']} No. {copy}"}


def main() -> int:
    """Run and print; the exit code is 1 when a request failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30.0, help="of load before the build")
    parser.add_argument("--composer", choices=("auto", "retrieval"), default="retrieval")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data", options.composer)
        feed = Path(folder) / "large.csv"
        write_feed(feed, options.items)
        try:
            service.start()
            return measured(service, feed, options.clients, options.seconds)
        finally:
            service.stop()


def measured(service: Service, feed: Path, count: int, seconds: float) -> int:
    """Load without a build, then with one; prints both and their ratio."""
    with service.client() as admin:
        finished(admin, reindex(admin, STORE))
        service.wait_ready()
        clients = Clients(service, count)
        load = Periodic(clients.step, count)
        try:
            time.sleep(seconds)
            before, clients.answers = clients.answers, Answers()
            job = finished(admin, reindex(admin, feed, confirm="true"))
        finally:
            load.stop()
            clients.close()
    during = clients.answers
    for name, answers in (("before", before), ("during", during)):
        print(json.dumps({"load": name, "clients": count, **answers.summary()}))
    report = job["report"] or {}
    print(json.dumps({"job": job["status"], "items": report.get("items"), "seconds": report.get("seconds")}))
    ratio = float(str(during.summary()["p95_s"])) / max(float(str(before.summary()["p95_s"])), 1e-9)
    print(json.dumps({"p95_during_over_before": round(ratio, 2)}))
    return 1 if before.failed or during.failed or job["status"] != "done" else 0


if __name__ == "__main__":
    sys.exit(main())
