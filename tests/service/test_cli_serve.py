"""`stylist serve` as a real process on a real socket."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SCRIPT = Path(__file__).with_name("stylist_with_fake.py")


class Process:
    """A served data directory; `client` speaks to it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / "serve.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                self.command("serve", "--port", "0"), stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.url = self._process.stdout.readline().strip()
        self.client = httpx.Client(base_url=self.url, timeout=20)
        while self.client.get("/readyz").status_code != 200:
            time.sleep(0.01)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(SCRIPT), *arguments, "--data-dir", str(self.data_dir)]

    def stop(self) -> tuple[int, str]:
        """The exit code after SIGTERM, and what else was on stdout."""
        self.client.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
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
    assert ("POST", "/v1/outfits", 200) in [(x["method"], x["path"], x["status"]) for x in lines]
    assert key not in process.log.read_text()


def test_a_port_that_is_taken_is_a_one_line_failure(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, str(SCRIPT), "serve", "--port", port, "--data-dir", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"stylist: cannot listen on 127.0.0.1:{port}: .*in use\n", done.stderr)
