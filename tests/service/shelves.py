"""A shelf of adapters made of files alone: sound to whoever checks files, and to nobody who loads them."""

from __future__ import annotations

import json
from pathlib import Path

from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS
from service.lm.prompt import PROMPT_VERSION
from service.query.encoder import MANIFEST as RETRIEVER_MANIFEST
from service.registry.adapter import MANIFEST
from service.registry.evaluation import Estimate, Evaluation, Subject, save_evaluation
from service.registry.store import ArtifactFolder
from service.registry.style_key import RETRIEVER


def put_version(root: Path, name: str, version: str, *, accuracy: float | None = 0.5) -> Path:
    """`<root>/<name>/<version>`, with an evaluation of its own weights, or without one where `accuracy` is None."""
    folder = put_run(root / name / version, name, version)
    if accuracy is not None:
        put_evaluation(folder, accuracy)
    return folder


def put_run(folder: Path, name: str, version: str) -> Path:
    """What a run leaves in `folder`: weights that nobody can load, their configuration, and the manifest."""
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(f"{name} {version}".encode())
    (folder / CONFIG).write_text("{}")
    both = {
        "name": name,
        "version": version,
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "data_digest": "0",
        "seed": 1,
        "metrics": {},
        "data_licence": "Apache-2.0",
        "data_provenance": "nothing",
        "description": f"{name} of the tests",
        "created": "2026-11-01T00:00:00Z",
    }
    if name == RETRIEVER:
        own = {"embedder": "tiny", "embedder_digest": "0", "wish_base": 0.5, "worn_base": 0.25}
        (folder / RETRIEVER_MANIFEST).write_text(json.dumps(both | own))
        return folder
    own = {
        "prompt_version": PROMPT_VERSION,
        "layout": "scored",
        "base_model": "tiny",
        "base_digest": "0",
        "parent": "house@1" if version != "1" else "",
    }
    (folder / MANIFEST).write_text(json.dumps(both | own))
    return folder


STYLE_FIGURES = {
    ("composition", "violations", "tuned"): 0.0,
    ("vibe_choice", "accuracy", "prompt-only"): 0.3,
    ("vibe_choice", "accuracy", "retrieval-only"): 0.3,
}
RETRIEVER_FIGURES = {
    ("vibe_choice", "accuracy", "retrieval-only"): 0.3,
    ("retrieval", "recall@20", "retrieval-only"): 0.3,
}


def put_evaluation(folder: Path, accuracy: float, cases: str = "c", digest: str | None = None) -> None:
    """An evaluation beside the version: `accuracy` is that of what is served, within 2 points."""
    shelf = ArtifactFolder(folder.parent)
    artifact = shelf.read(folder.name)
    if shelf.kind.name == "retriever":
        figures = RETRIEVER_FIGURES | {
            ("vibe_choice", "accuracy", "tuned-retrieval"): accuracy,
            ("retrieval", "recall@20", "tuned-retrieval"): accuracy,
        }
    else:
        figures = STYLE_FIGURES | {("vibe_choice", "accuracy", "tuned"): accuracy}
    estimates = [
        Estimate(task=t, metric=m, system=s, value=v, low=v - 0.02, high=v + 0.02, n=500)
        for (t, m, s), v in figures.items()
    ]
    subject = Subject(
        kind=shelf.kind.name,
        name=artifact.key.name,
        version=artifact.key.version,
        digest=digest or artifact.digest,
        base_model="tiny",
        base_digest="0",
        layout="scored" if shelf.kind.name == "style" else "",
        cases_digest=cases,
    )
    found = Evaluation(subject=subject, created="2026-01-01T00:00:00Z", seed=0, estimates=estimates)
    save_evaluation(found, folder)
