"""The tuned retriever: what it is trained on, that it learns, and what it leaves in its folder."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import training
from indexer.embedder import load_embedder
from service.query.encoder import QueryEncoder, load_query_encoder
from training.data.looks import LeakError, StyledLook, read_looks
from training.retriever.batches import Batch, Items, Query, make_batch, mean_queries, wording
from training.retriever.metrics import measure, summary
from training.retriever.trainer import CURVE, RetrieverOptions, train_retriever

HOUSE = Path(training.__file__).parent / "lookbooks" / "house" / "occasions.jsonl"
OPTIONS = RetrieverOptions(epochs=3, rank=4, learning_rate=4e-3, data_provenance="two looks of the tests")


def look(group: str, dress: str, shoes: str, wish: str = "", miss: str = "") -> StyledLook:
    return StyledLook(
        id=f"{group}/0",
        group=group,
        source="lookbook",
        pieces={"dress": dress, "shoes": shoes},
        phrasings=(wish,) if wish else (),
        misses={"shoes": (miss,)} if miss else {},
    )


GALA = look("gala", "black velvet gown", "silver heeled sandal", "opera premiere", "white canvas sneaker")
BEACH = look("beach", "ecru linen sundress", "raffia flat slide", "lunch in the dunes")
TWIN = StyledLook("gala/1", "gala", "lookbook", {"dress": "red silk gown", "shoes": "gold pump"})


@pytest.fixture(scope="module")
def house() -> list[StyledLook]:
    return read_looks([HOUSE])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, house: list[StyledLook]) -> Path:
    out = tmp_path_factory.mktemp("retriever") / "out"
    groups = sorted({entry.group for entry in house})[:4]
    looks = [entry for entry in house if entry.group in groups][:16]
    train_retriever(looks, load_embedder(), out, OPTIONS, valid=[GALA, BEACH], test=[GALA, BEACH])
    return out


def test_options_are_the_own_piece_misses_and_other_groups() -> None:
    items = Items([GALA, TWIN, BEACH], load_embedder())
    chosen = items.options(GALA, "shoes")
    assert chosen[items.row(GALA, "shoes")]
    assert not chosen[items.row(TWIN, "shoes")]  # of the same wish: it would have been no mistake
    assert chosen[items.row(BEACH, "shoes")]
    assert int(chosen.sum()) == 3  # and the near miss
    assert int(items.options(GALA, "dress").sum()) == 2


def test_a_batch_asks_with_the_wish_and_with_the_rest_of_the_look() -> None:
    batch = make_batch([GALA, TWIN], random.Random(0))
    texts = list(batch.texts)
    assert {(q.look.id, q.slot, tuple(texts[t] for t in q.texts)) for q in batch.wishes} == {
        ("gala/0", "dress", ("opera premiere",)),
        ("gala/0", "shoes", ("opera premiere",)),
    }
    assert {(q.look.id, q.slot, tuple(texts[t] for t in q.texts)) for q in batch.worn} == {
        ("gala/0", "dress", ("silver heeled sandal",)),
        ("gala/0", "shoes", ("black velvet gown",)),
        ("gala/1", "dress", ("gold pump",)),
        ("gala/1", "shoes", ("red silk gown",)),
    }


def test_wordings_are_what_serving_embeds() -> None:
    entry = StyledLook("x", "x", "lookbook", {}, ("picnic",), occasion="lunch", season="summer")
    found = {wording(entry, random.Random(seed)) for seed in range(60)}
    assert found == {"picnic", "picnic, lunch", "picnic, summer", "picnic, lunch, summer"}


def test_a_query_is_the_mean_of_its_texts() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    queries = [Query(GALA, "shoes", (2,)), Query(GALA, "shoes", (0, 1)), Query(GALA, "shoes", (0, 0))]
    assert mean_queries(vectors, queries).tolist() == [[1.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    assert Batch().number("a") == 0


def test_training_lowers_the_loss_of_both_kinds_of_query(trained: Path) -> None:
    lines = [json.loads(line) for line in (trained / CURVE).read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines[-1]["loss_wish"] < lines[0]["loss_wish"] - 0.1
    assert lines[-1]["loss_worn"] < lines[0]["loss_worn"] - 0.1


def test_what_is_trained_can_be_served(trained: Path) -> None:
    embedder = load_embedder()
    encoder = load_query_encoder(embedder, trained)
    wish = encoder.encode_wish("opera premiere")
    assert wish.shape == (embedder.dim,)
    assert wish @ embedder.encode(["opera premiere"])[0] < 0.999
    assert np.linalg.norm(wish) == pytest.approx(1, abs=1e-5)


def test_the_folder_holds_no_more_than_it_says(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {"adapter_model.safetensors", "adapter_config.json", CURVE, "retriever.json"}
    weights = load_file(trained / "adapter_model.safetensors")
    assert {w.dtype for w in weights.values()} == {torch.bfloat16}
    assert not any("pooler" in name for name in weights)
    config = json.loads((trained / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == load_embedder().name
    metrics = json.loads((trained / "retriever.json").read_text())["metrics"]
    assert {"retrieval.recall@8.base", "retrieval.recall@8.tuned"} <= set(metrics)


def test_a_seed_decides_the_weights(tmp_path: Path) -> None:
    short = RetrieverOptions(epochs=1, rank=2)
    digests = [
        train_retriever([GALA, BEACH], load_embedder(), tmp_path / name, short).weights_sha256
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_leaks_and_nothing_to_learn_from_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LeakError, match="group 'gala'"):
        train_retriever([GALA, BEACH], load_embedder(), tmp_path, valid=[TWIN])
    with pytest.raises(ValueError, match="no looks to train the retriever on"):
        train_retriever([], load_embedder(), tmp_path)


@pytest.mark.parametrize("bad", [{"epochs": 0}, {"temperature": 0.0}, {"worn_base": 1.5}, {"warmup": -0.1}])
def test_options_out_of_range_are_named(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        RetrieverOptions(**bad)  # type: ignore[arg-type]


def test_metrics_agree_with_a_count_by_hand() -> None:
    """One piece per slot of another group: the choice is right where its cosine is below the own piece's."""
    embedder = load_embedder()
    found = summary(measure([GALA, BEACH], embedder, {"base": QueryEncoder(embedder)}))
    assert found["retrieval.recall@8.base"] == 1.0  # there are only two pieces per slot
    assert "vibe_choice.accuracy.base" not in found  # too few pieces for a choice of four


def test_measures_of_real_looks_are_better_than_chance(house: list[StyledLook]) -> None:
    embedder = load_embedder()
    estimates = measure(house[:40], embedder, {"base": QueryEncoder(embedder)})
    by_task = {(e.task, e.metric): e for e in estimates}
    assert set(by_task) == {
        *(
            (task, "accuracy")
            for task in ("vibe_choice", "vibe_choice_hard", "next_piece", "next_piece_hard")
        ),
        ("retrieval", "recall@8"),
        ("retrieval", "recall@20"),
    }
    assert by_task["next_piece", "accuracy"].low > 0.25
    assert all(e.low <= e.value <= e.high for e in estimates)
