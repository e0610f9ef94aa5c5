"""Kills a service under load in the middle of reindexing, again and again, and counts what was lost.

    python -m benchmarks.kill_reindex [--rounds 50] [--seed 1]

Each round uploads one of two feeds of the sample store, lets clients compose, send feedback and change stock meanwhile,
kills the service with SIGKILL at a random moment, and starts it again. Then: it comes back, the index is the old or the
new one and every byte of it is right, everything that was answered with success is in the database, and the job
came to an end or is gone on with. Exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import itertools
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.running_service import Periodic, Service, finished, reindex
from indexer.errors import SnapshotError
from indexer.storage.snapshot import SnapshotStore

STORE = Path(__file__).parent.parent / "inventory_samples" / "store.csv"
_THREADS = 3
_PAUSE_SECONDS = 0.02
_MAY_REMOVE = {"confirm": "true"}


@dataclass
class Kept:
    """What the service said it has kept. Of stock: the quantity answered last, and those sent since."""

    outfits: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    stock: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, set[int]] = field(default_factory=dict)


class Load:
    """Clients that compose, send events and change stock, and remember what was answered with success."""

    def __init__(self, service: Service, skus: list[str], numbers: itertools.count[int], kept: Kept) -> None:
        self._skus = skus
        self._numbers = numbers
        self._kept = kept
        self._clients = [service.client() for _ in range(_THREADS)]

    def step(self, thread: int) -> None:
        """One outfit, one event about it, one change of stock; each thread changes SKUs of its own."""
        client = self._clients[thread]
        with contextlib.suppress(httpx.HTTPError):
            wish = {"vibe": "rooftop jazz night", "count": 1, "seed": next(self._numbers)}
            for outfit in client.post("/v1/outfits", json=wish).raise_for_status().json()["outfits"]:
                self._kept.outfits.add(outfit["id"])
                event = {"event_id": f"e{next(self._numbers)}", "type": "like", "outfit_id": outfit["id"]}
                if client.post("/v1/feedback", json=event).status_code == 202:
                    self._kept.events.add(event["event_id"])
            self._change_stock(client, self._skus[thread::_THREADS])
        time.sleep(_PAUSE_SECONDS)

    def _change_stock(self, client: httpx.Client, skus: list[str]) -> None:
        quantity = next(self._numbers)
        sku = skus[quantity % len(skus)]
        self._kept.unanswered.setdefault(sku, set()).add(quantity)
        answer = client.patch("/v1/admin/stock", json=[{"sku": sku, "quantity": quantity}])
        if answer.status_code == 200 and answer.json()["applied"]:
            self._kept.stock[sku] = quantity
            self._kept.unanswered[sku] = set()

    def close(self) -> None:
        for client in self._clients:
            client.close()


def two_feeds(folder: Path) -> tuple[list[Path], list[str]]:
    """The sample store, and the same without every tenth product, others renamed; SKUs that are in both."""
    with STORE.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    groups = {group: n for n, group in enumerate(dict.fromkeys(row["group_id"] for row in rows))}
    fewer = [row for row in rows if groups[row["group_id"]] % 10]
    fewer = [
        {**row, "title": row["title"] + " II"} if groups[row["group_id"]] % 10 == 1 else row for row in fewer
    ]
    paths = []
    for name, chosen in (("whole.csv", rows), ("fewer.csv", fewer)):
        paths.append(folder / name)
        with paths[-1].open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(chosen)
    return paths, [row["sku"] for row in fewer]


def lost(database: Path, kept: Kept) -> dict[str, int]:
    """How much of what was acknowledged is not in the state."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        events = {row[0] for row in db.execute("SELECT event_id FROM events")}
        outfits = {row[0] for row in db.execute("SELECT id FROM outfits")}
        stock: dict[str, set[int]] = {}
        for sku, quantity in db.execute("SELECT sku, quantity FROM stock"):
            stock.setdefault(sku, set()).add(quantity)
    wrong = [s for s, q in kept.stock.items() if not stock.get(s, set()) & ({q} | kept.unanswered[s])]
    return {"outfits": len(kept.outfits - outfits), "events": len(kept.events - events), "stock": len(wrong)}


def judge(service: Service, job_id: str, before: str | None) -> list[str]:
    """What is wrong after the restart; ends when the interrupted job has."""
    store, faults = SnapshotStore(service.data_dir), []
    served = store.current_version()
    try:
        store.verify(served or "")
    except SnapshotError as error:
        faults.append(str(error))
    service.wait_ready()
    with service.client() as client:
        try:
            job = finished(client, job_id, 300)
        except (httpx.HTTPStatusError, TimeoutError) as error:
            return [*faults, f"job lost: {error}"]
        index: dict[str, Any] = (
            client.get("/v1/admin/index", params={"verify": "true"}).raise_for_status().json()
        )
    if any(version["intact"] is not True for version in index["versions"]):
        faults.append("a damaged index")
    if job["status"] == "done" and index["version"] != job["report"]["version"]:
        faults.append("the job is done, and its index is not current")
    if job["status"] != "done" and (not job["error"] or index["version"] != before):
        faults.append(f"the job ended as {job['status']}: {job['error']}")
    return faults


def one_round(
    service: Service, feed: Path, load: Load, kept: Kept, seconds: float
) -> tuple[Counter[str], list[str]]:
    """Reindex, kill after `seconds`, restart, judge. Counts what happened, and says what is wrong."""
    before = SnapshotStore(service.data_dir).current_version()
    with service.client() as client:
        job_id = reindex(client, feed, **_MAY_REMOVE)
    clients = Periodic(load.step, _THREADS)
    time.sleep(seconds)
    service.kill()
    clients.stop()
    load.close()
    after = SnapshotStore(service.data_dir).current_version()
    service.start()
    faults = judge(service, job_id, before)
    missing = lost(service.data_dir / "state.sqlite", kept)
    faults += [f"{count} {kind} lost" for kind, count in missing.items() if count]
    counts = Counter({"old index" if before == after else "new index": 1})
    counts.update(outfits=len(kept.outfits), events=len(kept.events), stock=len(kept.stock))
    return counts, faults


def main() -> int:
    """Run the rounds and print what came of them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, numbers, totals, bad = random.Random(options.seed), itertools.count(1), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        feeds, skus = two_feeds(Path(folder))
        service = Service(Path(folder) / "data")
        try:
            service.start()
            longest = max(timed_build(service, feed) for feed in feeds)
            for number in range(options.rounds):
                kept = Kept()
                load = Load(service, skus, numbers, kept)
                seconds = rng.uniform(0, longest * 1.1)
                counts, faults = one_round(service, feeds[number % 2], load, kept, seconds)
                totals += counts
                bad += bool(faults)
                print(
                    f"round {number + 1}: killed after {seconds:.2f} s: {dict(counts)} {'; '.join(faults) or 'ok'}"
                )
        finally:
            service.stop()
    print(f"{options.rounds} rounds, {bad} with a fault: {dict(totals)}; a build takes up to {longest:.1f} s")
    return 1 if bad else 0


def timed_build(service: Service, feed: Path) -> float:
    """Seconds of a build that is not disturbed."""
    with service.client() as client:
        began = time.monotonic()
        job = finished(client, reindex(client, feed, **_MAY_REMOVE))
    if job["status"] != "done":
        raise RuntimeError(job["error"])
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
