"""Loaded styles: adapters on the one language model, kept for as long as something refers to them.

Every version has one scorer, found again by the adapter's digest; what nobody holds any more is swept away.
Knows no clock: when to look at the shelf again is the caller's.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakValueDictionary

from indexer.errors import ModelError
from service.composition.weights import Weights
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.registry.adapter import load_adapter
from service.registry.store import Aliases, ArtifactFolder, style_folders
from service.registry.style import BASE_LAYOUT, Style
from service.registry.style_key import BASE, CHAMPION, StyleKey
from service.schemas.outfits import StyleRef

log = logging.getLogger(__name__)

_GUESTS = 2
"""Versions that are neither champion nor candidate and stay loaded after a request named them."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What there is, replaced as a whole: styles and reasons by `name@version`, versions by name and alias."""

    aliases: Mapping[str, Aliases] = field(default_factory=dict)
    styles: Mapping[str, Style] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


class StyleLoader:
    """The styles below `root` on one model. Call `reload` and `sweep` from one thread at a time, the rest from any."""

    def __init__(self, model: ScoringEngine, root: Path) -> None:
        self._model, self._root = model, root
        self._neutral = PmiBaseline(model)
        self._scorers: WeakValueDictionary[str, LmScorer] = WeakValueDictionary()
        self._guests: OrderedDict[str, Style] = OrderedDict()
        self._loading = threading.RLock()
        self._shelf = _Shelf()
        ref = StyleRef(name=BASE, version=model.digest, digest=model.digest)
        scorer = LmScorer(model, None, BASE_LAYOUT, self._neutral)
        self._base = Style(ref, "The untuned base model", BASE_LAYOUT, scorer, Weights())

    def get(self, key: str) -> Style | None:
        """The style of a key such as `name`, `name@candidate` or `name@version`. Loads a version on first use."""
        if key == BASE:
            return self._base
        shelf = self._shelf
        full = _resolve(shelf, key)
        if full is None or full in shelf.broken:
            return None
        return shelf.styles.get(full) or self._guest(full)

    def broken(self, key: str) -> str | None:
        """Why the version that the key stands for cannot be used."""
        shelf = self._shelf
        return shelf.broken.get(_resolve(shelf, key) or key)

    def all_broken(self) -> dict[str, str]:
        """Every style and version that was found to be unusable, and why."""
        return dict(self._shelf.broken)

    def champions(self) -> list[Style]:
        """The base, then the style behind every bare name."""
        shelf = self._shelf
        found = (shelf.styles.get(_resolve(shelf, name) or "") for name in shelf.aliases)
        return [self._base, *(style for style in found if style is not None)]

    def reload(self) -> None:
        """Take over what is on disk now. New versions are loaded first; a broken one leaves the old one serving."""
        with self._loading:
            old = self._shelf
            aliases: dict[str, Aliases] = {}
            styles: dict[str, Style] = {}
            broken: dict[str, str] = {}
            for folder in style_folders(self._root):
                if (found := self._aliases(folder, old, broken)) is None:
                    continue
                for version in dict.fromkeys(filter(None, (found.champion, found.candidate))):
                    self._take(folder, version, styles, broken)
                aliases[folder.name] = _still_serving(folder.name, found, old, styles, broken)
            self._guests.clear()
            self._shelf = _Shelf(aliases, styles, broken)

    def sweep(self) -> None:
        """Free the weights of adapters that no style and no request holds any more."""
        with self._loading:
            for digest in self._model.adapters - set(self._scorers):
                self._model.remove_adapter(digest)
                log.info("adapter %s is unloaded", digest)

    def _aliases(self, folder: ArtifactFolder, old: _Shelf, broken: dict[str, str]) -> Aliases | None:
        try:
            return folder.aliases()
        except ModelError as error:
            log.error("style %s: %s", folder.name, error)
            broken[folder.name] = str(error)
            return old.aliases.get(folder.name)

    def _take(
        self, folder: ArtifactFolder, version: str, styles: dict[str, Style], broken: dict[str, str]
    ) -> None:
        full = str(StyleKey(folder.name, version))
        try:
            styles[full] = self._load(folder, version)
        except (ModelError, OSError) as error:
            log.error("style %s cannot be used: %s", full, error)
            broken[full] = str(error)

    def _guest(self, full: str) -> Style | None:
        key = StyleKey.parse(full)
        folder = ArtifactFolder(self._root / key.name)
        with self._loading:
            if full not in self._guests:
                if key.version not in folder.versions():
                    return None
                loaded: dict[str, Style] = {}
                broken = dict(self._shelf.broken)
                self._take(folder, key.version, loaded, broken)
                if not loaded:
                    self._shelf = _Shelf(self._shelf.aliases, self._shelf.styles, broken)
                    return None
                self._guests |= loaded
            self._guests.move_to_end(full)
            style = self._guests[full]
            while len(self._guests) > _GUESTS:
                self._guests.popitem(last=False)
        return style

    def _load(self, folder: ArtifactFolder, version: str) -> Style:
        adapter = load_adapter(folder.path / version, self._model.digest)
        manifest, digest = adapter.manifest, adapter.digest
        scorer = self._scorers.get(digest)
        if scorer is None:
            self._model.add_adapter(digest, adapter.folder)
            scorer = LmScorer(self._model, digest, manifest.layout, self._neutral)
            self._scorers[digest] = scorer
        ref = StyleRef(name=manifest.name, version=manifest.version, digest=digest)
        return Style(ref, manifest.description, manifest.layout, scorer, adapter.weights)


def _resolve(shelf: _Shelf, text: str) -> str | None:
    """`name@version` of a key; None when there is no such style or alias, or the text is no key."""
    try:
        key = StyleKey.parse(text)
    except ModelError:
        return None
    aliases = shelf.aliases.get(key.name)
    version = aliases.of(key.version or CHAMPION) if aliases else None
    return str(key.of(version)) if version else None


def _still_serving(
    name: str, found: Aliases, old: _Shelf, styles: dict[str, Style], broken: Mapping[str, str]
) -> Aliases:
    """The aliases, with the champion that serves already in the place of one that cannot be loaded."""
    before = _resolve(old, name)
    serving = old.styles.get(before or "")
    if before is None or serving is None or str(StyleKey(name, found.champion or "")) not in broken:
        return found
    log.error("style %s: %s goes on serving", name, before)
    styles.setdefault(before, serving)
    return found.model_copy(update={"champion": serving.ref.version})
