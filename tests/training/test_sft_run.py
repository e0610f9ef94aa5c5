"""A run that is broken off and begun again ends where one in a single go ends, to the bit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import save_tiny_model

from service.lm.engine import ScoringEngine
from service.settings import Settings
from tests.indexer.hashing_embedder import HashingEmbedder
from training.data.decisions import Draw, Example, Pool, draw_examples
from training.data.looks import StyledLook
from training.report.write import write_loss_curve
from training.trainers.loop import CHECKPOINT, CheckpointError, Run, Schedule
from training.trainers.lora import Lora, Trainer
from training.trainers.loss_curve import CURVE, CurveError, points, read_curve, shares
from training.trainers.neutral_cache import NEUTRALS

LOOKS = [
    StyledLook(
        f"l{n}",
        f"g{n}",
        "store",
        {"top": f"{color} wool top", "bottom": f"{color} crepe skirt", "shoes": f"{color} clog"},
        phrasings=(f"{color} day",),
    )
    for n, color in enumerate(["red", "blue", "green", "black", "white"])
]
SCHEDULE = Schedule(learning_rate=1e-2, epochs=2, batch=2, checkpoint_every=2)
UPDATES = 3  # per epoch: five looks, two at a time
DRAW = Draw(options=3)


class BrokenOff(Exception):
    """What stops a run in these tests."""


class FragileTrainer(Trainer):
    """Breaks off at the given update."""

    breaks_at = -1

    def update(self, batch: Sequence[Example], rate: float) -> tuple[float, int]:
        self.breaks_at -= 1
        if self.breaks_at == -1:
            raise BrokenOff
        return super().update(batch, rate)


class FragileChecks(Mapping[str, Sequence[Example]]):
    """Checks that break off at the given reading of them; the run reads them once per check and once before."""

    def __init__(self, checks: dict[str, list[Example]], breaks_at: int) -> None:
        self.checks, self.left = checks, breaks_at

    def __getitem__(self, name: str) -> Sequence[Example]:
        self.left -= 1
        if self.left == -1:
            raise BrokenOff
        return self.checks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool(LOOKS, HashingEmbedder())


@pytest.fixture(scope="module")
def checks(pool: Pool) -> dict[str, list[Example]]:
    return {"valid": draw_examples(LOOKS[:2], pool, DRAW, seed=99)}


def run(
    folder: Path,
    out: Path,
    pool: Pool,
    checks: Mapping[str, Sequence[Example]],
    schedule: Schedule = SCHEDULE,
    breaks_at: int = -1,
) -> None:
    trainer = FragileTrainer(
        ScoringEngine(Settings(base_model=str(folder))), Lora(rank=2, readout="likelihood")
    )
    trainer.breaks_at = breaks_at
    Run(trainer, LOOKS, checks, DRAW, schedule, out, pool).train()


@pytest.fixture(scope="module")
def whole(
    folder: Path, pool: Pool, checks: dict[str, list[Example]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run in one go."""
    out = tmp_path_factory.mktemp("whole") / "run"
    run(folder, out, pool, checks)
    return out


def weights(out: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(out / "adapter_model.safetensors"))


def assert_same_end(out: Path, whole: Path) -> None:
    for folder in (".", "epoch-1", "epoch-2"):
        found, expected = weights(out / folder), weights(whole / folder)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    steps = [line["step"] for line in read_curve(out / CURVE)]
    assert steps == [0, UPDATES, 2 * UPDATES]
    assert [line["valid"] for line in read_curve(out / CURVE)] == [
        line["valid"] for line in read_curve(whole / CURVE)
    ]


def test_the_curve_has_a_line_before_and_one_per_epoch(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / CURVE).read_text().splitlines()]
    assert [(line["step"], line.get("epoch")) for line in lines] == [
        (0, None),
        (UPDATES, 1),
        (2 * UPDATES, 2),
    ]
    assert all({"loss", "train", "valid", "seconds"} <= line.keys() for line in lines[1:])
    assert lines[2]["loss"] < lines[1]["loss"]


@pytest.mark.parametrize("breaks_at", [1, UPDATES - 1, UPDATES, 2 * UPDATES - 1])
def test_a_run_broken_off_in_an_update_ends_the_same(
    breaks_at: int, folder: Path, whole: Path, pool: Pool, checks: dict[str, list[Example]], tmp_path: Path
) -> None:
    with pytest.raises(BrokenOff):
        run(folder, tmp_path / "run", pool, checks, breaks_at=breaks_at)
    run(folder, tmp_path / "run", pool, checks)
    assert_same_end(tmp_path / "run", whole)


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
def test_a_run_broken_off_in_a_check_ends_the_same(
    breaks_at: int, folder: Path, whole: Path, pool: Pool, checks: dict[str, list[Example]], tmp_path: Path
) -> None:
    with pytest.raises(BrokenOff):
        run(folder, tmp_path / "run", pool, FragileChecks(checks, breaks_at))
    run(folder, tmp_path / "run", pool, checks)
    assert_same_end(tmp_path / "run", whole)


def test_a_run_that_is_done_is_not_trained_again(
    folder: Path, whole: Path, pool: Pool, checks: dict[str, list[Example]]
) -> None:
    before = {path.name: path.read_bytes() for path in (whole / CURVE, whole / CHECKPOINT)}
    run(folder, whole, pool, checks, breaks_at=0)
    assert {name: (whole / name).read_bytes() for name in before} == before


def test_a_checkpoint_of_another_run_is_refused(
    folder: Path, whole: Path, pool: Pool, checks: dict[str, list[Example]]
) -> None:
    with pytest.raises(CheckpointError, match=f"{CHECKPOINT} belongs to another run"):
        run(folder, whole, pool, checks, schedule=Schedule(learning_rate=2e-2, epochs=2, batch=2))


def test_neutral_scores_are_the_base_models_whatever_training_begins_from(
    folder: Path, whole: Path, pool: Pool, checks: dict[str, list[Example]], tmp_path: Path
) -> None:
    start = Trainer(
        ScoringEngine(Settings(base_model=str(folder))), Lora(rank=2, readout="likelihood"), start=whole
    )
    Run(start, LOOKS, checks, DRAW, Schedule(epochs=0), tmp_path / "runs" / "on", pool).train()
    known = json.loads((whole.parent / NEUTRALS).read_text())
    assert json.loads((tmp_path / "runs" / NEUTRALS).read_text()) == known


def test_a_curve_becomes_a_picture(whole: Path) -> None:
    picture = write_loss_curve(whole)
    assert picture == whole / "curve.png"
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    lines = read_curve(whole / CURVE)
    assert shares(lines) == ["train", "valid"]
    assert points(lines, "loss")[0] == [UPDATES, 2 * UPDATES]
    assert points(lines, "valid")[0] == [0, UPDATES, 2 * UPDATES]
    assert points([{"step": 1, "valid": float("nan")}], "valid") == ([], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no lines"),
        ('{"step": 0}\n{"loss": 1.0}\n', "line 2: step: is missing"),
        ('{"step": 0}\n[1]\n', "line 2: step: is missing"),
        ('{"step": 0, "loss": "low"}\n', "line 1: loss: is no number: 'low'"),
        ('{"step": 0}\nloss=1\n', "line 2: not JSON"),
    ],
)
def test_a_curve_that_is_none_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / CURVE).write_text(text)
    with pytest.raises(CurveError, match=message):
        write_loss_curve(tmp_path)


def test_a_missing_curve_is_named(tmp_path: Path) -> None:
    with pytest.raises(CurveError, match=CURVE):
        read_curve(tmp_path / CURVE)
