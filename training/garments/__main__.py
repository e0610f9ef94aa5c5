"""`python -m training.garments`: trains the classifier of kinds, or measures the one that is there."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from training.garments.corpus import gather
from training.garments.measure import held_out, measure
from training.garments.titles import Sample


def main(arguments: Sequence[str] | None = None) -> int:
    """Without `--out`, measures on the held-out titles. Exit status 1, with the reason, for a file that is wrong."""
    parser = argparse.ArgumentParser(prog="python -m training.garments", description=__doc__)
    parser.add_argument("--polyvore", type=Path, metavar="FILE", help="outfits.jsonl of Maryland Polyvore")
    parser.add_argument(
        "--corrections", type=Path, metavar="FILE", help="what `stylist corrections export` wrote"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the weights go")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        if options.out is None:
            _measure()
        else:
            _train(gather(options.polyvore, options.corrections, options.seed), options.out, options.seed)
    except (OSError, ValueError) as error:
        print(f"training.garments: {error}", file=sys.stderr)
        return 1
    return 0


def _train(samples: Sequence[Sample], out: Path, seed: int) -> None:
    from training.garments.trainer import looks_of, save, train  # loads torch

    counts = Counter(sample.source for sample in samples)
    print(f"{len(samples):,} titles: {json.dumps(dict(counts.most_common()))}", file=sys.stderr)
    net = train(samples, looks_of(samples), seed)
    save(net, out, {"seed": str(seed), "data": digest(samples)})
    print(f"{out}: {out.stat().st_size:,} bytes")


def digest(samples: Sequence[Sample]) -> str:
    """What identifies the titles and their kinds, in order."""
    text = "".join(f"{s.kind}\t{s.source}\t{s.text}\n" for s in samples)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _measure() -> None:
    cases = held_out()
    for name, typed in (("with the shop's type", True), ("by the title alone", False)):
        print(json.dumps({"fields": name, **asdict(measure(cases, typed=typed))}))


if __name__ == "__main__":
    sys.exit(main())
