"""Changing one look: other pieces for a slot, a piece more or less, the rest anew, a line of words. Knows no composing.

Each look that comes of it is an answer of the API like any other: it can be read again, replayed and changed in turn.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from indexer.item import Slot
from service.errors import NotFoundError
from service.web.api_client import Answer
from service.web.shop.look import Look, unpacked
from service.web.shop.page import offers
from service.web.visit import PartRoute, Visit, visit
from service.web.wording import named

router = APIRouter(route_class=PartRoute, include_in_schema=False, prefix="/ui/looks/{outfit_id}")

OTHERS = 6


class CardForm(BaseModel):
    """What every card carries: its place on the page, and the turns that led to it."""

    place: Annotated[int, Field(ge=0, le=1000)] = 0
    turn: list[str] = []
    keep: list[str] = []
    own: Annotated[list[Annotated[str, StringConstraints(max_length=300)]], Field(max_length=8)] = []


class SlotForm(CardForm):
    slot: Slot


class ChoiceForm(SlotForm):
    old: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class SayForm(CardForm):
    say: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


@router.get("/others")
async def others(outfit_id: str, slot: Slot, request: Request) -> Response:
    """What else could be worn in a slot, for the shopper to choose from."""
    here = visit(request)
    answer = await here.api.ask("POST", f"{_path(outfit_id)}/swap", {"slot": slot, "count": OTHERS})
    if not answer.ok:
        return here.refused(answer)
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
    return await _card(here, _look(here, before, form).after(after, come["title"] if come else form.slot))


@router.post("/restyle")
async def restyle(outfit_id: str, request: Request, form: Annotated[CardForm, Form()]) -> Response:
    """The pieces that are kept, with others around them."""
    here = visit(request)
    before = await _outfit(here, outfit_id)
    kept = [item["slot"] for item in before["items"] if item["sku"] in form.keep]
    others = [item["slot"] for item in before["items"] if item["slot"] not in kept]
    label = " + ".join(named(slot, here.translate) for slot in kept)
    body = {"slots": others, "seed": secrets.randbelow(2**31)}
    return await _swapped(here, _look(here, before, form), body, f"{label} …")


@router.post("/remove")
async def remove(outfit_id: str, request: Request, form: Annotated[SlotForm, Form()]) -> Response:
    """The look without a piece."""
    here = visit(request)
    look = _look(here, await _outfit(here, outfit_id), form)
    return await _swapped(here, look, {"remove": [form.slot]}, f"− {named(form.slot, here.translate)}")


@router.post("/add")
async def add(outfit_id: str, request: Request, form: Annotated[SlotForm, Form()]) -> Response:
    """The look with a piece more."""
    here = visit(request)
    look = _look(here, await _outfit(here, outfit_id), form)
    return await _swapped(here, look, {"add": [form.slot]}, f"+ {named(form.slot, here.translate)}")


@router.post("/refine")
async def refine(outfit_id: str, request: Request, form: Annotated[SayForm, Form()]) -> Response:
    """The look after a line of words."""
    here = visit(request)
    look = _look(here, await _outfit(here, outfit_id), form)
    answer = await here.api.ask("POST", f"{_path(outfit_id)}/refine", {"say": form.say, "count": 1})
    return await _answered(here, look, answer, form.say)


@router.post("/card")
async def card(outfit_id: str, request: Request, form: Annotated[CardForm, Form()]) -> Response:
    """The look as it was at an earlier turn."""
    here = visit(request)
    turns = unpacked(form.turn)
    ids = [step.outfit_id for step in turns]
    until = turns[: ids.index(outfit_id) + 1] if outfit_id in ids else []
    look = _look(here, await _outfit(here, outfit_id), CardForm(place=form.place, own=form.own))
    return await _card(here, look.with_turns(until if len(until) > 1 else ()))


def _path(outfit_id: str) -> str:
    return f"/v1/outfits/{quote(outfit_id, safe='')}"


async def _outfit(here: Visit, outfit_id: str) -> Mapping[str, Any]:
    answer = await here.api.ask("GET", _path(outfit_id))
    if not answer.ok:
        raise NotFoundError("this look is no longer kept")
    found: Mapping[str, Any] = answer.json
    return found


async def _swapped(here: Visit, look: Look, body: Mapping[str, Any], label: str) -> Response:
    answer = await here.api.ask("POST", f"{_path(look.id)}/swap", {**body, "count": 1})
    return await _answered(here, look, answer, label)


async def _answered(here: Visit, before: Look, answer: Answer, label: str) -> Response:
    """The card of the first outfit of an answer; where there is none, the old one stays and its note says why."""
    if answer.ok and answer.json["outfits"]:
        return await _card(
            here, before.after(answer.json["outfits"][0], label), answer.json.get("unmet") or ()
        )
    no_change = answer.json["unmet"] if answer.ok else None
    response = (
        here.refused(answer) if no_change is None else here.page("shop/no_change.html", unmet=no_change)
    )
    response.headers["HX-Retarget"] = f"#note-{before.id}"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _look(here: Visit, outfit: Mapping[str, Any], form: CardForm) -> Look:
    basket = here.app.settings.basket_url
    return Look(outfit, form.place, unpacked(form.turn), basket, own=form.own)


async def _card(here: Visit, look: Look, unmet: Sequence[Mapping[str, Any]] = ()) -> Response:
    return here.page("shop/look.html", look=look, unmet=unmet, **await offers(here))
