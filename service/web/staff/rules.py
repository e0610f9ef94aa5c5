"""Merchandising rules: listed, made, changed, ended, and tried on a wish before they count. Knows not what rules do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from indexer.item import DEPARTMENTS, SLOTS
from service.web.staff.desk import HOME, StaffPageRoute, gone_to, refused
from service.web.visit import Visit, visit

RULES = HOME + "/rules"
router = APIRouter(include_in_schema=False, prefix=RULES, route_class=StaffPageRoute)

ACTIONS = ("boost", "bury", "pin", "exclude")
_LISTS = ("skus", "brands", "tags", "kinds", "categories", "colors")
_NUMBERS = ("min_price", "max_price", "min_margin", "max_margin")
_SHARE = 0.01  # margins are percentages on the page
_OFFSET = re.compile(r"-?\d{1,4}")


@router.get("")
async def rules(request: Request, edit: str = "") -> Response:
    """All rules, and the form for one."""
    here = visit(request)
    listed = await here.api.ask("GET", "/v1/admin/rules")
    edited = await here.api.ask("GET", f"/v1/admin/rules/{quote(edit, safe='')}") if edit else None
    return here.page(
        "staff/rules.html",
        rules=listed.json if listed.ok else [],
        rule=edited.json if edited is not None and edited.ok else None,
        actions=ACTIONS,
        slots=SLOTS,
        departments=DEPARTMENTS,
        lists=_LISTS,
    )


@router.post("")
async def keep(request: Request) -> Response:
    """Makes the rule, or lets the one that is edited say this from now on."""
    here = visit(request)
    async with request.form() as form:
        body, rule_id = rule_of(form.multi_items()), str(form.get("id") or "")
    if rule_id:
        answer = await here.api.ask("PUT", f"/v1/admin/rules/{quote(rule_id, safe='')}", body)
    else:
        answer = await here.api.ask("POST", "/v1/admin/rules", body)
    if not answer.ok:
        return refused(here, answer)
    return gone_to(RULES)


@router.post("/preview")
async def preview(request: Request) -> Response:
    """What the rule would change: the pieces that it is about, and looks for a wish without and with it."""
    here = visit(request)
    async with request.form() as form:
        pairs = form.multi_items()
    said = dict(pairs)
    body: dict[str, Any] = {
        "rule": rule_of(pairs),
        "replaces": said.get("id") or None,
        "wish": {
            "vibe": str(said.get("vibe") or "").strip() or "everyday",
            "department": said.get("for") or None,
            "seed": 1,
            "count": 3,
        },
    }
    answer = await here.api.ask("POST", "/v1/admin/rules/preview", body)
    if not answer.ok:
        return refused(here, answer)
    return here.page("staff/rule_preview.html", preview=answer.json, changed=_changed(answer.json))


@router.post("/{rule_id}/end")
async def end(rule_id: str, request: Request) -> Response:
    """Deletes a rule for good."""
    here: Visit = visit(request)
    answer = await here.api.ask("DELETE", f"/v1/admin/rules/{quote(rule_id, safe='')}")
    return gone_to(RULES) if answer.ok else refused(here, answer)


def rule_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The rule that a form says, as the API takes it. What is no number stays text, for the API to refuse."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, str) and value.strip():
            given.setdefault(name, []).append(value.strip())
    match: dict[str, Any] = {}
    for name in _LISTS:
        parts = [
            part.strip() for text in given.get(name, ()) for part in re.split(r"[,\n]", text) if part.strip()
        ]
        match |= {name: parts} if parts else {}
    match |= {name: given[name] for name in ("slots", "departments") if name in given}
    for name in _NUMBERS:
        if name in given:
            number = _number(given[name][-1])
            is_share = name.endswith("margin") and isinstance(number, float)
            match[name] = round(number * _SHARE, 6) if is_share and isinstance(number, float) else number
    last = {name: values[-1] for name, values in given.items()}
    rule: dict[str, Any] = {"action": last.get("action", ""), "match": match, "note": last.get("note", "")}
    if "strength" in last:
        rule["strength"] = _number(last["strength"])
    for name in ("starts", "ends"):
        if name in last:
            rule[name] = _moment(last[name], last.get("offset", "0"))
    return rule


def _moment(text: str, offset: str) -> str:
    """A browser's local time with its distance from UTC in minutes, as browsers tell it: west is positive."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return text
    minutes = int(offset) if _OFFSET.fullmatch(offset) else 0
    return local.replace(tzinfo=timezone(timedelta(minutes=-max(-840, min(840, minutes))))).isoformat()


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _changed(preview: dict[str, Any]) -> set[str]:
    """SKUs that are in the looks of one side only."""
    before, after = (
        {item["sku"] for outfit in preview[side]["outfits"] for item in outfit["items"]}
        for side in ("before", "after")
    )
    return before ^ after
