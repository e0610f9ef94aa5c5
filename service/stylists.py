"""The styles that requests may name: the bare base model, and every valid adapter. Loads each once.

Without a language model (missing, damaged, or switched off) there is still the retrieval-only composer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import ModelError
from service.adapters import Adapter, adapter_folders, load_adapter
from service.composer import Weights
from service.prompt import Layout
from service.schema import StyleRef, StyleView
from service.scorer import RetrievalScorer, Scorer
from service.settings import Settings

if TYPE_CHECKING:
    from service.lm import LanguageModel
    from service.lm_scorer import NeutralScores

log = logging.getLogger(__name__)

BASE = "base"
HOUSE = "house"
BASE_LAYOUT: Layout = "scored"


@dataclass(frozen=True, slots=True)
class Style:
    """One style ready to compose with."""

    ref: StyleRef
    description: str
    layout: Layout
    scorer: Scorer
    weights: Weights


class Stylists:
    """All styles of one process. The language model reads for one request at a time; others wait or do without."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._gate = threading.Lock()
        self._broken: dict[str, str] = {}
        self._styles: dict[str, Style] = {}
        nothing = StyleRef(name=BASE, version="none", digest="none")
        self.fallback = Style(nothing, "No language model", BASE_LAYOUT, RetrievalScorer(), Weights())
        if settings.composer == "auto":
            self._load()

    @property
    def default(self) -> str:
        """The style of requests that name none."""
        return self._settings.default_style if self._settings.default_style in self._styles else BASE

    def get(self, name: str) -> Style | None:
        """The style, the fallback for `base` while there is no language model, None when unknown."""
        if name == BASE:
            return self._styles.get(BASE, self.fallback)
        return self._styles.get(name)

    def broken(self, name: str) -> str | None:
        """Why a style that has a folder cannot be used; None when nothing is wrong with it."""
        return self._broken.get(name)

    def views(self) -> list[StyleView]:
        styles = self._styles or {BASE: self.fallback}
        return [
            StyleView(
                **s.ref.model_dump(), description=s.description, layout=s.layout, default=name == self.default
            )
            for name, s in styles.items()
        ]

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for the language model; False when the deadline passed first."""
        got = self._gate.acquire(timeout=self._settings.deadline_seconds)
        try:
            yield got
        finally:
            if got:
                self._gate.release()

    def _load(self) -> None:
        # Imports torch and transformers: only when a model is wanted.
        from service.lm import LanguageModel
        from service.lm_scorer import NeutralScores

        try:
            model = LanguageModel(self._settings)
        except ModelError as error:
            log.warning("composing by retrieval alone: %s", error)
            return
        ref = StyleRef(name=BASE, version=model.digest, digest=model.digest)
        neutral = NeutralScores(model)
        self._add(ref, "The untuned base model", BASE_LAYOUT, None, Weights(), model, neutral)
        for folder in adapter_folders(self._settings.adapters_dir):
            self._load_adapter(model, folder, neutral)

    def _load_adapter(self, model: LanguageModel, folder: Path, neutral: NeutralScores) -> None:
        try:
            adapter: Adapter = load_adapter(folder, model.digest)
            model.add_adapter(adapter.digest, folder)
        except ModelError as error:
            log.error("style %s cannot be used: %s", folder.name, error)
            self._broken[folder.name] = str(error)
            return
        manifest = adapter.manifest
        ref = StyleRef(name=manifest.name, version=manifest.version, digest=adapter.digest)
        self._add(ref, manifest.description, manifest.layout, adapter.digest, adapter.weights, model, neutral)

    def _add(
        self,
        ref: StyleRef,
        description: str,
        layout: Layout,
        adapter: str | None,
        weights: Weights,
        model: LanguageModel,
        neutral: NeutralScores,
    ) -> None:
        from service.lm_scorer import LmScorer

        scorer = LmScorer(model, adapter, layout, neutral)
        self._styles[ref.name] = Style(ref, description, layout, scorer, weights)
