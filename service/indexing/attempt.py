"""One attempt at a build, whatever happens in it: how it ended, in words for staff. Knows no database and no thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from indexer.errors import StylistError
from indexer.pipeline.report import RemovalError
from service.indexing.job_info import Status
from service.indexing.job_progress import Progress
from service.indexing.order import Build, BuildOrder

CANCELLED = "cancelled on request"

_log = logging.getLogger("stylist.error")


class Stopped(Exception):
    """Raised inside a build when the service stops: the job goes on when it starts again."""


class Cancelled(Exception):
    """Raised inside a build that staff have cancelled."""


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended. `report` is the build's account, as JSON-able values."""

    status: Status
    error: str | None = None
    report: dict[str, Any] | None = None


def attempt(build: Build, after: Callable[[], None], order: BuildOrder, progress: Progress) -> End | None:
    """Build, and serve what was built by `after`; None when the service stops meanwhile."""
    report: dict[str, Any] | None = None
    try:
        report = build(order, progress).as_dict()
        if not order.dry_run:
            progress.enter("reload")
            after()
    except Stopped:
        return None
    except Cancelled:
        return End("cancelled", CANCELLED)
    except RemovalError as error:
        return End("failed", str(error), error.report.as_dict())
    except StylistError as error:
        return End("failed", str(error), report)
    except Exception:
        _log.exception("a build failed")
        return End("failed", "the build failed unexpectedly; the log says why", report)
    return End("done", None, report)
