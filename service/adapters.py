"""Style adapters on disk: one folder per style with LoRA weights and a manifest that says what they fit.

Knows no torch: it checks files and identities; `service.lm` loads the weights.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.errors import ModelError
from service.composer import Weights
from service.models import file_sha256
from service.prompt import PROMPT_VERSION, Layout

MANIFEST = "manifest.json"
WEIGHTS = "adapter_model.safetensors"


class Manifest(BaseModel):
    """What an adapter is. Written beside its weights by training; immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Annotated[str, Field(min_length=1, max_length=64)]
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


@dataclass(frozen=True, slots=True)
class Adapter:
    """A verified adapter folder."""

    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """Identity of everything in the adapter that decides an outfit."""
        m = self.manifest
        parts = [
            m.weights_sha256,
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
    """The adapter in `folder`, checked against the base model that it will sit on and the prompt it will read.

    Raises ModelError that names the folder and, for a mismatch, both values.
    """
    manifest = _manifest(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{folder}: no {WEIGHTS}; other weight formats are never loaded")
    _same(folder, "name", manifest.name, folder.name)
    _same(folder, "prompt_version", manifest.prompt_version, PROMPT_VERSION)
    _same(folder, "base_digest", manifest.base_digest, base_digest)
    _same(folder, "weights_sha256", manifest.weights_sha256, file_sha256(weights))
    return Adapter(folder, manifest)


def adapter_folders(root: Path) -> list[Path]:
    """Folders below `root` that hold a manifest, by name."""
    return sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise ModelError(f"{path}: {field}: {first['msg']}") from error


def _same(folder: Path, field: str, found: str, expected: str) -> None:
    if found != expected:
        raise ModelError(f"{folder / MANIFEST}: {field} is {found!r}, but {expected!r} is needed")
