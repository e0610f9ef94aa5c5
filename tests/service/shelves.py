"""A shelf of styles made of files alone: sound to whoever checks files, and to nobody who loads them."""

from __future__ import annotations

import json
from pathlib import Path

from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS
from service.lm.prompt import PROMPT_VERSION
from service.registry.adapter import MANIFEST, Adapter, read_manifest
from service.registry.store import EVALUATION


def put_version(root: Path, name: str, version: str, *, evaluated: bool = True) -> Path:
    """`<root>/<name>/<version>`, with an evaluation of its own weights or without one."""
    folder = root / name / version
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(f"{name} {version}".encode())
    (folder / CONFIG).write_text("{}")
    manifest = {
        "name": name,
        "version": version,
        "description": f"{name} of the tests",
        "prompt_version": PROMPT_VERSION,
        "layout": "scored",
        "base_model": "tiny",
        "base_digest": "0",
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "data_digest": "0",
        "seed": 1,
        "metrics": {},
        "data_licence": "Apache-2.0",
        "data_provenance": "nothing",
        "created": "2026-11-01T00:00:00Z",
        "parent": "house@1" if version != "1" else "",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    if evaluated:
        digest = Adapter(folder, read_manifest(folder)).digest
        (folder / EVALUATION).write_text(json.dumps({"subject": {"digest": digest}, "estimates": []}))
    return folder
