"""Styles end to end on a tiny language model: the bare base, adapters in both layouts, and life without a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tiny_models import save_tiny_model, train_tiny_adapter

import inventory_samples
from indexer.pipeline.read import FeedSource
from service.errors import UnavailableError
from service.indexing.build import build_index
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import Context
from service.lm.scorer import Question
from service.recommender.recommender import StoreRecommender, open_recommender
from service.registry.adapter import MANIFEST
from service.schemas.outfits import OutfitRequest, OutfitResponse
from service.settings import Settings

FEED = Path(inventory_samples.__file__).parent / "store.jsonl"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("styles")
    model = save_tiny_model(root / "model")
    silk = train_tiny_adapter(model, root / "adapters" / "silk", "dress: black silk slip dress\n")
    listed = Path(shutil.copytree(silk, root / "adapters" / "listed" / "2"))
    edit(listed, name="listed", layout="listed", version="2")
    broken = Path(shutil.copytree(silk, root / "adapters" / "broken" / "1"))
    edit(broken, name="broken", prompt_version="0")
    settings = Settings(data_dir=root / "data", base_model=str(model), adapters_dir=root / "adapters")
    build_index(settings, [FeedSource(FEED)])
    return settings


def edit(folder: Path, **values: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture(scope="module")
def recommender(settings: Settings) -> Iterator[StoreRecommender]:
    with closing(open_recommender(settings)) as opened:
        yield opened


def ask(recommender: StoreRecommender, **body: object) -> OutfitResponse:
    return recommender.compose(OutfitRequest.model_validate({"vibe": "date night", "seed": 1, **body}), "r")


def test_every_valid_adapter_is_a_style(recommender: StoreRecommender) -> None:
    assert {s.name: (s.layout, s.default) for s in recommender.styles()} == {
        "base": ("scored", True),
        "listed": ("listed", False),
        "silk": ("scored", False),
    }


@pytest.mark.parametrize(("style", "composer"), [("base", "base"), ("silk", "lora"), ("listed", "lora")])
def test_a_style_composes_whole_outfits_and_says_so(
    recommender: StoreRecommender, style: str, composer: str
) -> None:
    response = ask(recommender, style=style)
    assert len(response.outfits) == 3
    assert (response.composer, response.style.name) == (composer, style)
    assert response.unmet == []
    again = ask(recommender, style=style)
    assert [o.model_dump() for o in again.outfits] == [o.model_dump() for o in response.outfits]


def test_styles_have_digests_of_their_own(recommender: StoreRecommender) -> None:
    digests = [s.digest for s in recommender.styles()]
    assert len(set(digests)) == len(digests)


def test_house_without_an_adapter_says_what_composed(recommender: StoreRecommender) -> None:
    response = ask(recommender, style="house")
    assert response.style.name == "base"
    assert [u.constraint for u in response.unmet] == ["style"]


def test_a_broken_adapter_breaks_only_itself(recommender: StoreRecommender) -> None:
    with pytest.raises(UnavailableError, match="prompt_version is '0', but '1' is needed"):
        ask(recommender, style="broken")


def test_without_a_model_the_retriever_composes(settings: Settings) -> None:
    lost = settings.model_copy(update={"base_model": "/nowhere/model"})
    with closing(open_recommender(lost)) as recommender:
        response = ask(recommender)
    assert len(response.outfits) == 3
    assert (response.composer, response.style.digest) == ("retrieval", "none")


def test_past_the_deadline_the_retriever_composes(settings: Settings) -> None:
    hasty = settings.model_copy(update={"deadline_seconds": 0.01})
    with closing(open_recommender(hasty)) as recommender, recommender._stylists.turn():
        assert ask(recommender).composer == "retrieval"


def test_a_score_depends_on_nothing_but_its_own_text(settings: Settings) -> None:
    model = ScoringEngine(settings)
    labels = (
        "black silk slip dress",
        "white tee",
        "red linen dress with a very long and winding name",
        "coat",
    )

    def scores(scorer: LmScorer, shown: tuple[str, ...]) -> np.ndarray:
        session = scorer.open([Context("date night", shortlist={"dress": shown})])
        return session.score([Question(0, "dress", labels)])[0]

    fresh, warm = (
        LmScorer(model, None, "scored", PmiBaseline(model)),
        LmScorer(model, None, "scored", PmiBaseline(model)),
    )
    warm.neutral([("dress", "coat"), ("top", "white tee"), ("dress", "white tee")])
    assert scores(fresh, labels).tolist() == scores(warm, labels[::-1]).tolist()


def test_the_listed_layout_reads_the_shortlist(settings: Settings) -> None:
    model = ScoringEngine(settings)
    question = [Question(0, "dress", ("black silk slip dress", "white tee"))]
    contexts = [Context("x", shortlist={"dress": [label]}) for label in question[0].labels]
    first, second = (
        LmScorer(model, None, "listed", PmiBaseline(model)).open([c]).score(question)[0] for c in contexts
    )
    assert first.tolist() != second.tolist()
