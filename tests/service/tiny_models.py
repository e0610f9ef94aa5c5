"""A language model of a few thousand weights with its own tokenizer, and LoRA adapters for it. Made in-process."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from indexer.storage.durable import sha256_file
from service.artifacts import WEIGHTS
from service.lm.base_model import weights_digest
from service.lm.prompt import PROMPT_VERSION
from service.registry.adapter import MANIFEST

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_tiny_model(folder: Path) -> Path:
    """A two-layer Llama over bytes, saved as transformers saves it."""
    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=TEMPLATE)
    wrapped.add_special_tokens({"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"})
    wrapped.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    return folder


def train_tiny_adapter(
    model_folder: Path, style: Path, text: str, steps: int = 30, version: str = "1"
) -> Path:
    """A LoRA adapter fitted to repeat `text`, with a valid manifest, in `style / version`, which is returned.

    `style` is the style's folder, named after it.
    """
    folder = style / version
    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.bfloat16)
    digest = weights_digest(base)
    tuned = get_peft_model(base.float(), LoraConfig(r=4, lora_alpha=16, target_modules="all-linear"))
    ids = torch.tensor([PreTrainedTokenizerFast.from_pretrained(model_folder).encode(text)])
    optimizer = torch.optim.Adam((p for p in tuned.parameters() if p.requires_grad), lr=2e-2)
    for _ in range(steps):
        loss = tuned(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    tuned.save_pretrained(folder)
    manifest = {
        "name": style.name,
        "version": version,
        "description": "A style of the tests",
        "prompt_version": PROMPT_VERSION,
        "layout": "scored",
        "base_model": "tiny",
        "base_digest": digest,
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "data_digest": "0",
        "seed": 1,
        "metrics": {},
        "data_licence": "Apache-2.0",
        "data_provenance": "one sentence of the tests",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder
