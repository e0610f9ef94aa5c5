"""One version of a style adapter on disk: LoRA weights and a manifest that says what they fit.

Knows no torch: it checks files and identities; `service.lm.engine` loads the weights. Which version of a style is
served is `service.registry.store`'s.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS, must_be, read_file
from service.composition.weights import Weights
from service.lm.prompt import PROMPT_VERSION, Layout
from service.lm.score_head import HEAD, Readout
from service.registry.style_key import StyleKey, StyleName, Version

MANIFEST = "manifest.json"


class Manifest(BaseModel):
    """What an adapter is. Written beside its weights by training; immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: StyleName
    version: Version
    description: str
    prompt_version: str
    layout: Layout
    base_model: str
    base_digest: str
    weights_sha256: str
    data_digest: str
    seed: int
    metrics: dict[str, float]
    data_licence: str
    data_provenance: str
    score_weights: dict[Literal["text", "vibe", "rest", "harmony"], float] = {}
    """Weights of the composer's score that were fitted with this adapter; absent ones keep their default."""
    readout: Readout = "likelihood"
    """What the score of a piece is; `head` needs `score_head.safetensors` beside the weights."""
    head_sha256: str = ""
    created: str = ""
    """ISO 8601, UTC."""
    parent: str = ""
    """NAME@VERSION of the adapter that training went on from."""
    rank: int | None = None
    """Rank of the LoRA matrices."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A verified adapter folder."""

    folder: Path
    manifest: Manifest

    @property
    def key(self) -> StyleKey:
        return StyleKey(self.manifest.name, self.manifest.version)

    @property
    def description(self) -> str:
        return self.manifest.description

    @property
    def created(self) -> str:
        return self.manifest.created

    @property
    def parent(self) -> str:
        return self.manifest.parent

    @property
    def digest(self) -> str:
        """Identity of everything in the adapter that decides an outfit."""
        m = self.manifest
        parts = [
            m.weights_sha256,
            m.head_sha256,
            m.layout,
            m.prompt_version,
            m.base_digest,
            repr(sorted(m.score_weights.items())),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @property
    def weights(self) -> Weights:
        return Weights(**(asdict(Weights()) | self.manifest.score_weights))


def load_adapter(folder: Path, base_digest: str) -> Adapter:
    """The adapter in `<name>/<version>`, checked against the base model that it will sit on and its prompt.

    Raises ModelError that names the folder and, for a mismatch, both values.
    """
    manifest = read_manifest(folder)
    must_be(folder / MANIFEST, "name", manifest.name, folder.parent.name)
    must_be(folder / MANIFEST, "version", manifest.version, folder.name)
    must_be(folder / MANIFEST, "base_digest", manifest.base_digest, base_digest)
    return check_adapter(folder)


def check_adapter(folder: Path) -> Adapter:
    """The adapter, wherever its folder lies, if its weights are the manifest's. Raises ModelError as above."""
    manifest = read_manifest(folder)
    for name in (WEIGHTS, CONFIG):
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: no {name}; other weight formats are never loaded")
    must_be(folder / MANIFEST, "prompt_version", manifest.prompt_version, PROMPT_VERSION)
    must_be(folder / MANIFEST, "weights_sha256", manifest.weights_sha256, sha256_file(folder / WEIGHTS))
    found: Readout = "head" if (folder / HEAD).is_file() else "likelihood"
    must_be(folder / MANIFEST, "readout", manifest.readout, found)
    must_be(
        folder / MANIFEST,
        "head_sha256",
        manifest.head_sha256,
        sha256_file(folder / HEAD) if found == "head" else "",
    )
    return Adapter(folder, manifest)


def read_adapter(folder: Path) -> Adapter:
    """What the manifest in the folder says, the weights unseen. Raises ModelError naming file and field."""
    return Adapter(folder, read_manifest(folder))


def read_manifest(folder: Path) -> Manifest:
    """The manifest in the folder. Raises ModelError naming file and field."""
    return read_file(folder / MANIFEST, Manifest)
