"""`python -m training.garments [--out FILE] [--polyvore FILE] [--seed N]`: trains the classifier of kinds and measures
it. Without a file to write it measures the one that is there.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from training.garments.corpus import gather
from training.garments.measure import held_out, measure

_HELD_BACK = 20  # of 256 titles, by their own words: what the net is compared on while it is made


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.garments", description="The classifier of kinds."
    )
    parser.add_argument("--out", type=Path, help="train, and write the weights here (safetensors)")
    parser.add_argument(
        "--polyvore", type=Path, help="outfits.jsonl of the Maryland Polyvore set, to learn from too"
    )
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if given.out is not None:
        _train(given.out, given.polyvore, given.seed)
    cases = held_out()
    for typed in (True, False):
        score = measure(cases, typed=typed)
        print(
            f"{'with the type' if typed else 'title alone'}: {score.cases} titles, slot {score.slot:.1%},"
            f" kind {score.kind:.1%}, ECE {score.ece:.3f}, doubtful {score.doubtful:.1%}"
        )


def _train(out: Path, polyvore: Path | None, seed: int) -> None:
    from training.garments.trainer import looks_of, save, train  # loads torch: only who trains pays for it

    samples = [s for s in gather(polyvore, seed) if not _is_held_back(s.group)]
    digest = hashlib.sha256("\n".join(f"{s.kind}\t{s.text}" for s in samples).encode()).hexdigest()[:16]
    print(f"{len(samples):,} titles, digest {digest}")
    save(train(samples, looks_of(samples), seed), out, {"seed": str(seed), "data": digest})


def _is_held_back(group: str) -> bool:
    return hashlib.sha256(group.encode()).digest()[0] < _HELD_BACK


if __name__ == "__main__":
    main()
