"""How the job under way goes on: units per stage, their rate, and what is left. Knows no database.

It is told by the build, in the build's thread, and read by any other. Here a build also learns that it shall end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stand:
    """One look at a job. `counts` and `totals` hold units per stage, `totals` only where the total is known.

    `rate` is units per second in the stage under way, `eta_seconds` until its end; None while unknown.
    """

    stage: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    rate: float | None = None
    eta_seconds: float | None = None


class Progress:
    """The build's `ProgressSink`. `check`, called at every step, raises to end the build; `begun` gets each stage."""

    def __init__(self, check: Callable[[], None], begun: Callable[[Stand], None]) -> None:
        self._check = check
        self._begun = begun
        self._stand = Stand()
        self._since = time.monotonic()

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins; `total` None: not known."""
        self._check()
        totals = self._stand.totals if total is None else {**self._stand.totals, stage: total}
        self._begin(Stand(stage, {**self._stand.counts, stage: 0}, totals))

    def enter(self, stage: str) -> None:
        """A stage begins that counts nothing and is not to be interrupted."""
        self._begin(Stand(stage, self._stand.counts, self._stand.totals))

    def advance(self, count: int) -> None:
        """`count` more units of the stage are done."""
        self._check()
        now = self._stand
        done = now.counts[now.stage] + count
        seconds = time.monotonic() - self._since
        rate = done / seconds if done and seconds > 0 else None
        total = now.totals.get(now.stage)
        eta = max(total - done, 0) / rate if rate and total is not None else None
        self._stand = Stand(
            now.stage,
            {**now.counts, now.stage: done},
            now.totals,
            None if rate is None else round(rate, 1),
            None if eta is None else round(eta, 1),
        )

    def _begin(self, stand: Stand) -> None:
        self._since = time.monotonic()
        self._stand = stand  # replaced, never changed: other threads read it
        self._begun(stand)

    def look(self) -> Stand:
        """The latest."""
        return self._stand
