"""`python -m training.reader.train`: trains the reader of wishes and writes it where it is served from.

Seeded: the same data, tables and seeds give the same weights on the same machine. Validation holds one block of every
file's language; thresholds are chosen on it, and no member learns from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

import service.query.reading as reading_room
from service.query.reading.features import Features
from service.query.reading.tagger import TAGGED, Opinion, Tagger
from service.query.reading.trained import PACKAGED, TrainedReader, load
from service.query.reading.word_vectors import Floats, WordVectors, common_words
from service.query.wording.meanings import Meaning
from service.query.wording.vocabulary import Vocabulary
from service.query.wording.words import split as words_of
from training.reader.calibrate import Judged, thresholds
from training.reader.examples import IGNORED, Example, ExampleMaker, learned_phrases, taught_by
from training.reader.network import Shape
from training.reader.swaps import Swapper
from training.reader.trainer import Recipe, fit, weights
from training.reader.wishes import Wish, split, training_wishes

HELD_OUT = 2
DRAWN = 3
"""Sets of changed wishes that the epochs take turns with."""
REDUCED = 256
"""Directions of the encoder's vectors that the network learns from, by how much they vary."""
SHIPPED = Path(reading_room.__path__[0]) / PACKAGED


@dataclass(frozen=True, slots=True)
class Reduction:
    """The main directions of vectors. Folded into the first layer when the weights are written."""

    mean: Floats
    directions: Floats

    def apply(self, example: Example) -> Example:
        """The example with its vectors reduced."""
        vectors = (example.seen.vectors.astype(np.float32) - self.mean) @ self.directions
        return replace(example, seen=replace(example.seen, vectors=vectors.astype(np.float32)))

    def unfolded(self, member: dict[str, Floats]) -> dict[str, Floats]:
        """Weights that take whole vectors."""
        weight = member["project.weight"]
        bias = member["project.bias"] - (self.mean @ self.directions) @ weight.T
        return {**member, "project.weight": weight @ self.directions.T, "project.bias": bias}


def main(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the trained reader goes.")] = SHIPPED,
    seeds: Annotated[int, typer.Option(min=1, help="Members of the network.")] = 2,
    epochs: Annotated[int, typer.Option(min=1)] = 8,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")] = 0,
    keep: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="Members of a trained reader, kept as they are: chooses thresholds alone."
        ),
    ] = None,
) -> None:
    """Train the reader of wishes."""
    torch.set_num_threads(1)
    learn, held = split(training_wishes(), HELD_OUT)
    learned = learned_phrases(learn, Vocabulary((), (), common_words()))
    maker = maker_of(learn, learned, WordVectors())

    def write(members: Sequence[Mapping[str, Floats]], wishes: int = len(learn)) -> None:
        limits = thresholds(judge(held, maker, Tagger(members)))
        digest = TrainedReader(members, limits, learned, wishes).save(out)
        typer.echo(
            f"{out}: {len(members)} members, {wishes} wishes learned, {len(held)} held out, "
            f"{len(learned)} phrases, weights {digest}"
        )

    if keep:
        kept = [load(folder) for folder in keep]
        write([member for reader in kept for member in reader.members], max(r.wishes for r in kept))
        return
    sets = draw(learn, maker, seed)
    reduction = reduce(sets[0])
    sets = [[reduction.apply(e) for e in examples] for examples in sets]
    members: list[dict[str, Floats]] = []
    for member in range(seeds):
        network = fit(
            rounds_of(sets), seed + member, Recipe(epochs=epochs), Shape(vectors=REDUCED), _report(member)
        )
        members.append(reduction.unfolded(weights(network)))
        write(members)  # a run that is stopped leaves what it has


def maker_of(
    learn: Sequence[Wish], learned: Sequence[tuple[str, Meaning]], vectors: WordVectors
) -> ExampleMaker:
    """Makes examples with the tables that serve and what the wishes teach."""
    return ExampleMaker(Vocabulary((), learned, common_words()), vectors, taught_by(learn))


def draw(wishes: Sequence[Wish], maker: ExampleMaker, seed: int) -> list[list[Example]]:
    """Two sets of the wishes as they are, then sets of changed ones. Vectors in half precision, to fit into memory."""
    rng, swapper = random.Random(seed), Swapper(wishes)
    sets = []
    for number in tqdm(range(2 + DRAWN), desc="examples", unit="set"):
        drawn = wishes if number < 2 else [swapper.draw(w, rng) for w in wishes]
        sets.append([_halved(maker.make(w, rng)) for w in drawn])
    return sets


def rounds_of(sets: Sequence[Sequence[Example]]) -> Callable[[int], Sequence[Example]]:
    """In each epoch the wishes as they are and one set of changed ones."""
    return lambda epoch: [*sets[epoch % 2], *sets[2 + epoch % (len(sets) - 2)]]


def reduce(examples: Sequence[Example], width: int = REDUCED) -> Reduction:
    """The directions in which the words of examples vary most."""
    rows = np.concatenate([e.seen.vectors for e in examples]).astype(np.float32)
    mean = rows.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov((rows - mean).T))
    return Reduction(mean, np.ascontiguousarray(directions[:, ::-1][:, :width], dtype=np.float32))


def judge(wishes: Sequence[Wish], maker: ExampleMaker, tagger: Tagger) -> Judged:
    """What the network thinks of wishes, beside what is right."""
    facets: list[str] = []
    roles, right, beyond, demands = [], [], [], []
    for wish in wishes:
        words = words_of(wish.text)
        found = maker.proposals(wish, words, None)
        example = maker.make(wish)
        opinion: Opinion = tagger.opinion(example.seen, found, words, wish.language)
        asked = [i for i, role in enumerate(example.roles) if role != IGNORED]
        facets += [found[i].field for i in asked]
        roles.append(opinion.roles[asked])
        right.append(example.roles[asked])
        known = {
            i for c in found if c.field in (*TAGGED, "who", "number", "size") for i in range(c.first, c.last)
        }
        free = [i for i, w in enumerate(words) if i not in known and w.shape != "mark"]
        beyond.append(1 - opinion.tags[free, 0])
        demands.append(example.tags[free] != 0)
    return Judged(
        facets, np.concatenate(roles), np.concatenate(right), np.concatenate(beyond), np.concatenate(demands)
    )


def _halved(example: Example) -> Example:
    seen: Features = replace(example.seen, vectors=example.seen.vectors.astype(np.float16))
    return replace(example, seen=seen)


def _report(member: int) -> Callable[[int, float], None]:
    return lambda epoch, loss: typer.echo(f"member {member}, epoch {epoch + 1}: loss {loss:.3f}")


if __name__ == "__main__":
    typer.run(main)
