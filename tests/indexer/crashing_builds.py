"""Run in a process of its own: real builds killed at every file operation and at many moments.

    python crashing_builds.py DATA_DIR NEW_FEED

The current snapshot of DATA_DIR is verified after each kill. Prints one JSON line per build: where it was killed
and which SKUs were served afterwards.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hashing_embedder import HashingEmbedder

from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.storage.snapshot import SnapshotStore

OPERATIONS = ["open", "close", "fsync", "replace", "rename", "unlink", "rmdir", "mkdir"]
MOMENTS = 12


def kill_at(target: int) -> None:
    """Die at the `target`-th moment: one before and one after each file operation, counted from 0."""
    moments = itertools.count()

    def die_at(moment: int) -> None:
        if moment == target:
            os.kill(os.getpid(), signal.SIGKILL)

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            die_at(next(moments))
            try:
                return real(*args, **kwargs)
            finally:
                die_at(next(moments))

        return call

    for name in OPERATIONS:
        setattr(os, name, deadly(getattr(os, name)))


def killed(store: SnapshotStore, feed: Path, target: int | None, after: float | None) -> bool:
    """Build in a fork, which dies at file operation `target` or `after` seconds; whether it did."""
    child = os.fork()
    if child == 0:
        if target is not None:
            kill_at(target)
        build_snapshot(store, [FeedSource(feed)], HashingEmbedder())
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and status != 0:
        raise SystemExit(f"the build failed at {target}, {after}: {status}")
    return os.WIFSIGNALED(status)


def main(data_dir: Path, feed: Path) -> None:
    # Loads tables and libraries once, for all forks.
    build_snapshot(SnapshotStore(data_dir / "warm"), [FeedSource(feed)], HashingEmbedder())
    store = SnapshotStore(data_dir)
    old = store.current_version()

    def account(point: str) -> None:
        with store.current() as snapshot:  # verifies every checksum
            skus = sorted(item.sku for item in snapshot.catalogue.iter_items())
        print(json.dumps([point, skus]), flush=True)
        store.rollback(old)
        # Leftovers go, so that every build has the same operations and none of them is missed.
        for leftover in (*store.root.glob(".draft-*"), *store.snapshots.iterdir()):
            if leftover.name != old:
                shutil.rmtree(leftover)

    target, alive = 0, False
    started = time.perf_counter()
    while not alive:
        started = time.perf_counter()
        alive = not killed(store, feed, target, None)
        account("alive" if alive else f"operation {target}")
        target += 1
    duration = time.perf_counter() - started
    for moment in range(MOMENTS):
        if killed(store, feed, None, duration * moment / MOMENTS):
            account(f"moment {moment}")
        else:
            account("alive")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
