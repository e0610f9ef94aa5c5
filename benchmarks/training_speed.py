"""Times an update of this project's trainer against TRL's SFTTrainer: same looks, base model, LoRA rank, and machine.

    python -m benchmarks.training_speed --looks 64

A token is any token that the forward pass reads: prompt, the look's own pieces and, here alone, the options not
taken; padding counts nowhere. TRL learns the same answers by plain likelihood in its own chat formatting, without
gradient checkpointing and with its default mixed precision. `listwise` is how adapters are trained; `likelihood` asks
no options and is the work that TRL does. Each is timed over one epoch after warm-up updates. Reading the options in
the neutral prompt happens once for all epochs: its seconds stand apart. Needs trl: pip install 'vibe-stylist[bench]'.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does

import training
from indexer.embedder import load_embedder
from service.lm.base_model import load_base
from service.lm.engine import ScoringEngine
from service.lm.prompt import format_answer, render
from service.settings import Settings
from training.data.decisions import Draw, Example, Pool, draw_examples
from training.data.looks import read_looks
from training.trainers.lora import Lora, Objective, Trainer
from training.trainers.token_tree import build_tree

HOUSE = sorted((Path(training.__file__).parent / "lookbooks" / "house").glob("*.jsonl"))
RATE = 1e-4


@dataclass(frozen=True)
class Plan:
    """What both trainers are given. `batch` is looks per update."""

    examples: Sequence[Example]
    batch: int
    rank: int
    warmup: int


@dataclass(frozen=True)
class Speed:
    """One trainer's epoch: looks and tokens that its forward passes read, and seconds."""

    trainer: str
    looks: int
    tokens: int
    seconds: float

    def line(self) -> dict[str, object]:
        return {
            "trainer": self.trainer,
            "looks": self.looks,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 2),
            "tokens_per_s": round(self.tokens / self.seconds, 1),
            "looks_per_s": round(self.looks / self.seconds, 3),
        }


def measure_ours(settings: Settings, plan: Plan, objective: Objective) -> Speed:
    """One epoch of `Trainer.update`; without a choice between options where none are needed."""
    examples = plan.examples if objective == "listwise" else [_own_pieces(e) for e in plan.examples]
    trainer = Trainer(
        ScoringEngine(settings), Lora(rank=plan.rank, objective=objective, readout="likelihood")
    )
    started = time.perf_counter()
    trainer.read_neutral({(d.slot, o) for e in examples for d in e.decisions for o in d.options})
    print(json.dumps({"neutral_seconds": round(time.perf_counter() - started, 2), "objective": objective}))
    batches = [examples[first : first + plan.batch] for first in range(0, len(examples), plan.batch)]
    for batch in batches[: plan.warmup]:
        trainer.update(batch, RATE)
    started = time.perf_counter()
    for batch in batches:
        trainer.update(batch, RATE)  # returns the loss as a number, so the device has finished
    seconds = time.perf_counter() - started
    tokens = sum(len(_tree(trainer.lm, example)) for example in examples)
    return Speed(f"vibe-stylist {objective}", len(examples), tokens, seconds)


def measure_trl(settings: Settings, plan: Plan) -> Speed:
    """One epoch of TRL's SFTTrainer on the same looks' answers."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Clock(TrainerCallback):  # type: ignore[misc]
        """From the first update's begin to the last one's end: loading the first batch is left out."""

        def __init__(self) -> None:
            self.begun = self.ended = 0.0

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.begun = self.begun or time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.ended = time.perf_counter()

    def run(examples: Sequence[Example], clock: Clock) -> Any:
        model, tokenizer, _ = load_base(settings)
        lora = LoraConfig(
            r=plan.rank, lora_alpha=2 * plan.rank, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        with tempfile.TemporaryDirectory() as folder:
            config = SFTConfig(output_dir=folder, learning_rate=RATE, **_trl_options(plan.batch))
            data = Dataset.from_list([_chat(example) for example in examples])
            trainer = SFTTrainer(
                model,
                config,
                train_dataset=data,
                processing_class=tokenizer,
                peft_config=lora,
                callbacks=[clock],
            )
            trainer.train()
        return trainer

    if plan.warmup:
        run(plan.examples[: plan.warmup * plan.batch], Clock())
    clock = Clock()
    trainer = run(plan.examples, clock)
    tokens = sum(len(ids) for ids in trainer.train_dataset["input_ids"])
    return Speed("trl SFTTrainer", len(plan.examples), tokens, clock.ended - clock.begun)


def _trl_options(batch: int) -> dict[str, Any]:
    import torch

    return {
        "per_device_train_batch_size": batch,
        "num_train_epochs": 1,
        "activation_checkpointing": False,
        "use_cpu": not torch.cuda.is_available(),
        "max_length": None,
        "packing": False,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def _chat(example: Example) -> dict[str, Any]:
    """A look as TRL's conversational prompt and completion."""
    answer = format_answer(example.pieces)
    return {
        "prompt": render(example.context, "scored").messages(),
        "completion": [{"role": "assistant", "content": answer}],
    }


def _own_pieces(example: Example) -> Example:
    return replace(example, decisions=tuple(replace(d, options=d.options[:1]) for d in example.decisions))


def _tree(lm: ScoringEngine, example: Example) -> list[int]:
    return build_tree(lm.encode_prompt(render(example.context, "scored")), example, lm.encode).tokens


def draw_plan(settings: Settings, looks: int, batch: int, rank: int, warmup: int) -> Plan:
    """The first looks of the house's lookbooks as examples of four options per decision."""
    chosen = read_looks(HOUSE)[:looks]
    examples = draw_examples(chosen, Pool(chosen, load_embedder(settings.embedder)), Draw(), seed=0)
    return Plan(examples, batch, rank, warmup)


def main() -> None:
    """Run and print one JSON object per line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--looks", type=int, default=64)
    parser.add_argument("--batch", type=int, default=4, help="looks per update")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--warmup", type=int, default=2, help="updates before the clock runs")
    parser.add_argument("--base-model", help="a transformers id or folder; default as the service's")
    options = parser.parse_args()
    if find_spec("trl") is None:
        raise SystemExit(
            "this benchmark compares with trl, which is not installed: pip install 'vibe-stylist[bench]'"
        )
    settings = Settings(base_model=options.base_model) if options.base_model else Settings()
    plan = draw_plan(settings, options.looks, options.batch, options.rank, options.warmup)
    speeds = []
    objectives: tuple[Objective, ...] = ("listwise", "likelihood")
    for objective in objectives:
        speeds.append(measure_ours(settings, plan, objective))
        print(json.dumps(speeds[-1].line()), flush=True)
        gc.collect()  # or two models would be held at once
    speeds.append(measure_trl(settings, plan))
    print(json.dumps(speeds[-1].line()), flush=True)
    _print_ratios(speeds)


def _print_ratios(speeds: Sequence[Speed]) -> None:
    """Ours over TRL's: above 1, ours is the faster."""
    *ours, trl = speeds
    for speed in ours:
        tokens = (speed.tokens / speed.seconds) / (trl.tokens / trl.seconds)
        looks = (speed.looks / speed.seconds) / (trl.looks / trl.seconds)
        ratios = {"tokens_per_s": round(tokens, 2), "looks_per_s": round(looks, 2)}
        print(json.dumps({f"{speed.trainer} over trl": ratios}))


if __name__ == "__main__":
    main()
