"""Styles and the retriever: their versions, what the gate says, publishing and going back, and two on one wish."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from indexer.item import DEPARTMENTS
from service.web.staff.desk import CONSOLE, HOME, StaffPageRoute, gone_to
from service.web.visit import visit

STYLES = HOME + "/styles"
router = APIRouter(include_in_schema=False, prefix=STYLES, route_class=StaffPageRoute)

Words = Annotated[str, Query(max_length=500)]
Name = Annotated[str, Form(max_length=64)]
Reason = Annotated[str, Form(max_length=500)]
_LOOKS = 2


@router.get("")
async def styles(request: Request) -> Response:
    """Everything on the shelf."""
    here = visit(request)
    answer = await here.api.ask("GET", "/v1/admin/styles")
    shown = answer.json if answer.ok else []
    return here.page("staff/styles.html", styles=shown, problem=None if answer.ok else answer.json)


@router.post("")
async def change(
    request: Request,
    name: Name,
    version: Name = "",
    default: Name = "",
    retired: Name = "",
    reason: Reason = "",
    force: Name = "",
) -> Response:
    """Publishes a version, makes a style the default, retires it or brings it back. What the gate has against it is
    said, with a way to do it all the same for a reason.
    """
    here = visit(request)
    body: dict[str, Any] = {"name": name, "reason": reason.strip()}
    if version:
        body["version"] = version
    if default:
        body["default"] = default == "yes"
    if retired:
        body["retired"] = retired == "yes"
    if force:
        body["force"] = True
    answer = await here.api.ask("PUT", "/v1/admin/styles", body)
    if not answer.ok:
        gate = {"name": name, "version": version, "reason": reason}
        return here.page("staff/style_refused.html", answer.status, problem=answer.json, **gate)
    return gone_to(STYLES)


@router.get("/compare")
async def compare(
    request: Request, vibe: Words = "", a: Words = "", b: Words = "", department: Words = "", seed: int = 1
) -> Response:
    """The same wish, with the same seed, by two hands."""
    here = visit(request)
    shelf = await here.api.ask("GET", "/v1/admin/styles")
    names = comparable(shelf.json) if shelf.ok else []
    sides = []
    if vibe.strip():
        asks: dict[str, Any] = {
            "vibe": vibe,
            "seed": seed,
            "count": _LOOKS,
            "explain": True,
            "experiment": CONSOLE,
        }
        asks["department"] = department or None
        hands = [a or None, b or None]
        answers = await asyncio.gather(
            *(here.api.ask("POST", "/v1/outfits", {**asks, "style": hand}) for hand in hands)
        )
        sides = [
            (hand or "the default", answer.ok, answer.json)
            for hand, answer in zip(hands, answers, strict=True)
        ]
    asked = {"vibe": vibe, "a": a, "b": b, "department": department, "seed": seed}
    return here.page("staff/compare.html", names=names, sides=sides, asked=asked, departments=DEPARTMENTS)


def comparable(shelf: list[dict[str, Any]]) -> list[str]:
    """What can be composed with: every style by its name, and its other sound versions by theirs."""
    names = []
    for style in shelf:
        if style["kind"] != "style" or style["retired"]:
            continue
        if style["champion"] or not style["versions"]:
            names.append(style["name"])
        others = [
            v["version"] for v in style["versions"] if v["usable"] and v["version"] != style["champion"]
        ]
        names += [f"{style['name']}@{version}" for version in others]
    return names
