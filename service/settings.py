"""Every setting, read from `STYLIST_*` environment variables. The only module that reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexer.embedder import EMBEDDED_MODEL

EMBEDDED_LM = "embedded:SmolLM2-135M-Instruct"

Positive = Annotated[int, Field(gt=0)]


class Settings(BaseSettings):
    """Settings of command line and service; a field's name in capitals after `STYLIST_` sets it."""

    model_config = SettingsConfigDict(env_prefix="STYLIST_", extra="ignore")

    data_dir: Path = Path("data")
    """Where the index, the keys and the composed outfits live."""
    model_dir: Path = Path.home() / ".cache" / "vibe-stylist"
    """Where the converted base model is cached."""
    adapters_dir: Path = Field(default_factory=lambda: _adapters())
    """Folder of adapters: one folder per style and version; `./adapters`, else those beside the code."""
    embedder: str = EMBEDDED_MODEL
    """Embedding model: a sentence-transformers id or folder."""
    base_model: str = EMBEDDED_LM
    """Base language model: a transformers id or folder."""
    default_style: str = "house"
    """Style of a request that names none; `base` while no such adapter is published."""
    composer: Literal["auto", "retrieval"] = "auto"
    """`retrieval` never loads a language model."""
    currency: str = "EUR"
    """Currency of feeds that name none."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    feed_dir: Path | None = None
    """Folder that server-side paths of reindex requests are confined to; unset: uploads only."""
    candidates_per_slot: Positive = 8
    """Pieces per slot that the stylist reads."""
    queue_size: Positive = 16
    """Requests that may wait for the stylist before the service answers 503."""
    deadline_seconds: Annotated[float, Field(gt=0)] = 20.0
    """A request that waits longer than this for the stylist is composed by retrieval alone."""
    max_upload_bytes: Positive = 512 * 1024 * 1024
    max_body_bytes: Positive = 256 * 1024
    threads: int = 0
    """Threads of the language model; 0 leaves the choice to torch."""


def _adapters() -> Path:
    here = Path("adapters")
    beside = Path(__file__).parent.parent / "adapters"
    return beside if beside.is_dir() and not here.is_dir() else here
