"""`stylist serve` as a real process on a real socket."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from waiting import wait_until

SCRIPT = Path(__file__).with_name("stylist_with_fake.py")


class Process:
    """A served data directory; `client` speaks to it."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / "serve.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                self.command("serve", "--port", "0"),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {f"STYLIST_{name.upper()}": value for name, value in settings.items()},
            )
        self.url = self._process.stdout.readline().strip()
        self.client = httpx.Client(base_url=self.url, timeout=20)
        while self.client.get("/readyz").status_code != 200:
            time.sleep(0.01)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(SCRIPT), *arguments, "--data-dir", str(self.data_dir)]

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> tuple[int, str]:
        """The exit code after SIGTERM, and what else was on stdout."""
        self.client.close()
        if self._process.poll() is None:
            self.terminate()
        try:
            rest, _ = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        return self._process.returncode, rest


@pytest.fixture
def process(tmp_path) -> Iterator[Process]:
    process = Process(tmp_path / "data")
    yield process
    process.stop()


def test_it_serves_until_it_is_told_to_stop(process):
    """One process for the whole flow: starting one takes a second or two."""
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", process.url)
    composed = process.client.post("/v1/outfits", json={"vibe": "rooftop jazz", "count": 1, "seed": 5})
    assert composed.status_code == 200
    assert process.client.get("/v1/outfits/5-0").json() == composed.json()["outfits"][0]
    assert "server" not in composed.headers

    # A key of the command line counts at once.
    added = subprocess.run(
        process.command("keys", "add", "--scope", "staff"), capture_output=True, text=True, check=True
    )
    key = added.stdout.splitlines()[-1]
    assert process.client.get("/v1/styles").status_code == 401
    auth = {"Authorization": f"Bearer {key}"}
    assert process.client.get("/v1/styles", headers=auth).status_code == 200

    # An upload without a key, and a body that is too large, are answered before they are read.
    upload = process.client.post("/v1/admin/reindex", files={"file": ("a.csv", b"x" * 3_000_000)})
    assert upload.status_code == 401
    large = process.client.post("/v1/outfits", content=b" " * 3_000_000, headers=auth)
    assert large.status_code == 413
    assert process.client.get("/v1/styles", headers=auth).status_code == 200

    code, rest = process.stop()
    assert (code, rest) == (0, "")
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert ("POST", "/v1/outfits", 200) in [(x["method"], x["route"], x["status"]) for x in lines]
    for secret in (key, "rooftop", "127.0.0.1"):
        assert secret not in process.log.read_text()


def slow(process: Process, seconds: float) -> Future[httpx.Response]:
    """A request for outfits that takes so long, and is under way when this returns."""
    pool = ThreadPoolExecutor(1)
    ask = {"vibe": f"sleep {seconds}", "count": 1}
    asked = pool.submit(httpx.post, f"{process.url}/v1/outfits", json=ask, timeout=20)
    pool.shutdown(wait=False)
    wait_until(lambda: "stylist_queue_taken 1.0" in process.client.get("/metrics").text)
    return asked


def test_a_service_that_is_told_to_stop_ends_what_is_under_way(process):
    # One process for this too: a client that leaves frees its place.
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{process.url}/v1/outfits", json={"vibe": "sleep 20"}, timeout=0.5)
    wait_until(lambda: '"status": 499' in process.log.read_text())
    wait_until(lambda: "stylist_queue_taken 0.0" in process.client.get("/metrics").text)

    asked = slow(process, 1.5)
    process.terminate()
    wait_until(lambda: process.client.get("/readyz").status_code == 503)
    assert process.client.get("/readyz").json()["detail"].startswith("draining")
    refused = process.client.post("/v1/outfits", json={"vibe": "too late"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert asked.result().status_code == 200
    code, _ = process.stop()
    assert code == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{process.url}/healthz")


def test_it_does_not_wait_forever_for_what_is_under_way(tmp_path):
    process = Process(tmp_path / "data", drain_seconds="0.3")
    asked = slow(process, 25)
    assert process.stop()[0] == 0
    assert asked.exception() is not None or asked.result().status_code >= 500
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert ("/v1/outfits", 499) in [(line.get("route"), line.get("status")) for line in lines]


def test_a_port_that_is_taken_is_a_one_line_failure(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, str(SCRIPT), "serve", "--port", port, "--data-dir", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"stylist: cannot listen on 127.0.0.1:{port}: .*in use\n", done.stderr)
