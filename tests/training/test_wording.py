"""Shop wording keeps what a piece is, and depends on nothing but the text and the generator."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from indexer.embedder import load_embedder
from training.data.augmentation import shop_words
from training.data.decisions import Draw, Pool, draw_examples
from training.data.looks import StyledLook

WORDS = st.lists(st.sampled_from(["taupe", "pleated", "wool", "wide", "trouser", "boot", "tee"]), max_size=8)


@given(WORDS, st.integers())
def test_colour_and_noun_stay_and_nothing_is_made_up(words: list[str], seed: int) -> None:
    found = shop_words(" ".join(words), random.Random(seed)).split()
    assert len(found) <= len(words)
    assert found[:1] == words[:1] or len(words) == 1
    if words:
        assert found[-1] in (words[-1], words[-1] + "s")
    rest = iter(words)
    assert all(any(w == other for other in rest) for w in found[:-1])  # in the order that they had


def test_pairs_stand_in_the_plural() -> None:
    assert shop_words("black boot", random.Random(0)) == "black boots"
    assert shop_words("black tee", random.Random(0)) == "black tee"


def test_a_draw_words_all_options_of_a_look_alike() -> None:
    looks = [
        StyledLook(f"v{n}/0", f"v{n}", "lookbook", {"shoes": f"{c} soft suede ankle boot"}, (f"wish {n}",))
        for n, c in enumerate(("black", "brown", "tan", "grey", "navy"))
    ]
    pool = Pool(looks, load_embedder())
    plain = draw_examples(looks, pool, Draw(), 1)
    shop = draw_examples(looks, pool, replace(Draw(), shop=1.0), 1)
    assert all(o.endswith("boot") for e in plain for d in e.decisions for o in d.options)
    assert all(o.endswith("boots") for e in shop for d in e.decisions for o in d.options)
    assert [e.context for e in plain] == [e.context for e in shop]
