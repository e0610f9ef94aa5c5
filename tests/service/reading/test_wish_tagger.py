"""The network in numpy answers as the one that is trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from service.query.reading.features import Features, features
from service.query.reading.proposals import ALLOWED, ROLES, propose
from service.query.reading.tagger import PAIR_WIDTH, Tagger, pair_traits, pairs_of
from service.query.reading.word_vectors import WIDTH
from service.query.wording.vocabulary import Vocabulary
from service.query.wording.words import split
from training.reader.examples import Example
from training.reader.network import Network, Shape
from training.reader.trainer import collate, weights

SHAPE = Shape(projected=6, hidden=8, recurrent=5, head=7, pair=4)


def example(text: str, language: str) -> tuple[Example, list[object], list[object]]:
    words = split(text)
    found = propose(text, words, language, Vocabulary())
    vectors = np.random.default_rng(len(text)).normal(size=(len(words), WIDTH)).astype(np.float32)
    seen = features(text, words, found, language, vectors)
    pairs = pairs_of(found)
    empty = np.zeros(len(words), dtype=np.int64)
    none = np.zeros(len(found), dtype=np.int64)
    made = Example(seen, pairs, pair_traits(found, pairs, words, language), none, empty, empty, none - 1)
    return made, list(words), list(found)


@pytest.mark.parametrize(
    "texts",
    [
        [("no heels, a red silk dress and black boots size 39 under 100 euros", "en")],
        [("keine Röcke", "de"), ("ein blaues Hemd mit Streifen, dazu schwarze Schuhe in 42", "de")],
    ],
)
def test_numpy_and_torch_agree(texts: list[tuple[str, str]]) -> None:
    torch.manual_seed(3)
    network = Network(SHAPE).eval()
    tagger = Tagger([weights(network)])
    made = [example(*text) for text in texts]
    batch, _ = collate([m[0] for m in made])
    with torch.no_grad():
        scores = network(batch)
    roles = torch.softmax(scores.roles, dim=-1).numpy()
    at = 0
    for row, (one, words, found) in enumerate(made):
        opinion = tagger.opinion(one.seen, found, words, texts[row][1])  # type: ignore[arg-type]
        np.testing.assert_allclose(opinion.roles, roles[at : at + len(found)], atol=1e-4)
        tags = torch.softmax(scores.tags[row, : len(words)], dim=-1).numpy()
        np.testing.assert_allclose(opinion.tags, tags, atol=1e-4)
        at += len(found)


def test_shares_of_belonging_add_up_to_one() -> None:
    torch.manual_seed(1)
    tagger = Tagger([weights(Network(SHAPE))])
    one, words, found = example("a red dress with black boots and a blue bag", "en")
    opinion = tagger.opinion(one.seen, found, words, "en")  # type: ignore[arg-type]
    for at in {int(p[0]) for p in opinion.pairs}:
        total = opinion.alone[at] + opinion.belongs[opinion.pairs[:, 0] == at].sum()
        assert total == pytest.approx(1.0, abs=1e-5)


def test_a_role_that_a_facet_cannot_have_has_no_chance() -> None:
    torch.manual_seed(1)
    tagger = Tagger([weights(Network(SHAPE))])
    one, words, found = example("red boots in 39 for my husband", "en")
    opinion = tagger.opinion(one.seen, found, words, "en")  # type: ignore[arg-type]
    for candidate, row in zip(found, opinion.roles, strict=True):
        barred = [r for r in range(len(ROLES)) if r not in ALLOWED[candidate.field]]  # type: ignore[attr-defined]
        assert row[barred].max() < 1e-6


def test_a_wish_without_proposals_has_an_empty_opinion() -> None:
    torch.manual_seed(1)
    tagger = Tagger([weights(Network(SHAPE)), weights(Network(SHAPE))])
    one, words, found = example("hm", "en")
    assert isinstance(one.seen, Features)
    opinion = tagger.opinion(one.seen, found, words, "en")  # type: ignore[arg-type]
    assert opinion.roles.shape == (0, len(ROLES))
    assert len(opinion.tags) == 1
    assert opinion.pairs.shape == (0, 2)
    assert PAIR_WIDTH > 0
