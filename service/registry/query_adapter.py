"""One version of the tuned query encoder on disk: LoRA weights on the embedding model, and a manifest.

Knows no vectors: it checks files and identities; `service.query.encoder` encodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.embedder import Embedder
from indexer.errors import ModelError
from service.artifacts import must_be
from service.query.encoder import (
    MANIFEST,
    QueryEncoder,
    RetrieverManifest,
    check_query_adapter,
    load_query_encoder,
    read_manifest,
)
from service.registry.style_key import ALIASES, RETRIEVER, StyleKey


@dataclass(frozen=True, slots=True)
class QueryAdapter:
    """A folder with the manifest of a query adapter."""

    folder: Path
    manifest: RetrieverManifest

    @property
    def key(self) -> StyleKey:
        return StyleKey(self.manifest.name, self.manifest.version)

    @property
    def digest(self) -> str:
        return self.manifest.digest

    @property
    def description(self) -> str:
        return self.manifest.description

    @property
    def created(self) -> str:
        return self.manifest.created

    @property
    def parent(self) -> str:
        """None: each is trained from the embedding model."""
        return ""


def read_query_adapter(folder: Path) -> QueryAdapter:
    """What the manifest in the folder says, the weights unseen. Raises ModelError naming file and field."""
    return QueryAdapter(folder, read_manifest(folder))


def checked_query_adapter(folder: Path) -> QueryAdapter:
    """The adapter, wherever its folder lies, if its weights are the manifest's. Raises ModelError naming the file."""
    manifest = check_query_adapter(folder)
    must_be(folder / MANIFEST, "name", manifest.name, RETRIEVER)
    if manifest.version in ALIASES:
        raise ModelError(f"{folder / MANIFEST}: version: {manifest.version!r} is what an alias is called")
    return QueryAdapter(folder, manifest)


def load_query_adapter(folder: Path, embedder: Embedder) -> QueryEncoder:
    """The encoder of the adapter in `retriever/<version>`. Raises ModelError as `load_query_encoder` does."""
    manifest = read_manifest(folder)
    must_be(folder / MANIFEST, "name", manifest.name, RETRIEVER)
    must_be(folder / MANIFEST, "version", manifest.version, folder.name)
    return load_query_encoder(embedder, folder)
