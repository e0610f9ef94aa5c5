"""The end of a run: manifest, card and pictures beside the weights, then published as candidate. Trains nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS
from service.lm.prompt import PROMPT_VERSION
from service.lm.score_head import HEAD
from service.registry.adapter import MANIFEST, Manifest
from service.registry.lifecycle import RegistryError, must_be_free, now, publish
from service.registry.store import Artifact
from service.registry.style_key import StyleKey, StyleName, Version
from service.settings import Settings
from training.report.write import write_loss_curve
from training.trainers.loss_curve import CURVE, CurveError, read_curve

CARD = "README.md"
_NO_METRIC = frozenset({"step", "epoch", "seconds", "tokens"})


@dataclass(frozen=True)
class Label:
    """What the adapter will be called. Raises RegistryError for what cannot be a name or a version."""

    name: str
    version: str
    description: str = ""

    def __post_init__(self) -> None:
        checked_option("name", StyleName, self.name)
        checked_option("version", Version, self.version)

    @property
    def key(self) -> StyleKey:
        return StyleKey(self.name, self.version)

    def check_free(self, adapters_dir: Path) -> None:
        """Before hours are spent: raises RegistryError when the version is published already."""
        must_be_free(adapters_dir, self.key)

    def run_folder(self, data_dir: Path) -> Path:
        """Where a run works when nothing else is said."""
        return data_dir / "runs" / f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Made:
    """What is known of an adapter beside its weights."""

    base_digest: str
    data_digest: str
    seed: int
    licence: str
    provenance: str
    parent: str = ""
    score_weights: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def finish(out: Path, label: Label, made: Made, settings: Settings) -> tuple[Artifact, list[str]]:
    """Complete the run's folder and publish it. Returns the adapter, and what could not be done, in words."""
    config = _tidy_config(out / CONFIG)
    manifest = Manifest.model_validate(
        {
            "name": label.name,
            "version": label.version,
            "description": label.description or f"The {label.name} style",
            "prompt_version": PROMPT_VERSION,
            "layout": "scored",
            "base_model": _public(settings.base_model),
            "base_digest": made.base_digest,
            "weights_sha256": sha256_file(out / WEIGHTS),
            "data_digest": made.data_digest,
            "seed": made.seed,
            "metrics": made.metrics or last_metrics(out),
            "data_licence": made.licence,
            "data_provenance": made.provenance,
            "score_weights": made.score_weights,
            **_readout(out),
            "created": now(),
            "parent": made.parent,
            "rank": config["r"],
        }
    )
    (out / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (out / CARD).write_text(card(manifest), encoding="utf-8")
    notes = []
    try:
        write_loss_curve(out)
    except CurveError as error:  # a picture is no reason to lose a run
        notes.append(f"no picture of the curve: {error}")
    return publish(out, settings.adapters_dir), notes


def checked_option(option: str, kind: Any, value: str) -> None:
    """Raises RegistryError naming the option for what cannot be a name or a version."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise RegistryError(f"--{option}: {value!r}: {error.errors()[0]['msg']}") from error


def next_steps(made: Artifact) -> str:
    """What to do with what was published, as the last line."""
    return f"published {made.key} as candidate; next: stylist evaluate {made.key}, then stylist promote {made.key}"


def last_metrics(out: Path) -> dict[str, float]:
    """The figures of the curve's last line: the loss, and shares of right decisions."""
    return {name: value for name, value in read_curve(out / CURVE)[-1].items() if name not in _NO_METRIC}


def card(manifest: Manifest) -> str:
    """The adapter's card: what it is, what it learned from, and what its run measured."""
    m = manifest
    rows = [f"| {name} | {value:.4g} |" for name, value in m.metrics.items()]
    parent = f" It goes on from `{m.parent}`." if m.parent else ""
    return "\n".join(
        [
            f"# {m.name}@{m.version}",
            "",
            f"{m.description}.",
            "",
            f"A LoRA adapter of rank {m.rank} on `{m.base_model}` for the `{m.layout}` prompt, made {m.created} with",
            f"seed {m.seed}.{parent}",
            "",
            "## Data",
            "",
            f"{m.data_provenance}. Licence: {m.data_licence}. Digest `{m.data_digest}`.",
            "",
            "## Measured by the run itself",
            "",
            "| metric | value |",
            "|---|---|",
            *rows,
            "",
            "These are figures of the last epoch. What it is worth on held-out wishes is in `evaluation.json`, once",
            "`stylist evaluate` was run.",
            "",
        ]
    )


def _readout(out: Path) -> dict[str, str]:
    if not (out / HEAD).is_file():
        return {"readout": "likelihood"}
    return {"readout": "head", "head_sha256": sha256_file(out / HEAD)}


def _tidy_config(path: Path) -> dict[str, Any]:
    """The base model is the manifest's to name: where it lay on the machine that trained is nobody's business, and
    peft would ask a hub about a name that is no path here.
    """
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = None
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return config


def _public(base_model: str) -> str:
    return Path(base_model).name if Path(base_model).is_dir() else base_model
