"""Direct preference optimisation (Rafailov et al. 2023): this piece rather than that one. Knows no files of events.

The loss of a pair is -log sigmoid(beta * ((s_c - ref_c) - (s_r - ref_r))), where `s` is the score of the chosen or
the rejected piece as serving reads it and `ref` the same by the reference, the adapter that training starts from (or
the base model). With a score head that is the head's reading, a log-odds of the choice; without one, the
log-likelihood of the piece's text, as a mean per token: the length-normalised form (Lambert et al. 2024, Tülu 3), so
that a long title is not rejected for being long. The neutral term depends on the text alone and cancels in `s - ref`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from indexer.errors import StylistError
from indexer.item import Slot
from indexer.storage.durable import sha256_file
from service.artifacts import WEIGHTS
from service.lm.engine import ScoringEngine
from service.lm.score_head import HEAD, Readout
from training.data.decisions import Decision, Example
from training.data.looks import Split, StyledLook, split_of
from training.data.preferences import Preference
from training.trainers.loop import Loop, Schedule, asked
from training.trainers.lora import Lora, Trainer, accuracy

SCHEDULE = Schedule(learning_rate=5e-5, epochs=2, batch=8)
"""Preferences correct an adapter that has learned to dress: a tenth of the rate of supervised training."""
HELD_OUT: Split = "test"
_READ = 8


class PreferenceError(StylistError):
    """Preferences that cannot be trained on; names the one that is wrong."""


@dataclass(frozen=True)
class Dpo:
    """`beta` is per unit of score: the higher, the nearer training stays to the reference. `likelihood` weighs -s_c,
    which keeps the chosen piece itself likely (Pang et al. 2024). `rank` and `readout` are those of a fresh adapter.
    """

    beta: float = 1.0
    likelihood: float = 0.0
    rank: int = 16
    readout: Readout = "head"

    def __post_init__(self) -> None:
        if self.beta <= 0:
            raise PreferenceError(f"beta: must be above 0, not {self.beta}")
        if self.likelihood < 0:
            raise PreferenceError(f"likelihood: must not be below 0, not {self.likelihood}")


@dataclass(frozen=True)
class DpoReport:
    """How many preferences there were, and in which share of those held out the chosen piece scores better, as
    serving scores it. `before` and `after` are None when none are held out.
    """

    trained: int
    held_out: int
    before: float | None
    after: float | None


def train_dpo(
    model: ScoringEngine,
    preferences: Sequence[Preference],
    start: Path | None,
    out: Path,
    dpo: Dpo | None = None,
    schedule: Schedule = SCHEDULE,
) -> DpoReport:
    """Train on preferences from the adapter in `start` (None: a fresh one) and save adapter and curve in `out`.

    `model` must be freshly loaded: the adapter is put into it. Held out is the test split by group; the valid split is
    judged after each epoch. Begun again with the same arguments, a run goes on where it stopped. Raises
    PreferenceError for unusable preferences or folders, CheckpointError when `out` holds another run's checkpoint.
    """
    if start is not None and not (start / WEIGHTS).is_file():
        raise PreferenceError(f"{start}: no {WEIGHTS}; other weight formats are never loaded")
    if start is not None and start.resolve() == out.resolve():
        raise PreferenceError(f"{out}: the adapter that training starts from would be overwritten")
    splits = split_preferences(preferences)
    train = [example_of(p) for p in splits["train"]]
    valid, held_out = ([example_of(p) for p in splits[name]] for name in ("valid", HELD_OUT))
    trainer = PreferenceTrainer(model, dpo or Dpo(), schedule.seed, start)
    run = _Run(trainer, train, {"valid": valid} if valid else {}, schedule, out, start)
    out.mkdir(parents=True, exist_ok=True)
    if trainer.head is None:
        with trainer.peft.disable_adapter():
            trainer.read_neutral(asked([*train, *valid, *held_out]), out.parent)
    trainer.read_reference(train)
    before = accuracy(trainer, held_out) if held_out else None
    run.train()
    after = accuracy(trainer, held_out) if held_out else None
    return DpoReport(len(train), len(held_out), before, after)


def readout_of(start: Path | None) -> Readout | None:
    """The starting adapter's readout; None where there is none to go on from."""
    if start is None:
        return None
    return "head" if (start / HEAD).is_file() else "likelihood"


def split_preferences(preferences: Sequence[Preference]) -> dict[Split, list[Preference]]:
    """The preferences by split, a group (a shopper, a vibe) never in two. Raises PreferenceError naming a
    preference that prefers a piece to itself or whose id came before, or when none are left to train on.
    """
    splits: dict[Split, list[Preference]] = {"train": [], "valid": [], "test": []}
    seen: set[str] = set()
    for preference in preferences:
        if preference.chosen == preference.rejected:
            raise PreferenceError(f"preference {preference.id!r}: rejected: is the chosen piece itself")
        if preference.id in seen:
            raise PreferenceError(f"preference {preference.id!r}: id: is there twice")
        seen.add(preference.id)
        splits[split_of(preference.group)].append(preference)
    if not splits["train"]:
        raise PreferenceError(f"none of {len(preferences)} preferences is in the training split")
    return splits


def example_of(preference: Preference) -> Example:
    """The pieces before as decisions without a choice, then one between the chosen and the rejected piece."""
    before = [Decision(slot, (label,)) for slot, label in preference.before]
    last = Decision(preference.slot, (preference.chosen, preference.rejected))
    look = StyledLook(
        id=preference.id,
        group=preference.group,
        source="feedback",
        pieces=dict([*preference.before, (preference.slot, preference.chosen)]),
        created=preference.created,
    )
    return Example(look, preference.context, (*before, last))


class PreferenceTrainer(Trainer):
    """A trainer whose examples are asked their last decision only, and whose loss is relative to the reference."""

    def __init__(self, model: ScoringEngine, dpo: Dpo, seed: int, start: Path | None = None) -> None:
        super().__init__(
            model, Lora(rank=dpo.rank, seed=seed, readout=readout_of(start) or dpo.readout), start
        )
        self.dpo = dpo
        self.reference: dict[str, Tensor] = {}

    @torch.no_grad()
    def read_reference(self, examples: Sequence[Example]) -> None:
        """Keep the scores by the weights as they are now; call once, before the first update."""
        with tqdm(total=len(examples), desc="reference", unit="preference") as bar:
            for first in range(0, len(examples), _READ):
                batch = examples[first : first + _READ]
                for example, own in zip(batch, self.scores(batch), strict=True):
                    self.reference[example.look.id] = own[0]
                bar.update(len(batch))

    def scores(self, batch: Sequence[Example]) -> list[list[Tensor]]:
        """Per example one score per option of its last decision, (2,), as in serving."""
        if self.head is not None:
            return [[own[-1]] for own in super().scores(batch)]
        found = []
        for example, own in zip(batch, self.logprobs(batch), strict=True):
            last = example.decisions[-1]
            neutral = self.neutral.per_token([(last.slot, option) for option in last.options])
            found.append([own[-1] - torch.tensor(neutral).to(own[-1])])
        return found

    def _loss(self, example: Example, scores: Sequence[Tensor]) -> Tensor:
        gain = scores[-1] - self.reference[example.look.id]
        loss = -torch.nn.functional.logsigmoid(self.dpo.beta * (gain[0] - gain[1]))
        if self.dpo.likelihood:
            loss = loss - self.dpo.likelihood * scores[-1][0]  # -lp_c up to a constant of the text
        return loss


class _Run(Loop):
    """The loop over preferences: every epoch has all of them."""

    def __init__(
        self,
        trainer: PreferenceTrainer,
        examples: Sequence[Example],
        checks: Mapping[str, Sequence[Example]],
        schedule: Schedule,
        out: Path,
        start: Path | None,
    ) -> None:
        super().__init__(trainer, len(examples), checks, schedule, out)
        self.examples, self.dpo = list(examples), trainer.dpo
        files = [start / name for name in (WEIGHTS, HEAD)] if start else []
        self.start = [sha256_file(path) for path in files if path.is_file()]

    def _examples(self, seed: int) -> list[Example]:
        return random.Random(seed).sample(self.examples, len(self.examples))

    def _entries(self) -> set[tuple[Slot, str]]:
        return asked(self.examples)

    def _identity(self) -> str:
        data = [
            [asdict(e.context), e.look.id, [[d.slot, *d.options] for d in e.decisions]] for e in self.examples
        ]
        data_digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]
        base = self.trainer.lm.digest
        return json.dumps([asdict(self.schedule), asdict(self.dpo), base, self.start, data_digest])
