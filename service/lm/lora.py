"""LoRA adapters on one causal language model: added, removed, and active per row of a batch. Knows no manifest.

Rows with different adapters share one forward pass: the base's part is computed for all rows at once, and each
row's own low-rank part is added to it (as in Punica: Chen et al. 2023; here by peft's mixed batches).
Nothing here is locked: the owner of the model sees to it that nothing changes during a forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.errors import ModelError
from service.artifacts import WEIGHTS
from service.lm.score_head import HEAD, load_head

if TYPE_CHECKING:
    from torch import Tensor

_BASE_ROW = "__base__"
"""What peft calls a row without an adapter."""


class LoraAdapters:
    """The adapters of one model, by name. The model's own layers are wrapped in place while there are any."""

    def __init__(self, causal_lm: Any) -> None:
        self._causal_lm = causal_lm
        self._peft: Any = None
        self._names: set[str] = set()
        self._heads: dict[str, Tensor] = {}

    def head(self, name: str | None) -> Tensor | None:
        """The score head of an adapter, (hidden,) in float32 on the model's device; None where it has none."""
        return self._heads.get(name) if name is not None else None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._names)

    def add(self, name: str, folder: Path) -> None:
        """Load the weights in `folder` as `name`; nothing is left of them when that fails.

        Raises ModelError naming the folder.
        """
        if name in self._names:
            return
        if not (folder / WEIGHTS).is_file():
            raise ModelError(f"{folder}: no {WEIGHTS}; other weight formats are never loaded")
        try:
            self._load(name, folder)
        except Exception as error:
            self._drop(name)
            raise ModelError(f"{folder}: adapter cannot be loaded: {error}") from error
        self._names.add(name)

    def remove(self, name: str) -> None:
        """Free the weights of `name`; nothing happens when there are none."""
        if name in self._names:
            self._names.discard(name)
            self._drop(name)

    @contextmanager
    def active(self, rows: Sequence[str | None]) -> Iterator[None]:
        """Forward passes of the model, of as many rows, go through each row's adapter (None: the bare base).

        Raises ModelError naming an adapter that is not loaded.
        """
        wanted = set(rows)
        if unknown := wanted - self._names - {None}:
            raise ModelError(f"adapter {min(map(str, unknown))!r} is not loaded")
        if self._peft is None:
            yield
        elif wanted == {None}:
            with self._peft.disable_adapter():
                yield
        elif len(wanted) == 1:
            self._peft.set_adapter(rows[0])
            yield
        else:
            with self._mixed([name or _BASE_ROW for name in rows]):
                yield

    @contextmanager
    def _mixed(self, names: list[str]) -> Iterator[None]:
        from peft.tuners.lora import LoraLayer

        def name_rows(_: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, kwargs | {"adapter_names": names}

        layers = [module for module in self._peft.modules() if isinstance(module, LoraLayer)]
        hooks = [layer.register_forward_pre_hook(name_rows, with_kwargs=True) for layer in layers]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _load(self, name: str, folder: Path) -> None:
        from peft import LoraConfig, PeftConfig, PeftModel

        config = PeftConfig.from_pretrained(str(folder))
        if not isinstance(config, LoraConfig) or config.use_dora or config.modules_to_save:
            raise ValueError("adapter_config.json: only plain LoRA can be served side by side")
        config.inference_mode = True
        if self._peft is None:
            self._peft = PeftModel(self._causal_lm, config, adapter_name=name, autocast_adapter_dtype=False)
        else:
            self._peft.add_adapter(name, config, autocast_adapter_dtype=False)
        result = self._peft.load_adapter(str(folder), adapter_name=name, autocast_adapter_dtype=False)
        if (folder / HEAD).is_file():
            self._heads[name] = self._head(folder)
        if wrong := [*result.missing_keys, *result.unexpected_keys]:
            raise ValueError(f"{WEIGHTS}: {len(wrong)} tensors are missing or too many, such as {wrong[0]!r}")
        self._peft.eval().requires_grad_(False)

    def _head(self, folder: Path) -> Tensor:
        head, size = load_head(folder), self._causal_lm.config.hidden_size
        if tuple(head.shape) != (size,):
            raise ValueError(f"{HEAD}: has shape {tuple(head.shape)}, but {(size,)} is needed")
        return head.to(self._causal_lm.device)

    def _drop(self, name: str) -> None:
        self._heads.pop(name, None)
        if self._peft is None or name not in self._peft.peft_config:
            return
        others = [other for other in self._peft.peft_config if other != name]
        if not others:
            self._peft.unload()
            self._peft = None
            # peft marks the model that it wrapped, and warns about the mark when it wraps it again.
            if hasattr(self._causal_lm, "peft_config"):
                del self._causal_lm.peft_config
            return
        self._peft.set_adapter(others[0])
        self._peft.delete_adapter(name)
