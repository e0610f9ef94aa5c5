"""Requests to compose for, made of held-out looks: one per vibe and department, and one with constraints per vibe.

Knows no language model and composes nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from indexer.item import Department
from service.schemas.outfits import Budget, OutfitRequest
from training.data.looks import StyledLook

_ROOM = 1.1
"""A budget is the price of a look of the vibe and a tenth more: little enough to bind."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request and the vibe that it asks for."""

    group: str
    request: OutfitRequest


def wishes_of(
    looks: Sequence[StyledLook], costs: Mapping[str, int], count: int, seed: int, *, constrained: bool = True
) -> list[Wish]:
    """The wishes of the looks' groups, by name; what differs between them follows from the seed and the name alone.

    `costs` are prices of looks in cents by id. Looks for anybody are asked for without a department.
    """
    groups: dict[str, list[StyledLook]] = {}
    for look in sorted(looks, key=lambda look: look.id):
        if look.phrasings:
            groups.setdefault(look.group, []).append(look)
    wishes = []
    for group, own in sorted(groups.items()):
        number = int.from_bytes(hashlib.sha256(f"{seed}/{group}".encode()).digest()[:4], "big")
        rng = random.Random(number)
        departments = sorted({asked(look) or "" for look in own})
        for department in departments:
            chosen = [look for look in own if (asked(look) or "") == department]
            request = _request(rng.choice(chosen), rng, count, number)
            wishes.append(Wish(group, request))
        if constrained:
            look = rng.choice(own)
            limits = {
                "season": look.season,
                "budget": Budget(max=int(costs[look.id] * _ROOM) / 100, currency="EUR"),
            }
            wishes.append(Wish(group, _request(look, rng, count, number).model_copy(update=limits)))
    return wishes


def plain_wishes(vibes: Iterable[tuple[str, Department]], count: int, seed: int) -> list[Wish]:
    """Wishes in so many words, each its own group."""
    return [
        Wish(vibe, OutfitRequest(vibe=vibe, department=department, count=count, seed=seed))
        for vibe, department in vibes
    ]


def _request(look: StyledLook, rng: random.Random, count: int, seed: int) -> OutfitRequest:
    return OutfitRequest(vibe=rng.choice(look.phrasings), department=asked(look), count=count, seed=seed)


def asked(look: StyledLook) -> Department | None:
    """The department that a request for the look names: none where it is for anybody."""
    return None if look.department == "unisex" else look.department
