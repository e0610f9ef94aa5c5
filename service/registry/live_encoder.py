"""The query encoder that is served, as it is published now: the champion of `retriever`, or the embedder alone.

What changes on disk is picked up while requests go on: a new version is loaded before anything is switched, and a
request keeps the encoder that it began with. One that cannot be used leaves what serves serving.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from indexer.embedder import Embedder
from indexer.errors import ModelError
from service.polling import Pace
from service.query.encoder import QueryEncoder
from service.registry.query_adapter import load_query_adapter
from service.registry.store import ArtifactFolder
from service.registry.style_key import RETRIEVER, StyleKey

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""How often a request looks whether a query encoder was published, promoted or rolled back."""


class LiveEncoder:
    """The encoder of one process over one embedder. Safe to use from any thread."""

    def __init__(self, embedder: Embedder, root: Path) -> None:
        self._embedder, self._folder = embedder, ArtifactFolder(root / RETRIEVER)
        self._plain = self._encoder = QueryEncoder(embedder)
        self._broken: dict[str, str] = {}
        self._following = threading.Lock()
        self._pace = Pace(lambda: POLL_SECONDS)
        self._seen: tuple[object, ...] | None = None
        self.look_again()

    def current(self) -> QueryEncoder:
        """What to encode a request with, from its beginning to its end."""
        if self._pace.due() and self._following.acquire(blocking=False):
            try:
                self._take_over()
            finally:
                self._following.release()
        return self._encoder

    def look_again(self) -> None:
        """Take over what is published now, however short the last look is ago."""
        with self._following:
            self._take_over()

    def fault(self, version: str) -> str | None:
        """Why a version cannot be encoded with, loading it to see; None when it can."""
        try:
            load_query_adapter(self._folder.path / version, self._embedder)
        except (ModelError, OSError) as error:
            return str(error)
        return None

    def broken(self) -> dict[str, str]:
        """What is published and cannot be used, and why."""
        return self._broken

    def _take_over(self) -> None:
        self._pace.looked()
        seen = self._folder.fingerprint()
        if seen == self._seen:
            return
        self._seen = seen
        key = RETRIEVER
        try:
            champion = self._folder.aliases().champion
            key = str(StyleKey(RETRIEVER, champion or ""))
            self._encoder = self._plain if champion is None else self._loaded(champion)
        except (ModelError, OSError) as error:  # a store without a tuned retriever is better than none
            log.error("%s cannot be used, %s: %s", key, self._serving(), error)
            self._broken = {key: str(error)}
            return
        self._broken = {}
        log.info("wishes are encoded by %s", key if self._encoder.tuned else self._embedder.name)

    def _loaded(self, version: str) -> QueryEncoder:
        """The version's encoder; the one at work, with all that it remembers, where that is the same."""
        digest = self._folder.read(version).digest
        if digest == self._encoder.digest:
            self._folder.checked(version)
            return self._encoder
        return load_query_adapter(self._folder.path / version, self._embedder)

    def _serving(self) -> str:
        return "the one before goes on serving" if self._encoder.tuned else "the plain embedder serves"


def champion_encoder(embedder: Embedder, root: Path) -> QueryEncoder:
    """The encoder that is published as champion, or the embedder alone where none is. Raises ModelError."""
    folder = ArtifactFolder(root / RETRIEVER)
    champion = folder.aliases().champion
    return (
        QueryEncoder(embedder) if champion is None else load_query_adapter(folder.path / champion, embedder)
    )
