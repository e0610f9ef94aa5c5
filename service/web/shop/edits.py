"""Changing one look: other pieces for a slot, a piece more or less, the rest anew, a line of words. Knows no composing.

What stays is an anchor of the next request, in its size, so that each look is an answer like any other: it can be read
again, replayed and changed in turn.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from indexer.item import Slot
from service.db.repositories.outfits import Made, read_made
from service.schemas.outfits import OutfitItem
from service.web.api_client import Answer
from service.web.shop.compose import refused
from service.web.shop.look import Look, unpacked
from service.web.shop.page import offers
from service.web.visit import PartRoute, Visit, visit
from service.web.wording import named

router = APIRouter(route_class=PartRoute, include_in_schema=False, prefix="/ui/looks/{outfit_id}")

OTHERS = 6
_MOST_SKUS = 100  # that a request may exclude


class CardForm(BaseModel):
    """What every card carries: its place on the page, and the turns that led to it."""

    place: Annotated[int, Field(ge=0, le=1000)] = 0
    turn: list[str] = []
    keep: list[str] = []


class SlotForm(CardForm):
    slot: Slot


class ChoiceForm(SlotForm):
    old: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class SayForm(CardForm):
    say: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


@router.get("/others")
async def others(outfit_id: str, slot: Slot, request: Request) -> Response:
    """What else could be worn in a slot, for the shopper to choose from."""
    here = visit(request)
    answer = await here.api.ask("POST", f"{_path(outfit_id)}/swap", {"slot": slot, "count": OTHERS})
    if not answer.ok:
        return refused(here, answer)
    outfits = answer.json["outfits"]
    choices = [(outfit, next(i for i in outfit["items"] if i["slot"] == slot)) for outfit in outfits]
    unmet = answer.json["unmet"]
    return here.page("shop/others.html", old=outfit_id, slot=slot, choices=choices, unmet=unmet)


@router.post("/chosen")
async def chosen(outfit_id: str, request: Request, form: Annotated[ChoiceForm, Form()]) -> Response:
    """One of those, in the old look's place."""
    here = visit(request)
    before, after = await _outfit(here, form.old), await _outfit(here, outfit_id)
    gone, come = (next((i for i in o["items"] if i["slot"] == form.slot), None) for o in (before, after))
    if gone and come:
        event = {"type": "swap", "outfit_id": form.old, "sku": gone["sku"], "replaced_by": come["sku"]}
        await here.api.ask("POST", "/v1/feedback", {"event_id": secrets.token_hex(16), **event})
    return _card(here, _look(here, before, form).after(after, come["title"] if come else form.slot))


@router.post("/restyle")
async def restyle(outfit_id: str, request: Request, form: Annotated[CardForm, Form()]) -> Response:
    """The pieces that are kept, with others around them."""
    here = visit(request)
    made = await _made(here, outfit_id)
    kept = [item for item in made.outfit.items if item.sku in form.keep]
    gone = [item.sku for item in made.outfit.items if item not in kept]
    body = await _asked(here, made, kept, [item.slot for item in made.outfit.items])
    body["exclude"]["skus"] = [*body["exclude"]["skus"], *gone][-_MOST_SKUS:]
    label = " + ".join(named(item.slot, here.translate) for item in kept)
    return await _changed(here, made, body, f"{label} …", form)


@router.post("/remove")
async def remove(outfit_id: str, request: Request, form: Annotated[SlotForm, Form()]) -> Response:
    """The look without a piece."""
    here = visit(request)
    made = await _made(here, outfit_id)
    kept = [item for item in made.outfit.items if item.slot != form.slot]
    body = await _asked(here, made, kept, [item.slot for item in kept])
    return await _changed(here, made, body, f"− {named(form.slot, here.translate)}", form)


@router.post("/add")
async def add(outfit_id: str, request: Request, form: Annotated[SlotForm, Form()]) -> Response:
    """The look with a piece more."""
    here = visit(request)
    made = await _made(here, outfit_id)
    slots = [*(item.slot for item in made.outfit.items), form.slot]
    body = await _asked(here, made, made.outfit.items, slots)
    return await _changed(here, made, body, f"+ {named(form.slot, here.translate)}", form)


@router.post("/refine")
async def refine(outfit_id: str, request: Request, form: Annotated[SayForm, Form()]) -> Response:
    """The look after a line of words."""
    here = visit(request)
    before = await _outfit(here, outfit_id)
    answer = await here.api.ask("POST", f"{_path(outfit_id)}/refine", {"say": form.say})
    return _answered(here, _look(here, before, form), answer, form.say)


@router.post("/card")
async def card(outfit_id: str, request: Request, form: Annotated[CardForm, Form()]) -> Response:
    """The look as it was at an earlier turn."""
    here = visit(request)
    turns = unpacked(form.turn)
    ids = [step.outfit_id for step in turns]
    until = turns[: ids.index(outfit_id) + 1] if outfit_id in ids else []
    look = _look(here, await _outfit(here, outfit_id), CardForm(place=form.place))
    return _card(here, look.with_turns(until if len(until) > 1 else ()))


def _path(outfit_id: str) -> str:
    return f"/v1/outfits/{quote(outfit_id, safe='')}"


async def _made(here: Visit, outfit_id: str) -> Made:
    return await to_thread.run_sync(read_made, here.app.state, outfit_id)


async def _outfit(here: Visit, outfit_id: str) -> Mapping[str, Any]:
    answer = await here.api.ask("GET", _path(outfit_id))
    if answer.ok:
        found: Mapping[str, Any] = answer.json
        return found
    return (await _made(here, outfit_id)).outfit.model_dump(mode="json")  # raises what is wrong with the id


async def _asked(
    here: Visit, made: Made, kept: Sequence[OutfitItem], slots: Sequence[Slot]
) -> dict[str, Any]:
    """The request that the outfit answered, for one outfit with the kept pieces and something in each of the slots."""
    body = made.request.model_dump(mode="json", exclude={"trace", "experiment"})
    body |= {
        "count": 1,
        "seed": secrets.randbelow(2**31),
        "anchors": [item.sku for item in kept],
        "slots": list(slots),
        "sizes": {**body["sizes"], **{item.slot: [item.size] for item in kept if item.size}},
        "department": body["department"] or await _department(here, made.outfit.items),
    }
    return body


async def _department(here: Visit, items: Sequence[OutfitItem]) -> str | None:
    """Whom the look is for, where nobody said and its pieces tell."""
    found = set()
    for item in items:
        answer = await here.api.ask("GET", f"/v1/items/{item.sku}")
        found |= {answer.json["department"]} if answer.ok else set()
    found -= {"unisex"}
    return found.pop() if len(found) == 1 else None


async def _changed(here: Visit, made: Made, body: Mapping[str, Any], label: str, form: CardForm) -> Response:
    answer = await here.api.ask("POST", "/v1/outfits", body)
    return _answered(here, _look(here, made.outfit.model_dump(mode="json"), form), answer, label)


def _answered(here: Visit, before: Look, answer: Answer, label: str) -> Response:
    """The card of the first outfit of an answer; where there is none, the old one stays and its note says why."""
    if answer.ok and answer.json["outfits"]:
        return _card(here, before.after(answer.json["outfits"][0], label), answer.json.get("unmet") or ())
    no_change = answer.json["unmet"] if answer.ok else None
    response = (
        refused(here, answer) if no_change is None else here.page("shop/no_change.html", unmet=no_change)
    )
    response.headers["HX-Retarget"] = f"#note-{before.id}"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _look(here: Visit, outfit: Mapping[str, Any], form: CardForm) -> Look:
    return Look(outfit, form.place, unpacked(form.turn), here.app.settings.basket_url)


def _card(here: Visit, look: Look, unmet: Sequence[Mapping[str, Any]] = ()) -> Response:
    return here.page("shop/look.html", look=look, unmet=unmet, **offers(here))
