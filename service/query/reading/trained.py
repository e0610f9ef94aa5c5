"""What training leaves behind, on disk: weights, thresholds and the phrases that wishes taught. Saves and loads it.

A folder with `weights.safetensors` (half precision, all members), `reader.json` and `learned.tsv`. Weights that were
trained on other features than the code computes are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from service.query.reading.assembly import Thresholds
from service.query.reading.features import MARKS_WIDTH, TRAITS_WIDTH
from service.query.reading.proposals import FACETS, ROLES
from service.query.reading.tagger import PAIR_WIDTH, POLARITIES, TAGS
from service.query.reading.word_vectors import WIDTH, Floats
from service.query.wording.meanings import NAMELESS, Meaning, learned_meanings
from service.query.wording.wish_language import LANGUAGES

WEIGHTS, SETTINGS, LEARNED = "weights.safetensors", "reader.json", "learned.tsv"
PACKAGED = "model"
FORMAT = "/".join(
    map(
        str,
        (
            WIDTH,
            MARKS_WIDTH,
            TRAITS_WIDTH,
            PAIR_WIDTH,
            *map(len, (FACETS, ROLES, TAGS, POLARITIES, LANGUAGES)),
        ),
    )
)
"""Names the features: weights of one format are of no use to another."""


class TrainedReaderError(ValueError):
    """A folder holds no trained reader that this code can run. Names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class TrainedReader:
    """Members of the network, thresholds, and learned phrases."""

    members: Sequence[Mapping[str, Floats]]
    thresholds: Thresholds
    learned: Sequence[tuple[str, Meaning]]
    wishes: int = 0
    """How many the members learned from."""
    digest: str = ""
    """Of all files that it was loaded from: what was read with one is not to be taken for what another reads."""

    def save(self, folder: Path) -> str:
        """Writes the folder's files. Returns the digest of the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"{number}.{name}": np.ascontiguousarray(value, dtype=np.float16)
            for number, member in enumerate(self.members)
            for name, value in member.items()
        }
        save_file(tensors, str(folder / WEIGHTS))
        digest = _digest(folder / WEIGHTS)
        settings = {
            "format": FORMAT,
            "weights_sha256": digest,
            "thresholds": asdict(self.thresholds),
            "wishes": self.wishes,
        }
        (folder / SETTINGS).write_text(
            json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        (folder / LEARNED).write_text(_table(self.learned), encoding="utf-8")
        return digest


def load(folder: Path) -> TrainedReader:
    """The trained reader of a folder. Raises TrainedReaderError."""
    settings = _settings(folder / SETTINGS)
    if settings.get("format") != FORMAT:
        raise TrainedReaderError(
            f"{folder / SETTINGS}: field 'format': trained on features {settings.get('format')!r}, "
            f"this code has {FORMAT!r}"
        )
    digest = _digest(folder / WEIGHTS)
    if settings.get("weights_sha256") != digest:
        raise TrainedReaderError(
            f"{folder / WEIGHTS}: sha256 is {digest}, field 'weights_sha256' of {SETTINGS} says "
            f"{settings.get('weights_sha256')}"
        )
    members: dict[str, dict[str, Floats]] = {}
    for name, value in load_file(str(folder / WEIGHTS)).items():
        number, _, weight = name.partition(".")
        members.setdefault(number, {})[weight] = value.astype(np.float32)
    learned = list(learned_meanings((folder / LEARNED).read_text(encoding="utf-8"), LEARNED))
    limits = Thresholds(**settings["thresholds"])
    wishes = int(settings.get("wishes", 0))
    return TrainedReader(
        [members[n] for n in sorted(members)], limits, learned, wishes, _digest_of_all(folder)
    )


@lru_cache(maxsize=1)
def packaged() -> TrainedReader:
    """The reader that is shipped."""
    with as_file(files(__package__) / PACKAGED) as folder:
        return load(folder)


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise TrainedReaderError(f"{path}: {error}") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("thresholds"), dict):
        raise TrainedReaderError(f"{path}: field 'thresholds' is missing")
    return settings


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainedReaderError(f"{path}: {error}") from error


def _digest_of_all(folder: Path) -> str:
    digests = "\n".join(_digest(folder / name) for name in (WEIGHTS, SETTINGS, LEARNED))
    return hashlib.sha256(digests.encode()).hexdigest()


def _table(learned: Sequence[tuple[str, Meaning]]) -> str:
    rows: dict[str, list[str]] = {}
    for phrase, meaning in learned:
        if "," not in phrase and "\t" not in phrase:
            key = f"{meaning.language}:{meaning.field}:{meaning.value or NAMELESS}"
            rows.setdefault(key, []).append(phrase)
    lines = [f"{key}\t{', '.join(sorted(set(found)))}" for key, found in sorted(rows.items())]
    head = (
        "# language:facet:value<TAB>phrases of the training wishes that no table knows. Written by training."
    )
    return "\n".join([head, *lines]) + "\n"
