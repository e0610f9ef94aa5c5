"""The cases: which of these pieces goes on here? Made from held-out looks, seeded. Knows no language model.

The right piece is `options[0]`, for the one who counts. A system only ever gets the options in sorted order, and a
tie is no hit: see `text_scores` and `systems.hits`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from indexer.embedder import Embedder
from indexer.item import Slot
from service.lm.prompt import NEUTRAL, Context, Piece
from training.data.decisions import ORDER, Pool
from training.data.looks import StyledLook

NEGATIVES = 3


@dataclass(frozen=True, slots=True)
class ChoiceCase:
    """One decision: `context` and the pieces `worn` so far are given, one of `options` goes into `slot`.

    `cluster` names what cases depend on each other through: the vibe, or the outfit.
    """

    id: str
    task: str
    cluster: str
    context: Context
    worn: tuple[Piece, ...]
    slot: Slot
    options: tuple[str, ...]


def lookbook_cases(looks: Sequence[StyledLook], embedder: Embedder, seed: int = 0) -> list[ChoiceCase]:
    """The cases of all tasks below from looks with a wish. Negatives are same-slot pieces of the same range and
    department from other vibes of the same looks; a decision with fewer than `NEGATIVES` of them is left out.

    `vibe_choice` shows the wish and the department alone, `vibe_choice_hard` too, with negatives from the pieces
    nearest to the wish, as the retriever would offer them. `next_piece` also shows the pieces that come before in
    the order of composition, and `near_miss` asks there for the own piece against one that its author wrote as wrong.
    """
    wished = [_with_one_wish(look, seed) for look in looks if look.phrasings]
    pool = Pool(wished, embedder)
    return [case for look in wished for case in _cases(look, pool, seed)]


def cases_digest(cases: Iterable[ChoiceCase]) -> str:
    """Identity of a set of cases, whatever their order. 16 hex digits."""
    rows = sorted(json.dumps(asdict(case), sort_keys=True) for case in cases)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def first_of_each_task(cases: Sequence[ChoiceCase], limit: int | None) -> list[ChoiceCase]:
    """At most `limit` cases of each task, chosen by a hash of their ids, so that they spread over all clusters."""
    if limit is None:
        return list(cases)
    kept: list[ChoiceCase] = []
    for task in dict.fromkeys(case.task for case in cases):
        own = sorted((c for c in cases if c.task == task), key=lambda c: _seed(c.id))
        kept += own[:limit]
    return kept


def random_of(id: str, seed: int) -> random.Random:
    """A generator that depends on the seed and the id alone, never on what was drawn for others."""
    return random.Random(_seed(f"{seed}/{id}"))


def worn_before(look: StyledLook, slot: Slot) -> tuple[Piece, ...]:
    """The look's pieces that come before `slot` in the order of composition."""
    return tuple((s, look.pieces[s]) for s in ORDER[: ORDER.index(slot)] if s in look.pieces)


def has_wish(context: Context) -> bool:
    """Whether the context names a wish at all."""
    return context.vibe != NEUTRAL.vibe


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _with_one_wish(look: StyledLook, seed: int) -> StyledLook:
    # One wording per look: its prompt is read once, and the pool's nearest pieces are nearest to this very wish.
    return replace(look, phrasings=(random_of(look.id, seed).choice(look.phrasings),))


def _cases(look: StyledLook, pool: Pool, seed: int) -> list[ChoiceCase]:
    context = Context(vibe=look.phrasings[0], department=look.department)
    found = []
    for slot in (s for s in ORDER if s in look.pieces):
        before, own = worn_before(look, slot), look.pieces[slot]
        others = sorted(set(pool.others(look, slot)))
        drawn: list[tuple[str, tuple[Piece, ...], Sequence[str]]] = [
            ("vibe_choice", (), others),
            ("vibe_choice_hard", (), sorted(pool.near(look, slot))),
        ]
        if before:
            drawn.append(("next_piece", before, others))
        for task, worn, candidates in drawn:
            if len(candidates) >= NEGATIVES:
                name = f"{task}/{look.id}/{slot}"
                wrong = random_of(name, seed).sample(list(candidates), NEGATIVES)
                found.append(ChoiceCase(name, task, look.group, context, worn, slot, (own, *wrong)))
        for n, miss in enumerate(look.misses.get(slot, ())):
            if miss != own:
                name = f"near_miss/{look.id}/{slot}/{n}"
                found.append(ChoiceCase(name, "near_miss", look.group, context, before, slot, (own, miss)))
    return found
