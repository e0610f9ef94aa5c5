"""The score head of an adapter on disk: one vector that reads a score off the model's state after a piece's text.

Knows no model and no outfits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

Readout = Literal["likelihood", "head"]
"""What the score of a text is: its likelihood against the neutral prompt's, or the head's reading."""

HEAD = "score_head.safetensors"
_KEY = "head"


def save_head(head: Tensor, folder: Path) -> None:
    """Write a head of shape (hidden,)."""
    from safetensors.torch import save_file

    save_file({_KEY: head.float().contiguous().cpu()}, folder / HEAD)


def load_head(folder: Path) -> Tensor:
    """A head of shape (hidden,), float32. Raises ModelError that names the file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        head: Tensor = load_file(folder / HEAD)[_KEY]
    except (OSError, SafetensorError, KeyError) as error:
        raise ModelError(f"{folder / HEAD}: not a score head: {error}") from error
    return head
