"""A real `stylist serve` in a process of its own, for benchmarks that kill it or load it. Measures nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

_START_SECONDS = 120.0
_STYLIST = Path(sys.executable).with_name("stylist")


@contextlib.contextmanager
def serving(data_dir: Path, composer: str = "retrieval", **settings: object) -> Iterator[Service]:
    """A ready service, stopped in the end."""
    service = Service(data_dir, composer, **settings)
    service.start()
    try:
        service.wait_ready()
        yield service
    finally:
        service.stop()


class Service:
    """`stylist serve` over one data folder, on a port that the system chooses. Start it as often as you like."""

    def __init__(self, data_dir: Path, composer: str = "retrieval", **settings: object) -> None:
        self.data_dir = data_dir
        self._settings = {"data_dir": data_dir, "composer": composer, "rate_per_minute": 0, **settings}
        self._process: subprocess.Popen[str] | None = None
        self._log = (data_dir.parent / f"{data_dir.name}.log").open("a")
        made = subprocess.run(
            [_STYLIST, "keys", "add", "--scope", "staff"],
            env=self._environment(),
            text=True,
            capture_output=True,
            check=True,
        )
        self.headers = {"Authorization": f"Bearer {made.stdout.split()[-1]}"}
        self.url = ""

    def start(self) -> None:
        """Returns once it listens; `wait_ready` for when it can compose."""
        process = subprocess.Popen(
            [_STYLIST, "serve", "--port", "0"],
            env=self._environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the service did not start; {self._log.name} says why")

    def client(self) -> httpx.Client:
        """A client with a staff key."""
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=60)

    def wait_ready(self) -> None:
        """Until outfits can be composed. Raises TimeoutError with the reason."""
        until, said = time.monotonic() + _START_SECONDS, ""
        with self.client() as client:
            while time.monotonic() < until:
                response = client.get("/readyz")
                if response.status_code == 200:
                    return
                said = response.text
                time.sleep(0.05)
        raise TimeoutError(said)

    def resident_bytes(self) -> int:
        """Memory that the process holds."""
        assert self._process is not None
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def errors(self) -> list[dict[str, Any]]:
        """The lines of its log that are errors."""
        lines = Path(self._log.name).read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["level"] == "error"]

    def kill(self) -> None:
        """As a power cut would: at once, with all its threads."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would."""
        self._end(signal.SIGTERM)
        self._log.close()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        process.wait(_START_SECONDS)
        if process.stdout is not None:
            process.stdout.close()

    def _environment(self) -> dict[str, str]:
        given = {f"STYLIST_{name.upper()}": str(value) for name, value in self._settings.items()}
        return {**os.environ, **given}


def reindex(client: httpx.Client, feed: Path, **fields: str) -> str:
    """Upload a feed; the id of its job."""
    with feed.open("rb") as stream:
        response = client.post("/v1/admin/reindex", files={"file": (feed.name, stream)}, data=fields)
    response.raise_for_status()
    return str(response.json()["id"])


def finished(client: httpx.Client, job_id: str, seconds: float = 3600) -> dict[str, Any]:
    """The job at its end. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job: dict[str, Any] = client.get(f"/v1/admin/jobs/{job_id}").raise_for_status().json()
        if job["finished"] is not None:
            return job
        time.sleep(0.1)
    raise TimeoutError(f"job {job_id} does not end")


class Periodic:
    """Calls a function again and again in threads of its own until told to stop."""

    def __init__(self, work: Any, threads: int) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(work, n)) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, work: Any, number: int) -> None:
        while not self._stop.is_set():
            work(number)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
