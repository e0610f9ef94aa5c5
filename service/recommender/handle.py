"""The recommender that is being served: opened in the background, refreshed, closed. Knows no route."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from indexer.errors import StylistError
from service.errors import UnavailableError
from service.polling import Pace
from service.recommender.protocol import Condition, Recommender

_log = logging.getLogger("stylist.error")
_RETRY_SECONDS = 5
_CLOSE_SECONDS = 30.0
DRAINING = "draining: this service is stopping"
_LOOK_SECONDS = 2.0  # how often a service without an index looks whether there is one by now


class RecommenderHandle:
    """Holds one recommender, or the reason why there is none yet.

    `open_recommender` may take minutes, so that it runs in a thread of its own. What it opens is closed here.
    """

    def __init__(self, open_recommender: Callable[[], Recommender]) -> None:
        self._open = open_recommender
        self._recommender: Recommender | None = None
        self._reason = "starting: the models and the index are being loaded"
        self._opening = threading.Lock()
        self._closed = False
        self._draining = False
        self._pace = Pace(lambda: _LOOK_SECONDS)
        self._thread = threading.Thread(target=self._start, name="open-recommender", daemon=True)

    def start(self) -> None:
        """Begin to open; returns at once."""
        self._thread.start()

    def not_ready(self) -> str | None:
        """Why nothing can be composed now; None when it can."""
        if self._draining:
            return DRAINING
        recommender = self._recommender
        if recommender is None:
            return self._reason
        reason = recommender.not_ready()
        if reason is not None:
            self._look_again()
        return reason

    def get(self) -> Recommender:
        """Raises UnavailableError, with the reason, until the recommender can serve."""
        reason = self.not_ready()
        if reason is not None or self._recommender is None:
            raise UnavailableError(reason or self._reason, retry_after=_RETRY_SECONDS)
        return self._recommender

    @property
    def draining(self) -> bool:
        """Whether the service was told to stop: requests under way end, new ones are refused."""
        return self._draining

    def drain(self) -> None:
        """Refuse whatever comes from now on."""
        self._draining = True

    def condition(self) -> Condition | None:
        """What is served, and what it is served without; None while there is no recommender."""
        recommender = self._recommender
        return None if recommender is None else recommender.condition()

    def refresh(self) -> None:
        """Serve the current snapshot: reload, or open where opening failed before. Raises what went wrong."""
        with self._opening:
            if self._closed:
                return
            if self._recommender is None:
                self._recommender = self._open()
            else:
                self._recommender.reload()

    def close(self) -> None:
        """Close the recommender, waiting for one that is just being opened."""
        self._closed = True
        if self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)
        recommender, self._recommender = self._recommender, None
        self._reason = "stopping"
        if recommender is not None:
            recommender.close()

    def _look_again(self) -> None:
        """See, off the caller's thread, whether another process has made an index since."""
        if self._opening.locked() or not self._pace.due():
            return
        threading.Thread(target=self._refresh_quietly, name="look-for-index", daemon=True).start()

    def _refresh_quietly(self) -> None:
        try:
            self.refresh()
        except StylistError:
            pass  # still nothing to serve, and the recommender says why
        except Exception:
            _log.exception("the index cannot be opened")

    def _start(self) -> None:
        with self._opening:
            if self._closed or self._recommender is not None:
                return
            try:
                self._recommender = self._open()
            except StylistError as error:
                self._reason = str(error)
            except Exception:
                _log.exception("the recommender cannot be opened")
                self._reason = "the stylist cannot be loaded; the log says why"
