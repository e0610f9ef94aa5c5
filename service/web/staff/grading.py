"""Grading: two unlike outfits for a wish, side by side in random order, and the verdict kept. Knows no training.

Which hand made which is not on the page: the outfits' own ids say it to the service alone.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from indexer.item import DEPARTMENTS, SLOTS
from service.web.staff.desk import CONSOLE, HOME, StaffPageRoute, refused
from service.web.visit import Visit, visit

GRADING = HOME + "/grading"
router = APIRouter(include_in_schema=False, prefix=GRADING, route_class=StaffPageRoute)

FAULTS = {
    "color": "colour",
    "pattern": "pattern",
    "formality": "too formal, or not formal enough",
    "season": "wrong season",
    "shape": "cut or length",
    "kind": "wrong kind of piece",
    "beside": "not beside the others",
    "other": "something else",
}
_LOOKS = 4
"""As many are composed by one hand where there is no other, so that two of them are unlike."""

Wish = Annotated[str, Form(max_length=500)]
Word = Annotated[str, Form(max_length=128)]


@router.get("")
async def grading(request: Request) -> Response:
    """The form for a wish."""
    here = visit(request)
    return here.page("staff/grading.html", departments=DEPARTMENTS)


@router.post("/pair")
async def pair(request: Request, vibe: Wish = "", department: Word = "") -> Response:
    """Two looks for the wish."""
    here = visit(request)
    return await _pair(here, vibe.strip(), department)


@router.post("")
async def keep(
    request: Request,
    a: Word,
    b: Word,
    chosen: Word = "",
    mark: Word = "",
    vibe: Wish = "",
    department: Word = "",
) -> Response:
    """Keeps the verdict, and shows the next two."""
    here = visit(request)
    async with request.form() as form:
        said = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and value]
    body: dict[str, Any] = {"outfits": {"a": a, "b": b}, "chosen": chosen, "faults": faults_of(said)}
    if mark.isdecimal():
        body["grade"] = int(mark)
    answer = await here.api.ask("POST", "/v1/admin/grades", body)
    if not answer.ok:
        return refused(here, answer)
    return await _pair(here, vibe.strip(), department, kept=True)


def faults_of(said: list[tuple[str, str]]) -> dict[str, dict[str, list[str]]]:
    """The faults that a form names, in fields such as `fault.a.shoes`."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, value in said:
        head, _, rest = name.partition(".")
        side, _, slot = rest.partition(".")
        if head == "fault" and side in ("a", "b") and slot in SLOTS and value in FAULTS:
            found.setdefault(side, {}).setdefault(slot, []).append(value)
    return found


async def _pair(here: Visit, vibe: str, department: str, *, kept: bool = False) -> Response:
    hands = await here.api.ask("GET", "/v1/styles")
    if not hands.ok:
        return refused(here, hands)
    asks = {
        "vibe": vibe,
        "department": department or None,
        "seed": secrets.randbelow(2**31),
        "experiment": CONSOLE,
    }
    names = sorted((style["name"] for style in hands.json), key=lambda _: secrets.randbelow(2**31))
    default = next((style["name"] for style in hands.json if style["default"]), None)
    others = [name for name in names if name != default]
    first = await here.api.ask("POST", "/v1/outfits", {**asks, "count": 1 if others else _LOOKS})
    if not first.ok:
        return refused(here, first)
    second = first
    if others:
        second = await here.api.ask("POST", "/v1/outfits", {**asks, "count": _LOOKS, "style": others[0]})
        if not second.ok:
            return refused(here, second)
    shown = unlike(first.json["outfits"], second.json["outfits"])
    if shown and secrets.randbelow(2):
        shown.reverse()
    lacks = [lack["reason"] for lack in first.json["unmet"]]
    asked = {"vibe": vibe, "department": department}
    return here.page("staff/pair.html", shown=shown, lacks=lacks, asked=asked, faults=FAULTS, kept=kept)


def unlike(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first look of the one side, and that of the other which shares the fewest pieces with it; none where all are
    the same.
    """
    if not first:
        return []
    one = first[0]
    worn = {item["sku"] for item in one["items"]}
    others = [look for look in second if {item["sku"] for item in look["items"]} != worn]
    if not others:
        return []
    return [one, min(others, key=lambda look: sum(item["sku"] in worn for item in look["items"]))]
