"""Wishes and worn pieces -> query vectors in the space of the index. Knows no items, no index and no outfits.

Only the query side is tuned: a LoRA on a copy of the embedding model (Hu et al. 2021), while the pieces in the
index keep the vectors of the model as it is. So an adapter comes and goes without indexing anything again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from indexer.embedder import Embedder, SentenceTransformerEmbedder, Vectors
from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS, must_be, read_file

MANIFEST = "retriever.json"
"""Not `manifest.json`, which marks the folders of styles."""
REMEMBERED = 8192
"""Worn pieces whose vectors are kept."""

Share = Annotated[float, Field(ge=0, le=1)]


class RetrieverManifest(BaseModel):
    """What a query adapter is. Written beside its weights by training; immutable.

    `wish_base` and `worn_base` are the shares of the untuned vector in the vector of a wish and of a worn piece.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    embedder: str
    embedder_digest: str
    weights_sha256: str
    wish_base: Share
    worn_base: Share
    data_digest: str
    seed: int
    metrics: dict[str, float]
    data_licence: str
    data_provenance: str
    description: str = "The query side of retrieval"
    created: str = ""
    """ISO 8601, UTC."""
    rank: int | None = None
    """Rank of the LoRA matrices."""

    @property
    def digest(self) -> str:
        """Identity of everything here that decides a vector. 16 hex digits."""
        parts = [self.embedder_digest, self.weights_sha256, repr((self.wish_base, self.worn_base))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class QueryEncoder:
    """Query vectors from the embedder alone, or from it and its tuned copy. Safe to call from any thread."""

    def __init__(
        self,
        embedder: Embedder,
        tuned: Embedder | None = None,
        wish_base: float = 0.0,
        worn_base: float = 0.0,
        digest: str | None = None,
    ) -> None:
        self._embedder, self._tuned = embedder, tuned
        self._wish_base, self._worn_base = wish_base, worn_base
        self._worn: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self.digest = digest or embedder.digest
        """Identity of the vectors: caches of anything computed from them are keyed by it."""

    @property
    def tuned(self) -> bool:
        """Whether an adapter is at work."""
        return self._tuned is not None

    def encode_wish(self, text: str) -> Vectors:
        """The vector that pieces for this wish are searched with: shape (dim,), float32, unit norm."""
        return np.asarray(self._encode([text], self._wish_base)[0])

    def encode_worn(self, texts: Sequence[str]) -> Vectors:
        """One vector per piece already worn, shape (len(texts), dim), float32, rows of unit norm.

        The mean over the pieces of an outfit is what the next piece is held against.
        """
        with self._lock:
            known = {text: self._worn[text] for text in texts if text in self._worn}
        if missing := [text for text in dict.fromkeys(texts) if text not in known]:
            known |= dict(zip(missing, self._encode(missing, self._worn_base), strict=True))
        with self._lock:
            for text in dict.fromkeys(texts):
                self._worn[text] = known[text]
                self._worn.move_to_end(text)
            while len(self._worn) > REMEMBERED:
                self._worn.popitem(last=False)
        return np.stack([known[t] for t in texts]) if texts else np.empty((0, self._embedder.dim), np.float32)

    def _encode(self, texts: Sequence[str], base_share: float) -> Vectors:
        if self._tuned is None or base_share == 1:
            return self._embedder.encode(texts)
        vectors = self._tuned.encode(texts)
        if base_share == 0:
            return vectors
        mixed = (1 - base_share) * vectors + base_share * self._embedder.encode(texts)
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


class TunedEmbedder(SentenceTransformerEmbedder):
    """A copy of an embedding model with the LoRA of `folder` merged into its weights. Several threads may use it."""

    def __init__(self, name: str, folder: Path) -> None:
        """Raises ModelError when the adapter does not fit the model."""
        from peft import PeftModel

        super().__init__(name, bulk=None)
        self._turn = threading.Lock()  # the tokenizer's padding is state
        try:
            adapted = PeftModel.from_pretrained(self._model[0].model, folder)
            adapted.merge_and_unload()
        except Exception as error:
            raise ModelError(f"{folder}: adapter cannot be loaded: {error}") from error

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:  # noqa: ARG002 - queries are few
        with self._turn:
            return super().encode(texts)


def load_query_encoder(embedder: Embedder, folder: Path | None) -> QueryEncoder:
    """The encoder with the adapter in `folder`, or without one when there is no folder or no manifest in it.

    Raises ModelError that names the file and, for a mismatch, both values.
    """
    if folder is None or not (folder / MANIFEST).is_file():
        return QueryEncoder(embedder)
    must_be(folder / MANIFEST, "embedder_digest", read_manifest(folder).embedder_digest, embedder.digest)
    manifest = check_query_adapter(folder)
    tuned = TunedEmbedder(embedder.name, folder)
    return QueryEncoder(embedder, tuned, manifest.wish_base, manifest.worn_base, manifest.digest)


def check_query_adapter(folder: Path) -> RetrieverManifest:
    """The manifest in the folder, if the weights beside it are its own. Raises ModelError as above."""
    manifest = read_manifest(folder)
    for name in (WEIGHTS, CONFIG):
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: no {name}; other weight formats are never loaded")
    must_be(folder / MANIFEST, "weights_sha256", manifest.weights_sha256, sha256_file(folder / WEIGHTS))
    return manifest


def read_manifest(folder: Path) -> RetrieverManifest:
    """The manifest in the folder. Raises ModelError naming file and field."""
    return read_file(folder / MANIFEST, RetrieverManifest)
