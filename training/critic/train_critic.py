"""Trains the critic from the graded outfits in `training/grades`, and says how well it agrees with stylists.

python -m training.critic.train_critic --out service/critic/model/critic.safetensors
python -m training.critic.train_critic --evaluate [--curve]
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch

from indexer.embedder import load_embedder
from service.query.memory import open_memory
from training.critic.graded_examples import Example, Reading, examples
from training.critic.grades import GradedOutfit, Split, read_grades
from training.critic.measures import auc_estimate, chosen_right
from training.critic.stores import open_store
from training.critic.trainer import Recipe, judged, save, train

GRADES = Path(str(files("training"))) / "grades"
FOLDS = 5
SIZES = (500, 1000, 2000, 3000)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.critic.train_critic", description=__doc__)
    parser.add_argument("--grades", type=Path, nargs="*", help="JSON lines; without: those of the repository")
    parser.add_argument("--out", type=Path, help="where the trained network is written")
    parser.add_argument(
        "--evaluate", action="store_true", help="agreement on wishes that were not trained on"
    )
    parser.add_argument("--curve", action="store_true", help="the same after training on fewer grades")
    parser.add_argument("--stores", type=Path, help="folder that the stores are indexed into, and kept in")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    paths = arguments.grades or sorted(GRADES.glob("*.jsonl"))
    graded = list(read_grades(paths))
    recipe = Recipe(epochs=arguments.epochs)
    with tempfile.TemporaryDirectory() as folder:
        cases = load(graded, arguments.stores or Path(folder))
        print(f"{len(cases):,} graded outfits, {sum(c.graded.signed for c in cases) / len(cases):.1%} signed")
        if arguments.evaluate or arguments.curve:
            evaluate(cases, recipe, SIZES if arguments.curve else ())
        if arguments.out is not None:
            net, scale = train(cases, arguments.seed, recipe)
            save(net, scale, load_embedder().digest, arguments.out)
            digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()[:16]
            print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes, {digest}")


def load(graded: Sequence[GradedOutfit], folder: Path) -> list[Example]:
    """The cases as the critic sees them. Indexes their stores into the folder where they are not there."""
    embedder = load_embedder()
    memory = open_memory(embedder, folder)
    names = sorted({one.store for one in graded})
    readings = {name: Reading.of(open_store(name, embedder, folder), embedder, memory) for name in names}
    return examples(graded, readings)


def evaluate(cases: Sequence[Example], recipe: Recipe, sizes: Sequence[int] = ()) -> None:
    """By wishes in turn, then by stores in turn; then after fewer grades."""
    split = Split(FOLDS)
    folds = np.array([split.fold(c.graded.vibe) for c in cases])
    _report("wishes not seen", cases, folds, recipe)
    names = sorted({c.graded.store for c in cases})
    if len(names) > 1:
        stores = np.array([names.index(c.graded.store) for c in cases])
        _report("stores and wishes not seen", cases, stores, recipe, also=folds)
    for size in sizes:
        if size < len(cases):
            _report(f"wishes not seen, {size:,} grades", cases, folds, recipe, most=size)


def _report(
    name: str,
    cases: Sequence[Example],
    folds: np.ndarray[tuple[int], np.dtype[np.int64]],
    recipe: Recipe,
    also: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None,
    most: int | None = None,
) -> None:
    """Trains once per fold on the others; with `also`, on none that shares either of the two."""
    scores = np.zeros(len(cases))
    pieces: list[tuple[float, bool, str]] = []
    held = None if also is None else int(np.unique(also)[0])
    tested: list[int] = []
    for fold in np.unique(folds):
        kept = [also is None or also[i] == held for i in range(len(cases))]
        test = [i for i in range(len(cases)) if folds[i] == fold and kept[i]]
        learn = [i for i in range(len(cases)) if folds[i] != fold and (also is None or not kept[i])]
        if most is not None:
            learn = sorted(np.random.default_rng(0).permutation(learn)[:most].tolist())
        net, scale = train([cases[i] for i in learn], int(fold), recipe)
        whole, each = judged(net, scale, [cases[i] for i in test])
        scores[test] = whole[:, 0]
        tested += test
        wishes = [cases[i].graded.vibe for i in test for _ in cases[i].items]
        wrong = np.concatenate([cases[i].wrong[:, 0] for i in test]) > 0
        pieces += list(zip(each[:, 0].tolist(), wrong.tolist(), wishes, strict=True))
    seen = [cases[i].graded for i in tested]
    whole_auc = auc_estimate([scores[i] for i in tested], [g.signed for g in seen], [g.vibe for g in seen])
    piece_scores, wrongs, owners = zip(*pieces, strict=True)
    piece_auc = auc_estimate(piece_scores, wrongs, owners, draws=100)
    best, every = chosen_right(
        [scores[i] for i in tested], [g.grade for g in seen], [f"{g.store} {g.vibe}" for g in seen]
    )
    print(f"{name}: whole outfit AUC {whole_auc}, piece AUC {piece_auc}")
    print(
        f"  signed where the best scored of a wish's outfits is taken {best:.1%}, of all of them {every:.1%}"
    )


if __name__ == "__main__":
    main()
