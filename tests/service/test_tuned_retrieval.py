"""A store with a tuned query adapter: what was taught is found, and a damaged one is no reason to close."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from test_query_encoder import save_tiny_encoder

from indexer.embedder import load_embedder
from indexer.pipeline.read import FeedSource
from service.artifacts import WEIGHTS
from service.indexing.build import build_index
from service.query.encoder import RETRIEVER
from service.recommender.recommender import StoreRecommender, open_recommender
from service.schemas.outfits import OutfitRequest, OutfitResponse
from service.settings import Settings
from training.data.looks import StyledLook
from training.retriever.trainer import RetrieverOptions, train_retriever

FEED = """sku,title,category,gender,color,price,currency,quantity,brand
T1,Silk camisole,Tops,women,black,40,EUR,3,Norda
T2,Linen shirt,Shirts,women,white,45,EUR,2,Norda
RED,Canvas sneakers,Sneakers,women,red,50,EUR,4,Norda
GREEN,Canvas sneakers,Sneakers,women,green,50,EUR,4,Norda
"""
WISH, OTHER_WISH = "zimbo quorvex", "plain hub"
ASKED = OutfitRequest.model_validate(
    {"vibe": WISH, "department": "women", "slots": ["shoes"], "count": 1, "seed": 7}
)


def look(group: str, wish: str, shoes: str) -> StyledLook:
    return StyledLook(f"{group}/0", group, "lookbook", {"shoes": shoes}, phrasings=(wish,))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index by a tiny embedding model, and the folders `red` and `green`: adapters that learned to answer the
    wish with shoes of that colour.
    """
    folder = tmp_path_factory.mktemp("tuned")
    save_tiny_encoder(folder)
    (folder / "feed.csv").write_text(FEED)
    settings = settings_of(folder, "none")
    build_index(settings, [FeedSource(folder / "feed.csv")])
    with closing(open_recommender(settings)) as plain:
        pieces = {sku: text_of(plain, sku) for sku in ("RED", "GREEN")}
    options = RetrieverOptions(epochs=40, rank=4, batch=2, learning_rate=1e-2)
    for wanted, other in (("RED", "GREEN"), ("GREEN", "RED")):
        looks = [look("a", WISH, pieces[wanted]), look("b", OTHER_WISH, pieces[other])]
        out = folder / wanted.lower() / RETRIEVER
        train_retriever(looks, load_embedder(settings.embedder), out, options)
    return folder


def settings_of(root: Path, adapters: str) -> Settings:
    return Settings(
        data_dir=root / "data",
        model_dir=root / "models",
        adapters_dir=root / adapters,
        embedder=str(root / "whole"),
        composer="retrieval",
    )


def text_of(recommender: StoreRecommender, sku: str) -> str:
    with recommender._holder.lease() as retriever:
        found = retriever.snapshot.catalogue.get(sku)
    assert found is not None
    return found.item.text()


@contextmanager
def opened(root: Path, adapters: str) -> Iterator[StoreRecommender]:
    with closing(open_recommender(settings_of(root, adapters))) as recommender:
        yield recommender


def answer(root: Path, adapters: str) -> OutfitResponse:
    with opened(root, adapters) as recommender:
        return recommender.compose(ASKED, "r")


def skus(response: OutfitResponse) -> list[str]:
    return [item.sku for outfit in response.outfits for item in outfit.items]


def ids(response: OutfitResponse) -> set[str]:
    return {outfit.id for outfit in response.outfits}


def test_what_the_adapter_was_taught_is_found(root: Path) -> None:
    assert [skus(answer(root, name)) for name in ("red", "green")] == [["RED"], ["GREEN"]]


def test_outfits_have_other_ids_with_another_adapter_and_the_same_ones_with_the_same(root: Path) -> None:
    found = [ids(answer(root, name)) for name in ("none", "red", "green")]
    assert all(len(own) == 1 for own in found)
    assert len(set.union(*found)) == 3
    assert ids(answer(root, "red")) == found[1]


def test_a_damaged_adapter_is_logged_and_the_plain_embedder_serves(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights = root / "damaged" / RETRIEVER / WEIGHTS
    for path in (root / "red" / RETRIEVER).iterdir():
        weights.parent.mkdir(parents=True, exist_ok=True)
        (weights.parent / path.name).write_bytes(path.read_bytes())
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with caplog.at_level(logging.ERROR, logger="service.recommender.recommender"):
        damaged = answer(root, "damaged")
    [line] = [
        record.getMessage() for record in caplog.records if record.name == "service.recommender.recommender"
    ]
    assert line.startswith("the query adapter cannot be used: ")
    assert "weights_sha256 is" in line
    plain = answer(root, "none")
    assert damaged.outfits == plain.outfits
    assert ids(damaged)
