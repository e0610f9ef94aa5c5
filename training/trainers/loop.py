"""A run of training: epochs, schedule, checkpoints and the curve. What an update does is `trainer`'s.

`Loop` is what all runs share, `Run` the supervised one on looks.
"""

from __future__ import annotations

import json
import math
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from indexer.errors import StylistError
from indexer.item import Slot
from training.data.decisions import Draw, Example, Pool, draw_examples
from training.data.looks import StyledLook, digest
from training.trainers.lora import Trainer, accuracy
from training.trainers.loss_curve import CURVE

CHECKPOINT = "checkpoint.safetensors"


class CheckpointError(StylistError):
    """A checkpoint that belongs to another run; names the file."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. `batch` is examples per update; the learning rate warms up, then falls as a cosine."""

    learning_rate: float = 4e-4
    epochs: int = 3
    batch: int = 4
    warmup: float = 0.1
    seed: int = 0
    checkpoint_every: int = 50

    def rate(self, step: int, steps: int) -> float:
        warm = min(1.0, (step + 1) / max(1.0, self.warmup * steps))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


class Loop(ABC):
    """One training run in the folder `out`. Begun again with the same arguments, it goes on where it stopped."""

    def __init__(
        self,
        trainer: Trainer,
        size: int,
        checks: Mapping[str, Sequence[Example]],
        schedule: Schedule,
        out: Path,
    ) -> None:
        """`size`: examples per epoch. `checks`: held-out examples by the name that the curve gives them."""
        self.trainer, self.checks, self.schedule, self.out = trainer, checks, schedule, out
        self.updates = math.ceil(size / schedule.batch)
        self.step = 0

    @abstractmethod
    def _examples(self, seed: int) -> list[Example]:
        """One epoch's examples in the order in which they are learned from; both follow from the seed."""

    @abstractmethod
    def _entries(self) -> set[tuple[Slot, str]]:
        """Every (slot, text) that training examples may ask about."""

    @abstractmethod
    def _identity(self) -> str:
        """What must be the same for a checkpoint to be gone on from."""

    def train(self) -> None:
        """All epochs that are left. After each the adapter is saved, and the curve gets the held-out accuracy.

        Raises CheckpointError when `out` holds another run's checkpoint.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        self._resume()
        if self.trainer.head is None:
            with (
                self.trainer.peft.disable_adapter()
            ):  # neutral is the base model's, whatever training began from
                held_out = asked(e for examples in self.checks.values() for e in examples)
                self.trainer.read_neutral(self._entries() | held_out, self.out.parent)
        if self.step == 0:
            self._report({"step": 0, "seconds": 0, "tokens": 0, **self._check()})
        while self.step < self.updates * self.schedule.epochs:
            self._epoch(self.step // self.updates)
        self.trainer.save(self.out)

    def _epoch(self, epoch: int) -> None:
        seed = self.schedule.seed * 1000 + epoch
        examples = self._examples(seed)
        steps = self.updates * self.schedule.epochs
        losses, right, total, started = 0.0, 0, 0, time.monotonic()
        first = self.step % self.updates
        with tqdm(total=self.updates, initial=first, desc=f"epoch {epoch + 1}", unit="update") as bar:
            for n in range(first, self.updates):
                batch = examples[n * self.schedule.batch : (n + 1) * self.schedule.batch]
                loss, hits = self.trainer.update(batch, self.schedule.rate(self.step, steps))
                losses, right, self.step = losses + loss, right + hits, self.step + 1
                total += sum(len(d.options) > 1 for e in batch for d in e.decisions)
                bar.update()
                bar.set_postfix(loss=f"{losses / (n + 1 - first):.3f}", right=f"{right / total:.3f}")
                if self.step % self.schedule.checkpoint_every == 0 and n + 1 < self.updates:
                    self._save()
        self._report(
            {
                "step": self.step,
                "epoch": epoch + 1,
                "seconds": round(time.monotonic() - started, 1),
                "loss": round(losses / max(1, self.updates - first), 4),
                "train": round(right / max(1, total), 4),
                **self._check(),
            }
        )
        self.trainer.save(self.out / f"epoch-{epoch + 1}")
        self._save()  # last: an epoch that a checkpoint counts as done has its line and its adapter

    def _check(self) -> dict[str, float]:
        return {name: accuracy(self.trainer, examples) for name, examples in self.checks.items()}

    def _report(self, line: dict[str, Any]) -> None:
        """Add a line to the curve. Lines of steps that an interrupted run takes again make way."""
        print(json.dumps(line), flush=True)
        path = self.out / CURVE
        known = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        kept = [text for text in known if json.loads(text)["step"] < line["step"]]
        path.write_text("".join(f"{text}\n" for text in [*kept, json.dumps(line)]), encoding="utf-8")

    def _save(self) -> None:
        """Weights and the optimizer's moments, written aside and renamed."""
        state = self.trainer.optimizer.state
        tensors = {}
        for n, master in enumerate(self.trainer.masters):
            tensors[f"{n}.weight"] = master.detach()
            for name in ("exp_avg", "exp_avg_sq", "step"):
                tensors[f"{n}.{name}"] = state[master][name]
        aside = self.out / f"{CHECKPOINT}.new"
        save_file(tensors, aside, metadata={"step": str(self.step), "identity": self._identity()})
        aside.replace(self.out / CHECKPOINT)

    def _resume(self) -> None:
        from safetensors import safe_open

        path = self.out / CHECKPOINT
        if not path.is_file():
            return
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        if metadata.get("identity") != self._identity():
            raise CheckpointError(f"{path} belongs to another run; choose another folder or remove it")
        tensors = load_file(path)
        trainer = self.trainer
        with torch.no_grad():
            for n, master in enumerate(trainer.masters):
                master.copy_(tensors[f"{n}.weight"])
                trainer.optimizer.state[master] = {
                    name: tensors[f"{n}.{name}"].to("cpu" if name == "step" else master.device)
                    for name in ("exp_avg", "exp_avg_sq", "step")
                }
        trainer.copy_masters()
        self.step = int(metadata["step"])


class Run(Loop):
    """Supervised training on looks; every epoch draws their examples anew."""

    def __init__(
        self,
        trainer: Trainer,
        looks: Sequence[StyledLook],
        checks: Mapping[str, Sequence[Example]],
        draw: Draw,
        schedule: Schedule,
        out: Path,
        pool: Pool,
        start: str = "",
    ) -> None:
        """`start` is the identity of the adapter that training goes on from."""
        super().__init__(trainer, len(looks), checks, schedule, out)
        self.looks, self.draw, self.pool, self.start = list(looks), draw, pool, start

    def _examples(self, seed: int) -> list[Example]:
        examples = draw_examples(self.looks, self.pool, self.draw, seed)
        random.Random(seed).shuffle(examples)
        return examples

    def _entries(self) -> set[tuple[Slot, str]]:
        return self.pool.entries()

    def _identity(self) -> str:
        return json.dumps(
            [
                asdict(self.schedule),
                asdict(self.draw),
                asdict(self.trainer.lora),
                self.start,
                digest(self.looks),
            ]
        )


def asked(examples: Iterable[Example]) -> set[tuple[Slot, str]]:
    """Every (slot, text) among which the examples choose."""
    return {(d.slot, o) for e in examples for d in e.decisions if len(d.options) > 1 for o in d.options}
