"""The files by which processes that share a data folder agree who runs its jobs. Knows no order and no table.

jobs/home           an id of the data folder: its jobs are told by it where several folders share a database
jobs/lock           held by the process that runs a job, for as long as it does
jobs/<id>.cancel    there while job <id> is to be cancelled
uploads/<random>/   feeds of one request; `.lock` in it is held while they arrive
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from indexer.errors import StylistError
from indexer.storage.durable import locked, replace_text, try_lock

UPLOADS_FOLDER = "uploads"
UPLOAD_LOCK = ".lock"


class JobHome:
    """The jobs' folder of a data directory. Raises StylistError when it cannot be written."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "jobs"
        self._uploads = data_dir / UPLOADS_FOLDER
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.id = self._read_id()
        except OSError as error:
            raise StylistError(f"{self._folder}: cannot be used: {error.strerror}") from error

    def lock(self) -> int | None:
        """The right to run a job, as a descriptor to close; None while another process has it."""
        return try_lock(self._folder / "lock")

    def ask_to_cancel(self, job_id: str) -> None:
        """Whichever process runs the job, it sees this at its next step."""
        self._cancel(job_id).touch()

    def is_cancelled(self, job_id: str) -> bool:
        return self._cancel(job_id).exists()

    def forget(self, job_id: str) -> None:
        """The job has ended: nothing is left to cancel."""
        with suppress(OSError):
            self._cancel(job_id).unlink(missing_ok=True)

    def sweep(self, kept: Collection[Path]) -> None:
        """Delete uploads that no job waits for, apart from those that are just arriving in another process."""
        if not self._uploads.is_dir():
            return
        for folder in self._uploads.iterdir():
            if folder in kept or not folder.is_dir():
                continue
            held = try_lock(folder / UPLOAD_LOCK)
            if held is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)

    def _cancel(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.cancel"

    def _read_id(self) -> str:
        path = self._folder / "home"
        with locked(self._folder / "home.lock"):
            if not path.exists():
                replace_text(path, secrets.token_hex(16))
            return path.read_text(encoding="utf-8")
