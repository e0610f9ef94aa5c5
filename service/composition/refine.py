"""One turn of a conversation about an outfit: what was said of it becomes the request for the next one.

What was not spoken of stays. The new request is one like any other, so that it can be replayed and refined in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from indexer.item import SLOTS, Slot
from service.composition.swap import Lookup, SwapOrder
from service.errors import InvalidError
from service.localization.text import phrase
from service.query.demands import join
from service.query.families import barred, meant, slots_of
from service.query.intent import Mention, WishReading
from service.query.turns import changes_said, handling
from service.schemas.catalog import ItemView
from service.schemas.outfits import Outfit, OutfitItem, OutfitRequest, RefineRequest

CHEAPER, DEGREES, MILD = 0.8, 8.0, 18.0
_LAYERS: tuple[Slot, ...] = ("top", "dress", "outerwear", "accessory")
_LEVELS = {"casual": "casual", "formal": "dressed up, elegant"}
_SEPARATES: tuple[Slot, ...] = ("top", "bottom")
_WHOLE: tuple[Slot, ...] = ("dress", "top", "bottom")


@dataclass(slots=True)
class _Turn:
    """What the turn does to the pieces: `gone` get another or none, `slots` are those of the next outfit."""

    worn: dict[Slot, OutfitItem]
    slots: set[Slot] = field(default_factory=set)
    freed: set[Slot] = field(default_factory=set)
    kept: set[Slot] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)
    read: set[int] = field(default_factory=set)
    """Places of mentions that were told by what is worn, and are no demand any more."""


def refine_order(
    old: OutfitRequest,
    outfit: Outfit,
    body: RefineRequest,
    read: WishReading,
    before: WishReading,
    lookup: Lookup,
) -> SwapOrder:
    """What to compose for the turn. `read` is the reading of what is said, `before` that of the old request's vibe.

    Raises InvalidError of `say` where nothing of it says what should be otherwise.
    """
    worn = {item.slot: item for item in outfit.items}
    turn = _Turn(worn, slots=set(worn))
    changes = changes_said(body.say)
    views = {slot: view for slot, item in worn.items() if (view := lookup(item.sku)) is not None}
    for place, mention in enumerate(read.mentions):
        if mention.field in ("include.kinds", "exclude.kinds"):
            _handle(turn, place, mention, body.say, views)
    said = WishReading(
        tuple(m for i, m in enumerate(read.mentions) if i not in turn.read), read.unread, read.language
    )
    _free_for(turn, said, changes, views)
    if not (turn.freed or turn.slots != set(worn) or _fields(said)):
        message = phrase("says nothing that can be done about the outfit: {words}", words=body.say)
        raise InvalidError.at("say", message)
    return _order(old, outfit, body, turn, said, before, changes)


def _handle(turn: _Turn, place: int, mention: Mention, say: str, views: dict[Slot, ItemView]) -> None:
    """A kind that is named: one that is worn may stay, go or be changed; one that is not is added."""
    kinds = meant(str(mention.value)) if mention.field == "include.kinds" else barred(str(mention.value))
    worn = [slot for slot, view in views.items() if view.kind in kinds]
    said = handling(say, mention.start)
    how = "without" if mention.field == "exclude.kinds" and said != "keep" else said
    if how == "without":
        for slot in worn:
            turn.freed.add(slot)
            if slot not in _WHOLE and slot != "shoes":
                turn.slots.discard(slot)
        if mention.field == "include.kinds" or (worn and worn[0] not in (*_WHOLE, "shoes")):
            turn.read.add(place)
        return
    if worn and how == "keep":
        turn.kept |= set(worn)
        turn.read.add(place)
        return
    if worn and how in ("another", None):
        turn.freed |= set(worn)
        return
    for slot in slots_of(kinds)[:1]:
        turn.freed |= {slot} & set(turn.worn)
        turn.slots.add(slot)
        if slot == "dress":
            turn.slots -= {"top", "bottom"}
            turn.freed |= {s for s in _SEPARATES if s in turn.worn}
        if slot in ("top", "bottom") and "dress" in turn.worn:
            turn.slots = (turn.slots - {"dress"}) | {"top", "bottom"}
            turn.freed.add("dress")


def _free_for(turn: _Turn, said: WishReading, changes: Sequence[str], views: dict[Slot, ItemView]) -> None:
    """The pieces that what is said of the whole outfit sends away."""
    if {"warmer", "cooler"} & set(changes):
        turn.freed |= {slot for slot in _LAYERS if slot in turn.worn}
        if "warmer" in changes:
            turn.slots.add("outerwear")
        elif "outerwear" in turn.slots:
            turn.slots.discard("outerwear")
    if {"cheaper", "dearer"} & set(changes):
        dearest = sorted(turn.worn.values(), key=lambda item: -(item.price or 0.0))
        free = [item.slot for item in dearest if item.slot not in turn.kept]
        turn.freed |= set(free[: max(2, len(free) // 2)])
    if {"casual", "formal"} & set(changes) or said.of_field("department"):
        turn.freed |= set(turn.worn)
    for mention in said.mentions:
        name = mention.field
        if name.startswith("include.") and name != "include.kinds" and mention.of is None:
            lead: Slot = next((s for s in _WHOLE if s in turn.worn), next(iter(turn.worn)))
            turn.freed.add(lead)
        if name.startswith("exclude.") and name != "exclude.kinds":
            turn.freed |= {slot for slot, view in views.items() if _has(view, mention)}
        if name in ("attributes", "exclude.attributes"):
            turn.freed |= _concerned(turn, str(mention.value))
        if name.startswith(("season", "weather")):
            turn.freed |= set(_LAYERS) & set(turn.worn)
    turn.freed -= turn.kept


def _concerned(turn: _Turn, attribute: str) -> set[Slot]:
    from service.retrieval.tables import concerned  # a table: read when it is asked

    return set(concerned(attribute)) & set(turn.worn)


def _has(view: ItemView, mention: Mention) -> bool:
    value = str(mention.value).casefold()
    text = " ".join([view.title, view.material, view.pattern, view.brand, *view.colors]).casefold()
    return value in text


def _fields(said: WishReading) -> bool:
    return any(not m.field.startswith(("include.kinds", "exclude.kinds")) for m in said.mentions)


def _order(
    old: OutfitRequest,
    outfit: Outfit,
    body: RefineRequest,
    turn: _Turn,
    said: WishReading,
    before: WishReading,
    changes: Sequence[str],
) -> SwapOrder:
    kept = tuple(item for slot, item in turn.worn.items() if slot not in turn.freed and slot in turn.slots)
    gone = [item.sku for slot, item in turn.worn.items() if slot in turn.freed]
    base = old.model_copy(update={"vibe": _without(old.vibe, before, said, turn)})
    anew = bool(said.of_field("department")) and not kept  # another wearer may wear other slots
    if said.of_field("department"):
        base = base.model_copy(update={"department": None, "sizes": {}})
    joined = join(base, said).request
    named = [str(m.value) for m in said.of_field("include.kinds")]
    update: dict[str, Any] = {
        "count": body.count,
        "seed": old.seed if body.seed is None else body.seed,
        "explain": old.explain if body.explain is None else body.explain,
        "trace": False,
        "anchors": [item.sku for item in kept],
        "slots": None if anew else [slot for slot in SLOTS if slot in turn.slots],
        "include": {**joined.include.model_dump(), "kinds": [*joined.include.kinds, *named]},
        "exclude": {**joined.exclude.model_dump(), "skus": [*joined.exclude.skus, *gone]},
        **_changed(old, outfit, changes),
    }
    try:
        request = OutfitRequest.model_validate({**joined.model_dump(), **update})
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
    return SwapOrder(request, kept, new_weather=False)


def _changed(old: OutfitRequest, outfit: Outfit, changes: Sequence[str]) -> dict[str, Any]:
    """The fields that words such as "warmer" and "cheaper" move."""
    update: dict[str, Any] = {}
    if step := ("warmer" in changes) - ("cooler" in changes):
        weather = old.weather.model_dump() if old.weather else {}
        degrees = weather.get("temperature_c")
        now = (MILD if degrees is None else degrees) - step * DEGREES
        update["weather"] = {**weather, "temperature_c": max(-30.0, min(40.0, now))}
        update["season"] = None
    if "cheaper" in changes and outfit.total_price:
        update["budget"] = {"max": round(outfit.total_price * CHEAPER, 2), "currency": outfit.currency}
    if "dearer" in changes:
        update["budget"] = None
    for change, words in _LEVELS.items():
        if change in changes:
            others = [w for w in (old.occasion or "").split("; ") if w and w not in _LEVELS.values()]
            update["occasion"] = "; ".join([*others, words])[-200:]
    return update


def _without(vibe: str, before: WishReading, said: WishReading, turn: _Turn) -> str:
    """The old wish without what the turn takes back: its own word of the kinds, colours or whatever is said anew."""
    newly = {m.field for m in said.mentions} | ({"department"} if said.of_field("department") else set())
    gone_kinds = {
        i
        for i, m in enumerate(before.mentions)
        if m.field == "include.kinds"
        and set(slots_of(meant(str(m.value)))) & (turn.freed | {*SLOTS} - turn.slots)
    }
    dropped = [
        m
        for i, m in enumerate(before.mentions)
        if i in gone_kinds or m.of in gone_kinds or (m.of is None and m.field in newly and m.field != "own")
    ]
    kept = "".join(" " if any(m.start <= i < m.end for m in dropped) else c for i, c in enumerate(vibe))
    text = " ".join(kept.split())
    return text if sum(c.isalpha() for c in text) >= 3 else "outfit"
