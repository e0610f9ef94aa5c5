"""Files that say what lies beside them: read against their schema, and held against what is needed. Knows no schema."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from indexer.errors import ModelError, StylistError

M = TypeVar("M", bound=BaseModel)

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
"""The two files of a LoRA adapter, as peft names them."""


def read_file(path: Path, kind: type[M], error: type[StylistError] = ModelError) -> M:
    """The file as a `kind`. Raises `error` naming the file and the field that is wrong."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as failure:
        raise error(f"{path}: cannot be read: {failure.strerror}") from failure
    except ValidationError as failure:
        first = failure.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise error(f"{path}: {field}: {first['msg']}") from failure


def must_be(path: Path, field: str, found: str, expected: str) -> None:
    """Raises ModelError naming both values when they differ."""
    if found != expected:
        raise ModelError(f"{path}: {field} is {found!r}, but {expected!r} is needed")
