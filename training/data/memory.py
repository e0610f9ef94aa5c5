"""Writes the looks that the service remembers: the house's lookbooks, without what only training reads.

python -m training.data.memory
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import service.query
from indexer.embedder import Vectors, load_embedder
from service.query.memory import LookMemory, digest_of, parse_looks, shrink
from training.data.lookbook import Vibe, read_lookbook

LOOKBOOKS = Path(__file__).parent.parent / "lookbooks" / "house"
VECTORS = Path(service.query.__file__).parent / "looks" / "house.npz"
TARGET = Path(service.query.__file__).parent / "looks" / "house.jsonl.gz"


def packed(vibes: Iterable[Vibe]) -> bytes:
    """The looks as gzipped JSON lines, the same bytes for the same looks."""
    lines = [
        json.dumps(
            {
                "v": vibe.vibe,
                "p": vibe.phrasings,
                "k": [
                    {"d": k.department, "s": k.season, "f": k.formality, "h": k.hero, "w": k.pieces}
                    for k in vibe.looks
                ],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for vibe in vibes
    ]
    return gzip.compress("\n".join(lines).encode(), mtime=0)


def main() -> None:
    """Write the file anew."""
    content = packed(read_lookbook(sorted(LOOKBOOKS.glob("*.jsonl"))))
    TARGET.write_bytes(content)
    wishes = tuple(parse_looks(gzip.decompress(content).decode(), TARGET.name))
    embedder = load_embedder()
    vectors: list[Vectors] = []

    def encode(texts: list[str]) -> Vectors:
        vectors.append(embedder.encode(texts))
        return vectors[0]

    LookMemory.of(wishes, encode)
    np.savez(VECTORS, **shrink(vectors[0], digest_of(wishes), embedder.digest))  # type: ignore[arg-type]
    print(f"{TARGET}: {len(content):,} bytes; {VECTORS}: {VECTORS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
