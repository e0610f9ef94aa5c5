"""One LoRA adapter in training: from examples to losses to weights. Knows no files of looks and no schedule.

Objectives: `listwise` asks that of the options of each decision the look's own scores best: cross-entropy of a
softmax over the options' scores (Cao et al. 2007). `likelihood` is plain next-token training on the look's pieces.

Readouts, what the score of an option is: `head`, a linear function of the model's state after the option's last
token, learned with the adapter (as reward models are: Ouyang et al. 2022); `likelihood`, the text's log-likelihood
in the prompt minus the base model's in the neutral prompt, per token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from indexer.item import Slot
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import PmiBaseline
from service.lm.prompt import render
from service.lm.score_head import Readout, load_head, save_head
from training.data.decisions import Example
from training.trainers.neutral_cache import read_neutral
from training.trainers.token_tree import Tree, build_tree

Objective = Literal["listwise", "likelihood"]
_HEAD_RATE = 5.0  # the head starts at zero and must catch up with the adapter
_HEAD_ROWS = 128


@dataclass(frozen=True)
class Lora:
    """What is trained. `sharpness` turns nats per token into logits of the listwise softmax."""

    rank: int = 16
    objective: Objective = "listwise"
    readout: Readout = "head"
    sharpness: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.objective == "likelihood" and self.readout == "head":
            raise ValueError(
                "objective: a likelihood is not what a score head reads; readout must be 'likelihood'"
            )


class Trainer:
    """LoRA weights on a base model. They are kept in float32 beside the bfloat16 ones that compute."""

    def __init__(self, model: ScoringEngine, lora: Lora, start: Path | None = None) -> None:
        """A fresh adapter, or one that goes on from the weights in `start`."""
        from peft import LoraConfig, PeftModel, get_peft_model

        self.lora = lora
        self.lm = model
        self.neutral = PmiBaseline(model)
        torch.manual_seed(lora.seed)
        if start is None:
            config = LoraConfig(
                r=lora.rank, lora_alpha=2 * lora.rank, target_modules="all-linear", task_type="CAUSAL_LM"
            )
            self.peft: Any = get_peft_model(model.causal_lm, config, autocast_adapter_dtype=False)
        else:
            self.peft = PeftModel.from_pretrained(
                model.causal_lm, start, is_trainable=True, autocast_adapter_dtype=False
            )
        self.weights: list[Tensor] = [p for p in self.peft.parameters() if p.requires_grad]
        groups = [(self.weights, 1.0)]
        self.head: Tensor | None = None
        if lora.readout == "head":
            size = model.causal_lm.config.hidden_size
            head = torch.zeros(size) if start is None else load_head(start)
            self.head = head.to(model.causal_lm.device).requires_grad_()
            groups.append(([self.head], _HEAD_RATE))
        self.masters: list[Tensor] = []
        parameters = []
        for weights, rate in groups:
            masters = [w.detach().float().clone().requires_grad_() for w in weights]
            self.masters += masters
            parameters.append({"params": masters, "lr": rate, "times": rate})
        self.weights = [weight for weights, _ in groups for weight in weights]
        self.optimizer = torch.optim.AdamW(parameters, weight_decay=0.0)

    def read_neutral(self, entries: Iterable[tuple[Slot, str]], folder: Path | None = None) -> None:
        """Read pieces ahead of time, as `training.trainers.neutral_cache.read_neutral` does."""
        read_neutral(self.neutral, self.lm.digest, entries, folder)

    def update(self, batch: Sequence[Example], rate: float) -> tuple[float, int]:
        """One step of the optimizer; returns the mean loss and how many decisions were right."""
        scores = self.scores(batch)
        loss = torch.stack([self._loss(e, own) for e, own in zip(batch, scores, strict=True)]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        for weight, master in zip(self.weights, self.masters, strict=True):
            master.grad = weight.grad.float() if weight.grad is not None else None
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["times"]
        self.optimizer.step()
        self.copy_masters()
        return float(loss.detach()), round(sum(_right(s) for own in scores for s in own if len(s) > 1))

    def copy_masters(self) -> None:
        """The float32 weights become those that compute."""
        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters, strict=True):
                weight.copy_(master)

    def save(self, folder: Path) -> None:
        """The adapter as peft writes it, and the head beside it."""
        # the base is not looked up again: its embeddings are never trained
        self.peft.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
        if self.head is not None:
            save_head(self.head.detach(), folder)

    def scores(self, batch: Sequence[Example]) -> list[list[Tensor]]:
        """Per example and decision, one score per option: of the head, or in nats per token."""
        if self.head is not None:
            return self._read_head(batch, self.head)
        logprobs = self.logprobs(batch)
        return [
            [
                lp - torch.tensor(self.neutral.per_token([(d.slot, o) for o in d.options])).to(lp)
                for d, lp in zip(example.decisions, own, strict=True)
            ]
            for example, own in zip(batch, logprobs, strict=True)
        ]

    def logprobs(self, batch: Sequence[Example]) -> list[list[Tensor]]:
        """Per example and decision, the mean log-likelihood per token of every option. One forward pass."""
        return self._per_option(*self._forward(batch))

    def _forward(self, batch: Sequence[Example]) -> tuple[Tensor, list[Tree]]:
        """Hidden states of shape (examples, width, hidden), and the trees that they belong to."""
        trees = [
            build_tree(self.lm.encode_prompt(render(e.context, "scored")), e, self.lm.encode) for e in batch
        ]
        width = -(-max(len(tree.tokens) for tree in trees) // 32) * 32
        device = self.lm.causal_lm.device
        ids = torch.zeros(len(trees), width, dtype=torch.long)
        positions = torch.zeros(len(trees), width, dtype=torch.long)
        for row, tree in enumerate(trees):
            ids[row, : len(tree.tokens)] = torch.tensor(tree.tokens)
            positions[row, : len(tree.depths)] = torch.tensor(tree.depths)
        hidden = self.lm.decoder(
            ids.to(device),
            attention_mask=torch.stack([tree.mask(width) for tree in trees])[:, None].to(device),
            position_ids=positions.to(device),
        ).last_hidden_state
        return hidden, trees

    def _read_head(self, batch: Sequence[Example], head: Tensor) -> list[list[Tensor]]:
        hidden, trees = self._forward(batch)
        return [
            [hidden[row, [option[-1] for option in decision]].float() @ head for decision in tree.options]
            for row, tree in enumerate(trees)
        ]

    def _per_option(self, hidden: Tensor, trees: Sequence[Tree]) -> list[list[Tensor]]:
        flat = [
            (row, tree.parents[p], tree.tokens[p])
            for row, tree in enumerate(trees)
            for decision in tree.options
            for option in decision
            for p in option
        ]
        rows, parents, targets = (
            torch.tensor(column, device=hidden.device) for column in zip(*flat, strict=True)
        )
        picked = _LogLikelihood.apply(hidden[rows, parents], self.lm.head.weight, targets)  # type: ignore[no-untyped-call]
        lengths = [len(o) for tree in trees for decision in tree.options for o in decision]
        means = torch.stack([part.mean() for part in torch.split(picked, lengths)])
        decisions = iter(torch.split(means, [len(d) for tree in trees for d in tree.options]))
        return [[next(decisions) for _ in tree.options] for tree in trees]

    def _loss(self, example: Example, scores: Sequence[Tensor]) -> Tensor:  # noqa: ARG002 - for other objectives
        if self.lora.objective == "likelihood":
            # The neutral term is a constant of the text: what is learned is the likelihood alone.
            return torch.stack([-s[0] for s in scores]).mean()
        sharpness = 1.0 if self.head is not None else self.lora.sharpness
        return torch.stack([-(sharpness * s).log_softmax(0)[0] for s in scores if len(s) > 1]).mean()


class _LogLikelihood(torch.autograd.Function):
    """Log-likelihood of one target per row, without ever holding all rows' logits.

    The gradient with respect to a row's hidden state is w[target] - E_p[w], so it is found in the forward pass and
    only scaled in the backward one (as fused cross-entropy kernels do: Hsu et al. 2024, Liger Kernel).
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        found = torch.empty(len(hidden), device=hidden.device)
        gradient = torch.empty_like(hidden)
        for first in range(0, len(hidden), _HEAD_ROWS):
            rows = slice(first, first + _HEAD_ROWS)
            logits = (hidden[rows] @ weight.T).float()
            total = logits.logsumexp(-1)
            found[rows] = logits.gather(1, targets[rows, None])[:, 0] - total
            likely = logits.sub_(total[:, None]).exp_().to(weight.dtype)
            gradient[rows] = weight[targets[rows]] - likely @ weight
        ctx.save_for_backward(gradient)
        return found

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return upstream[:, None].to(gradient.dtype) * gradient, None, None


@torch.no_grad()
def accuracy(trainer: Trainer, examples: Sequence[Example], batch: int = 8) -> float:
    """Share of decisions in which the look's own piece scores best."""
    right, asked = 0.0, 0
    for first in range(0, len(examples), batch):
        for own in trainer.scores(examples[first : first + batch]):
            choices = [s for s in own if len(s) > 1]
            right += sum(_right(s) for s in choices)
            asked += len(choices)
    return round(right / asked, 4) if asked else float("nan")


def _right(scores: Tensor) -> float:
    """1 when the first scores best, its share of a tie when others score the same."""
    best = scores == scores.max()
    return float(best[0]) / float(best.sum())
