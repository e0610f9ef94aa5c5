"""The styles that requests may name: the bare base model, and the adapters on the shelf, as they are now.

Changes on disk are picked up while requests go on: what is new is loaded before anything is switched, a request
keeps the style that it began with, and weights that nobody refers to any more are freed. Without a language model
(missing, damaged, or switched off) there is still the retrieval-only composer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.errors import ModelError
from service.db.repositories.styles import Choices
from service.lm.queue import FifoLock
from service.lm.scorer import RetrievalScorer
from service.policy.score_weights import Weights
from service.polling import Pace
from service.registry.store import fingerprint
from service.registry.style import BASE_LAYOUT, Style
from service.registry.style_key import BASE, StyleKey
from service.schemas.outfits import StyleRef, StyleView
from service.settings import Settings

if TYPE_CHECKING:
    from service.registry.loader import StyleLoader

log = logging.getLogger(__name__)

HOUSE = "house"
POLL_SECONDS = 2.0
"""How often a request looks whether styles were published, promoted or rolled back."""


class Styles:
    """All styles of one process. The language model reads for one request at a time; others wait or do without."""

    def __init__(self, settings: Settings, choices: Callable[[], Choices] = Choices) -> None:
        self._settings = settings
        self._choices = choices
        self._turns = FifoLock()
        self.no_model: str | None = None
        self._following = threading.Lock()
        self._pace = Pace(lambda: POLL_SECONDS)
        self._seen: tuple[object, ...] | None = None
        nothing = StyleRef(name=BASE, version="none", digest="none")
        self.fallback = Style(nothing, "No language model", BASE_LAYOUT, RetrievalScorer(), Weights())
        self._wardrobe: StyleLoader | None = self._open() if settings.composer == "auto" else None
        self._follow()

    @property
    def default(self) -> str:
        """The style of requests that name none: the staff's choice, else the setting's, else the base."""
        for wanted in (self._choices().default, self._settings.default_style):
            if wanted is not None and not self.retired(wanted) and self.get(wanted) is not None:
                return wanted
        return BASE

    def default_fault(self) -> str | None:
        """Why the default that staff or settings chose is not served; None where it is, or where nobody chose it."""
        if self._wardrobe is None:
            return None
        chosen = self._choices().default
        wanted = chosen or self._settings.default_style
        if wanted == BASE or self.retired(wanted) or self.get(wanted) is not None:
            return None
        if reason := self._wardrobe.broken(wanted):
            return f"the default style {wanted!r} cannot be used: {reason}"
        named = chosen is not None or "default_style" in self._settings.model_fields_set
        return f"the default style {wanted!r} is not there" if named else None

    def retired(self, key: str) -> bool:
        """Whether staff took the style away from shoppers, whichever of its versions the key names."""
        return StyleKey.name_in(key) in self._choices().retired

    def fault(self, key: str) -> str | None:
        """Why the version that the key stands for cannot be composed with, loading it to see; None when it can, or
        where there is no language model to load it on.
        """
        if self._wardrobe is None:
            return None
        self.look_again()
        return None if self.get(key) is not None else self._wardrobe.broken(key) or f"there is no {key}"

    def get(self, key: str) -> Style | None:
        """The style called `name` (its champion), `name@candidate` or `name@version`; None when there is none.

        For `base` while there is no language model, the fallback.
        """
        if self._wardrobe is None:
            return self.fallback if key == BASE else None
        self._follow()
        return self._wardrobe.get(key)

    def broken(self, key: str) -> str | None:
        """Why a style that is on the shelf cannot be used; None when something can be served for the key."""
        if self._wardrobe is None or self.get(key) is not None:
            return None
        return self._wardrobe.broken(key)

    def look_again(self) -> None:
        """Take over what is on the shelf now, however short the last look is ago."""
        if self._wardrobe is not None:
            with self._following:
                self._take_over(self._wardrobe)

    def views(self) -> list[StyleView]:
        """The base and every champion."""
        self._follow()
        styles = self._wardrobe.champions() if self._wardrobe else [self.fallback]
        default = self.default
        return [
            StyleView(
                **s.ref.model_dump(),
                description=s.description,
                layout=s.layout,
                default=s.ref.name == StyleKey.name_in(default),
            )
            for s in styles
            if not self.retired(s.ref.name)
        ]

    def broken_styles(self) -> dict[str, str]:
        """What is on the shelf and cannot be used, and why."""
        return {} if self._wardrobe is None else self._wardrobe.all_broken()

    @contextmanager
    def turn(self, check: Callable[[], None] = lambda: None) -> Iterator[bool]:
        """Wait for the language model; False when the deadline passed first, or would: then without having waited.

        What `check` raises ends the wait.
        """
        deadline = self._settings.deadline_seconds
        got = self._turns.expected_wait() < deadline and self._turns.take(deadline, check)
        try:
            yield got
        finally:
            if got:
                self._turns.give_back()

    def _open(self) -> StyleLoader | None:
        # Imports torch and transformers: only when a model is wanted.
        from service.lm.engine import ScoringEngine
        from service.registry.loader import StyleLoader

        try:
            return StyleLoader(ScoringEngine(self._settings), self._settings.adapters_dir)
        except ModelError as error:
            log.warning("composing by retrieval alone: %s", error)
            self.no_model = str(error)
            return None

    def _follow(self) -> None:
        """Pick up what changed on the shelf. One request does it, the others go on."""
        if self._wardrobe is not None and self._pace.due():
            with self._following:
                self._take_over(self._wardrobe)

    def _take_over(self, wardrobe: StyleLoader) -> None:
        self._pace.looked()
        seen = fingerprint(self._settings.adapters_dir)
        if seen != self._seen:
            wardrobe.reload()
            self._seen = seen
        wardrobe.sweep()
