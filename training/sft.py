"""Trains a LoRA adapter listwise: of the options of each decision, the look's own piece shall score best.

The score is the one that serving uses: log-likelihood in the prompt minus the base model's in the neutral prompt,
per token. The loss is the cross-entropy of a softmax over the options' scores (listwise ranking: Cao et al. 2007).

    python -m training.sft --name house --out adapters/house training/lookbooks/house/*.jsonl
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from indexer.embedder import load_embedder
from service.lm import LanguageModel
from service.lm_scorer import NeutralScores
from service.prompt import render
from service.settings import Settings
from training.decisions import Example, build_examples, check_leaks, split_vibes
from training.lookbook import read_lookbook
from training.tree import Tree, build_tree


@dataclass(frozen=True)
class Config:
    """What a run does. `sharpness` turns nats per token into logits; `batch` is looks per update."""

    rank: int = 16
    learning_rate: float = 2e-4
    epochs: int = 3
    batch: int = 4
    options: int = 4
    sharpness: float = 5.0
    warmup: float = 0.1
    seed: int = 0


class Trainer:
    """One run. LoRA weights are kept in float32 beside the bfloat16 ones that compute."""

    def __init__(self, model: LanguageModel, config: Config) -> None:
        from peft import LoraConfig, get_peft_model

        self.config = config
        self.lm = model
        self.neutral = NeutralScores(model)
        torch.manual_seed(config.seed)
        lora = LoraConfig(
            r=config.rank, lora_alpha=2 * config.rank, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        self.peft: Any = get_peft_model(model.causal_lm, lora, autocast_adapter_dtype=False)
        self.weights: list[Tensor] = [p for p in self.peft.parameters() if p.requires_grad]
        self.masters = [w.detach().float().requires_grad_() for w in self.weights]
        self.optimizer = torch.optim.AdamW(self.masters, lr=config.learning_rate, weight_decay=0.0)

    def losses(self, example: Example, neutral: list[Tensor]) -> tuple[Tensor, int]:
        """Mean loss over the example's decisions, and how many were right."""
        scores = self.scores(example, neutral)
        loss = torch.stack([-s.log_softmax(0)[0] for s in scores]).mean()
        return loss, sum(int(s.argmax() == 0) for s in scores)

    def scores(self, example: Example, neutral: list[Tensor]) -> list[Tensor]:
        """Logits of the options of every decision."""
        tree = build_tree(self.lm.encode_prompt(render(example.context, "scored")), example, self.lm.encode)
        logprobs = self._option_logprobs(tree)
        return [self.config.sharpness * (lp - n) for lp, n in zip(logprobs, neutral, strict=True)]

    def read_neutral(self, examples: Sequence[Example]) -> None:
        """Read all options in the neutral prompt, in full packs; `neutral_of` then only looks them up."""
        entries = {(d.slot, option) for e in examples for d in e.decisions for option in d.options}
        self.neutral.of(sorted(entries))

    def neutral_of(self, example: Example) -> list[Tensor]:
        """Per decision, the base model's log-likelihood per token of every option in the neutral prompt."""
        return [
            torch.tensor(self.neutral.per_token([(d.slot, option) for option in d.options])).float()
            for d in example.decisions
        ]

    def update(self, batch: Sequence[tuple[Example, list[Tensor]]], rate: float) -> tuple[float, int]:
        """One step of the optimizer; returns mean loss and right decisions."""
        total, right = 0.0, 0
        for example, neutral in batch:
            loss, hits = self.losses(example, neutral)
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            total, right = total + float(loss.detach()), right + hits
        for weight, master in zip(self.weights, self.masters, strict=True):
            master.grad = weight.grad.float() if weight.grad is not None else None
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters, strict=True):
                weight.copy_(master)
        return total / len(batch), right

    def _option_logprobs(self, tree: Tree) -> list[Tensor]:
        width = -(-len(tree.tokens) // 64) * 64
        ids = torch.zeros(1, width, dtype=torch.long)
        ids[0, : len(tree.tokens)] = torch.tensor(tree.tokens)
        positions = torch.zeros(1, width, dtype=torch.long)
        positions[0, : len(tree.depths)] = torch.tensor(tree.depths)
        device = self.lm.causal_lm.device
        hidden = self.lm.decoder(
            ids.to(device),
            attention_mask=tree.mask(width)[None, None].to(device),
            position_ids=positions.to(device),
        ).last_hidden_state[0]
        flat = [p for decision in tree.options for option in decision for p in option]
        parents = torch.tensor([tree.parents[p] for p in flat], device=device)
        logits = self.lm.head(hidden[parents]).float()
        targets = torch.tensor([tree.tokens[p] for p in flat], device=device)
        picked = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(-1)
        lengths = [len(option) for decision in tree.options for option in decision]
        means = torch.stack([part.mean() for part in torch.split(picked, lengths)])
        return list(torch.split(means, [len(decision) for decision in tree.options]))


def run(trainer: Trainer, train: list[Example], valid: list[Example], out: Path) -> None:
    """All epochs. After each the adapter is saved, and `curve.jsonl` gets a line with the validation accuracy."""
    curve = out / "curve.jsonl"
    config = trainer.config
    rng = random.Random(config.seed)
    trainer.read_neutral([*train, *valid])
    prepared = [(e, trainer.neutral_of(e)) for e in train]
    checks = [(e, trainer.neutral_of(e)) for e in valid]
    steps = config.epochs * math.ceil(len(prepared) / config.batch)
    step, started = 0, time.monotonic()
    _report(curve, {"config": asdict(config), "step": 0, "valid_accuracy": accuracy(trainer, checks)})
    for epoch in range(config.epochs):
        rng.shuffle(prepared)
        losses, right, asked = 0.0, 0, 0
        with tqdm(total=len(prepared), desc=f"epoch {epoch + 1}", unit="look") as bar:
            for first in range(0, len(prepared), config.batch):
                batch = prepared[first : first + config.batch]
                warm = min(1.0, (step + 1) / max(1, config.warmup * steps))
                decay = 0.5 * (1 + math.cos(math.pi * step / steps))
                loss, hits = trainer.update(batch, config.learning_rate * warm * decay)
                losses, right, step = losses + loss * len(batch), right + hits, step + 1
                asked += sum(len(e.decisions) for e, _ in batch)
                bar.update(len(batch))
                bar.set_postfix(loss=f"{losses / (first + len(batch)):.3f}", right=f"{right / asked:.3f}")
        trainer.peft.save_pretrained(out, safe_serialization=True)
        _report(
            curve,
            {
                "epoch": epoch + 1,
                "step": step,
                "seconds": round(time.monotonic() - started),
                "train_loss": round(losses / len(prepared), 4),
                "train_accuracy": round(right / asked, 4),
                "valid_accuracy": accuracy(trainer, checks),
            },
        )


@torch.no_grad()
def accuracy(trainer: Trainer, examples: Sequence[tuple[Example, list[Tensor]]]) -> float:
    """Share of decisions in which the look's own piece scores best."""
    right = asked = 0
    for example, neutral in examples:
        scores = trainer.scores(example, neutral)
        right += sum(int(s.argmax() == 0) for s in scores)
        asked += len(scores)
    return round(right / asked, 4) if asked else float("nan")


def _report(curve: Path, line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)
    with curve.open("a") as file:
        file.write(json.dumps(line) + "\n")


def main() -> None:
    """Train on the lookbooks named on the command line; leave PEFT weights and the curve in `--out`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=Config.epochs)
    parser.add_argument("--limit", type=int, default=0, help="looks to train on; 0 means all")
    parser.add_argument("lookbooks", type=Path, nargs="+")
    options = parser.parse_args()
    splits = split_vibes(read_lookbook(options.lookbooks))
    check_leaks(splits["train"], [*splits["valid"], *splits["test"]])
    config = Config(epochs=options.epochs)
    embedder = load_embedder()
    train = build_examples(splits["train"], embedder, config.options, config.seed)
    valid = build_examples(splits["valid"], embedder, config.options, config.seed)
    if options.limit:
        train = random.Random(config.seed).sample(train, min(options.limit, len(train)))
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(LanguageModel(Settings()), config)
    run(trainer, train, valid, options.out)


if __name__ == "__main__":
    main()
