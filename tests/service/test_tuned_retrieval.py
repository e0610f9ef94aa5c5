"""A store with a tuned query encoder: what was taught is found, what is promoted is followed, and a damaged one is no
reason to close.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_query_encoder import save_tiny_encoder

from indexer.embedder import load_embedder
from indexer.pipeline.read import FeedSource
from service.artifacts import WEIGHTS
from service.db.repositories.outfits import Made
from service.indexing.build import build_index
from service.query.encoder import MANIFEST
from service.recommender.recommender import StoreRecommender, open_recommender
from service.registry import live_encoder
from service.registry.lifecycle import promote, publish, rollback
from service.registry.store import Aliases, ArtifactFolder
from service.registry.style_key import RETRIEVER
from service.retrieval.adjustments import ScoreAdjustment
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
    """An index by a tiny embedding model, and the folders `red` and `green`, with versions 1 and 2 of a query encoder
    that learned to answer the wish with shoes of that colour.
    """
    folder = tmp_path_factory.mktemp("tuned")
    save_tiny_encoder(folder)
    (folder / "feed.csv").write_text(FEED)
    settings = settings_of(folder, "none")
    build_index(settings, [FeedSource(folder / "feed.csv")])
    with closing(open_recommender(settings)) as plain:
        pieces = {sku: text_of(plain, sku) for sku in ("RED", "GREEN")}
    for version, wanted, other in (("1", "RED", "GREEN"), ("2", "GREEN", "RED")):
        looks = [look("a", WISH, pieces[wanted]), look("b", OTHER_WISH, pieces[other])]
        out = folder / wanted.lower() / RETRIEVER / version
        options = RetrieverOptions(version=version, epochs=40, rank=4, batch=2, learning_rate=1e-2)
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
    shutil.copytree(root / "red", root / "damaged")
    damage(root / "damaged" / RETRIEVER / "1" / WEIGHTS)
    with caplog.at_level(logging.ERROR, logger="service.registry.live_encoder"):
        damaged = answer(root, "damaged")
    [line] = [r.getMessage() for r in caplog.records if r.name == "service.registry.live_encoder"]
    assert line.startswith("retriever@1 cannot be used, the plain embedder serves: ")
    assert "weights_sha256 is" in line
    plain = answer(root, "none")
    assert damaged.outfits == plain.outfits
    assert ids(damaged)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.fixture
def shelf(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArtifactFolder:
    """Version 1 is served, version 2 is the candidate; every request looks."""
    monkeypatch.setattr(live_encoder, "POLL_SECONDS", 0.0)
    folder = ArtifactFolder(tmp_path / "adapters" / RETRIEVER)
    shutil.copytree(root / "red" / RETRIEVER, folder.path)
    folder.write(Aliases(champion="1"))
    publish(root / "green" / RETRIEVER / "2", folder.path.parent)
    return folder


def serve_two(folder: ArtifactFolder) -> None:
    promote(folder.path.parent, "retriever@2", force="a test")


@contextmanager
def over(root: Path, folder: ArtifactFolder, **sources: Any) -> Iterator[StoreRecommender]:
    settings = settings_of(root, "none").model_copy(update={"adapters_dir": folder.path.parent})
    with closing(open_recommender(settings, **sources)) as recommender:
        yield recommender


def test_a_running_service_follows_what_is_promoted_and_rolled_back(
    root: Path, shelf: ArtifactFolder
) -> None:
    with over(root, shelf) as recommender:
        first = recommender.compose(ASKED, "r")
        serve_two(shelf)
        second = recommender.compose(ASKED, "r")
        again = recommender.compose(ASKED, "r")
        rollback(shelf.path.parent, RETRIEVER)
        third = recommender.compose(ASKED, "r")
    assert [skus(found) for found in (first, second, third)] == [["RED"], ["GREEN"], ["RED"]]
    assert ids(first) == ids(third) == ids(answer(root, "red"))
    assert ids(second) == ids(again) == ids(answer(root, "green"))


def test_a_request_ends_with_the_encoder_that_it_began_with(root: Path, shelf: ArtifactFolder) -> None:
    promotions = [serve_two]

    def nudges(_: OutfitRequest) -> Sequence[ScoreAdjustment]:
        """Asked for in the middle of a request: when the wish is read, before pieces are searched."""
        if promotions:
            promotions.pop()(shelf)
            recommender.follow_styles()
        return ()

    with over(root, shelf, nudges=nudges) as recommender:
        begun, after = recommender.compose(ASKED, "r"), recommender.compose(ASKED, "r")
    assert [skus(begun), skus(after)] == [["RED"], ["GREEN"]]
    assert (ids(begun), ids(after)) == (ids(answer(root, "red")), ids(answer(root, "green")))


def test_an_outfit_of_another_encoder_would_not_come_out_again(root: Path, shelf: ArtifactFolder) -> None:
    with over(root, shelf) as recommender:
        response = recommender.compose(ASKED, "r")
        style, index = response.style, response.index.version
        made = Made(
            response.outfits[0], ASKED, response.composer, style.name, style.digest, index, response.seed
        )
        assert recommender.difference(made) is None
        serve_two(shelf)
        assert recommender.difference(made) == "stock, rules, retriever or settings have changed since"


def test_a_broken_version_leaves_the_one_before_serving_and_is_told(
    root: Path, shelf: ArtifactFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with over(root, shelf) as recommender:
        before = recommender.compose(ASKED, "r")
        assert recommender.style_fault("retriever@2") is None
        damage(shelf.path / "2" / WEIGHTS)
        assert "weights_sha256" in (recommender.style_fault("retriever@2") or "")
        shelf.write(Aliases(champion="2", history=["1"]))  # as a hand would, past everything that checks
        assert recommender.compose(ASKED, "r").outfits == before.outfits
        assert "weights_sha256" in recommender.condition().broken_styles["retriever@2"]
        assert "retriever@2 cannot be used, the one before goes on serving" in caplog.text
        damage(shelf.path / "2" / WEIGHTS)  # the same bit once more
        assert skus(recommender.compose(ASKED, "r")) == ["GREEN"]
        assert recommender.condition().broken_styles == {}


def test_what_is_taken_away_leaves_the_plain_embedder(root: Path, shelf: ArtifactFolder) -> None:
    with over(root, shelf) as recommender:
        recommender.compose(ASKED, "r")
        shutil.rmtree(shelf.path)
        assert ids(recommender.compose(ASKED, "r")) == ids(answer(root, "none"))


def test_one_version_in_the_place_of_the_folder_is_told_and_not_served(
    root: Path, shelf: ArtifactFolder
) -> None:
    for path in [*(shelf.path / "1").iterdir()]:
        path.rename(shelf.path / path.name)
    assert (shelf.path / MANIFEST).is_file()
    with over(root, shelf) as recommender:
        assert ids(recommender.compose(ASKED, "r")) == ids(answer(root, "none"))
        assert "run: mkdir" in recommender.condition().broken_styles["retriever"]


def test_the_encoder_at_work_is_kept_while_it_stays_the_same(root: Path, shelf: ArtifactFolder) -> None:
    live = live_encoder.LiveEncoder(load_embedder(str(root / "whole")), shelf.path.parent)
    first = live.current()
    shelf.write(Aliases(champion="1", history=["1"]))
    assert live.current() is first
