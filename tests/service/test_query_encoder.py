"""Query vectors: the plain embedder without an adapter, its tuned copy with one, and nothing that does not fit."""

from __future__ import annotations

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from sentence_transformers import SentenceTransformer

from indexer.embedder import SentenceTransformerEmbedder
from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.artifacts import WEIGHTS
from service.query.encoder import MANIFEST, QueryEncoder, load_query_encoder, read_manifest

sys.path.append(str(Path(__file__).parents[1] / "indexer"))
from hashing_embedder import HashingEmbedder

WISH = "rooftop jazz night"
WORN = ["bottle green silk slip dress", "black suede sandal"]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformerEmbedder:
    """A two-layer BERT of a few thousand weights, saved and loaded as any other model."""
    return SentenceTransformerEmbedder(str(save_tiny_encoder(tmp_path_factory.mktemp("encoder"))))


def save_tiny_encoder(folder: Path) -> Path:
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    letters = {c: i for i, c in enumerate(["[PAD]", "[UNK]", *"abcdefghijklmnopqrstuvwxyz"])}
    tokenizer = Tokenizer(models.WordPiece(letters, unk_token="[UNK]", continuing_subword_prefix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(
        folder / "bert"
    )
    BertModel(
        BertConfig(
            vocab_size=len(letters),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=64,
        )
    ).save_pretrained(folder / "bert")
    bert = Transformer(str(folder / "bert"), max_seq_length=64)
    SentenceTransformer(modules=[bert, Pooling(16), Normalize()]).save(str(folder / "whole"))
    return folder / "whole"


@pytest.fixture
def folder(embedder: SentenceTransformerEmbedder, tmp_path: Path) -> Path:
    """An adapter of random weights with a manifest that fits it."""
    torch.manual_seed(1)
    model = SentenceTransformer(embedder.name)
    config = LoraConfig(r=2, target_modules=["query", "value"], init_lora_weights=False)
    get_peft_model(model[0].model, config).save_pretrained(tmp_path / "tuned")
    write_manifest(tmp_path / "tuned", embedder.name, embedder.digest)
    return tmp_path / "tuned"


def write_manifest(folder: Path, name: str, digest: str, **values: object) -> None:
    manifest = {
        "name": "retriever",
        "version": "1",
        "embedder": name,
        "embedder_digest": digest,
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "wish_base": 0.0,
        "worn_base": 0.5,
        "data_digest": "0",
        "seed": 1,
        "metrics": {},
        "data_licence": "Apache-2.0",
        "data_provenance": "random weights",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest | values))


def test_without_an_adapter_the_vectors_are_the_embedders(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    for folder in (None, tmp_path):
        encoder = load_query_encoder(embedder, folder)
        assert not encoder.tuned
        assert encoder.digest == embedder.digest
        np.testing.assert_array_equal(encoder.encode_wish(WISH), embedder.encode([WISH])[0])
        np.testing.assert_array_equal(encoder.encode_worn(WORN), embedder.encode(WORN))
        assert encoder.encode_worn([]).shape == (0, embedder.dim)


def test_an_adapter_moves_queries_and_leaves_the_embedder_alone(
    embedder: SentenceTransformerEmbedder, folder: Path
) -> None:
    before = embedder.encode([WISH, *WORN])
    encoder = load_query_encoder(embedder, folder)
    assert encoder.tuned
    assert encoder.digest != embedder.digest
    wish, worn = encoder.encode_wish(WISH), encoder.encode_worn(WORN)
    np.testing.assert_allclose(np.linalg.norm([wish, *worn], axis=1), 1, rtol=1e-5)
    assert wish @ before[0] < 0.999
    assert worn[0] @ before[1] < 0.999
    np.testing.assert_array_equal(embedder.encode([WISH, *WORN]), before)


def test_the_weights_at_work_are_those_that_peft_would_compute_with(
    embedder: SentenceTransformerEmbedder, folder: Path
) -> None:
    from peft import PeftModel

    model = SentenceTransformer(embedder.name)
    PeftModel.from_pretrained(model[0].model, folder)
    expected = model.encode([WISH], normalize_embeddings=True)[0]
    np.testing.assert_allclose(load_query_encoder(embedder, folder).encode_wish(WISH), expected, atol=1e-5)


def test_shares_of_the_untuned_vector() -> None:
    base, tuned = HashingEmbedder(digest="one"), HashingEmbedder(digest="two")
    encoder = QueryEncoder(base, tuned, wish_base=0.0, worn_base=0.25)
    np.testing.assert_array_equal(encoder.encode_wish(WISH), tuned.encode([WISH])[0])
    mixed = 0.75 * tuned.encode(WORN) + 0.25 * base.encode(WORN)
    expected = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_worn(WORN), expected, rtol=1e-5)


def test_worn_pieces_are_encoded_once_and_come_in_the_order_asked() -> None:
    embedder = HashingEmbedder()
    encoder = QueryEncoder(embedder)
    first = encoder.encode_worn([WORN[0], WORN[1], WORN[0]])
    assert embedder.encoded == WORN
    again = encoder.encode_worn([WORN[1], "white shirt", WORN[0]])
    assert embedder.encoded == [*WORN, "white shirt"]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(again[[2, 0]], first[:2])


def test_threads_get_what_one_thread_gets(embedder: SentenceTransformerEmbedder, folder: Path) -> None:
    encoder = load_query_encoder(embedder, folder)
    texts = [word * n for word in ("silk ", "suede ") for n in range(1, 9)]
    expected = [encoder.encode_wish(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_allclose(list(pool.map(encoder.encode_wish, texts)), expected, atol=1e-5)


def test_another_embedder_is_refused_with_both_digests(folder: Path) -> None:
    other = HashingEmbedder(digest="other")
    expected = read_manifest(folder).embedder_digest
    with pytest.raises(ModelError, match=rf"embedder_digest is '{expected}', but 'other' is needed"):
        load_query_encoder(other, folder)


def test_a_flipped_byte_is_noticed(embedder: SentenceTransformerEmbedder, folder: Path) -> None:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match=r"weights_sha256 is '\w{64}', but '\w{64}' is needed"):
        load_query_encoder(embedder, folder)


def test_missing_weights_and_unknown_fields_are_named(
    embedder: SentenceTransformerEmbedder, folder: Path
) -> None:
    write_manifest(folder, embedder.name, embedder.digest, licence="x")
    with pytest.raises(ModelError, match=r"retriever\.json: licence: Extra inputs"):
        load_query_encoder(embedder, folder)
    write_manifest(folder, embedder.name, embedder.digest)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=r"no adapter_model\.safetensors"):
        load_query_encoder(embedder, folder)


def test_weights_of_another_shape_are_refused(
    embedder: SentenceTransformerEmbedder, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "wider")
    config = json.loads((tmp_path / "wider" / "adapter_config.json").read_text())
    (tmp_path / "wider" / "adapter_config.json").write_text(json.dumps(config | {"r": 5}))
    with pytest.raises(ModelError, match="wider: adapter cannot be loaded"):
        load_query_encoder(embedder, tmp_path / "wider")


def test_the_digest_follows_what_decides_a_vector(
    embedder: SentenceTransformerEmbedder, folder: Path
) -> None:
    before = read_manifest(folder).digest
    write_manifest(folder, embedder.name, embedder.digest, data_provenance="said otherwise")
    assert read_manifest(folder).digest == before
    write_manifest(folder, embedder.name, embedder.digest, worn_base=0.4)
    assert read_manifest(folder).digest != before
