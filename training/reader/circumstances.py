"""Trains the reading of circumstances from labelled wishes, and says how well it reads wishes that it did not see.

python -m training.reader.circumstances [--out FILE]

A line of `training/wishes/circumstances.jsonl` is a wish and what a stylist says that it calls for: `formality` from
1 to 5, `heat` from -2 to 2 or null where nothing implies it, `activity`, and whether it is `wet`.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sklearn.linear_model import LogisticRegression, Ridge

from service.query.reading.circumstances import ACTIVITIES, FILE, CircumstanceReader, Circumstances
from service.query.reading.word_vectors import Floats, sentence_vector

LABELS = Path(str(files("training"))) / "wishes" / "circumstances.jsonl"
TARGET = Path(str(files("service.query.reading"))) / "model" / FILE
FOLDS = 5
_RIDGE, _KNOWN, _ACTIVITY = 2.0, 5.0, 10.0


class LabelledWish(BaseModel):
    """One line of the labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1)]
    formality: Annotated[float, Field(ge=1, le=5)]
    heat: Annotated[float, Field(ge=-2, le=2)] | None
    activity: Literal["", "sport", "hike", "ski", "swim", "party", "work", "ethnic"]
    wet: bool = False


def read_labels(path: Path = LABELS) -> list[LabelledWish]:
    """Raises ValueError naming the file and the line that is wrong."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(LabelledWish.model_validate_json(line))
        except ValidationError as error:
            raise ValueError(f"{path}: line {number}: {error.errors()[0]['msg']}") from error
    return found


def fit(vectors: Floats, wishes: Sequence[LabelledWish]) -> dict[str, Floats]:
    """The tensors of `CircumstanceReader`, from unit vectors of shape (wishes, dim)."""
    known = np.array([w.heat is not None for w in wishes])
    level = Ridge(_RIDGE).fit(vectors, [w.formality for w in wishes])
    heat = Ridge(_RIDGE).fit(vectors[known], [w.heat for w in wishes if w.heat is not None])
    implied = LogisticRegression(C=_KNOWN, max_iter=500).fit(vectors, known)
    done = [
        LogisticRegression(C=_ACTIVITY, max_iter=500).fit(vectors, [w.activity == name for w in wishes])
        for name in ACTIVITIES
    ]
    return {
        "formality.weight": np.asarray(level.coef_, np.float32),
        "formality.bias": np.asarray([level.intercept_], np.float32),
        "heat.weight": np.asarray(heat.coef_, np.float32),
        "heat.bias": np.asarray([heat.intercept_], np.float32),
        "known.weight": np.asarray(implied.coef_[0], np.float32),
        "known.bias": np.asarray(implied.intercept_, np.float32),
        "activity.weight": np.asarray([m.coef_[0] for m in done], np.float32),
        "activity.bias": np.asarray([m.intercept_[0] for m in done], np.float32),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.reader.circumstances", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    arguments = parser.parse_args(argv)
    from safetensors.numpy import save_file

    wishes = read_labels()
    vectors = np.array([sentence_vector(w.text) for w in wishes])
    measure(vectors, wishes)
    save_file({name: t.astype(np.float16) for name, t in fit(vectors, wishes).items()}, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes")


def measure(vectors: Floats, wishes: Sequence[LabelledWish]) -> None:
    """Prints how well each fold is read after learning from the others, beside always saying the same."""
    folds = np.array([int(hashlib.sha256(w.text.encode()).hexdigest(), 16) % FOLDS for w in wishes])
    read: dict[int, Circumstances] = {}
    for fold in range(FOLDS):
        learn = np.flatnonzero(folds != fold)
        reader = CircumstanceReader(fit(vectors[learn], [wishes[int(i)] for i in learn]), "")
        read |= {int(i): reader.of(vectors[i]) for i in np.flatnonzero(folds == fold)}
    answers = [read[i] for i in range(len(wishes))]
    level = np.array([w.formality for w in wishes])
    said = np.array([r.formality for r in answers])
    _print("formality", said, level)
    known = np.array([w.heat is not None for w in wishes])
    sure = np.array([r.heat_known >= 0.5 for r in answers])
    print(
        f"heat: named in {sure[known].mean():.1%} of those that imply it, in {sure[~known].mean():.1%} of others"
    )
    both = known & sure
    heats = np.array([r.heat for r in answers])
    _print("heat where named", heats[both], np.array([w.heat or 0.0 for w in wishes])[both])
    told = np.array([r.activity(0.45) for r in answers])
    for name in ACTIVITIES:
        is_it, says = np.array([w.activity == name for w in wishes]), told == name
        right = (is_it & says).sum()
        print(f"{name}: {right} of {is_it.sum()} found, {right} of {says.sum()} rightly")


def _print(name: str, said: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    mean = np.abs(truth - truth.mean()).mean()
    print(
        f"{name}: mean error {np.abs(said - truth).mean():.2f} (always the mean: {mean:.2f}), n {len(truth)}"
    )


if __name__ == "__main__":
    main()
