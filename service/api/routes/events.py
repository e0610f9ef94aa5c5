"""What shoppers did with outfits: told by the shop, forgotten on request, fetched by staff as JSON lines.

Knows neither where events go nor what they teach.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Security
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from service.api.auth import ShopperRoute, StaffRoute, bearer
from service.api.dependencies import Services, services
from service.api.errors import documented
from service.api.intake.publishable import page_key, shopper_of
from service.api.intake.strictness import check_names
from service.db.repositories.events import Receipt, Refusal
from service.db.repositories.keys import Principal
from service.errors import InvalidError
from service.schemas.events import MAX_EVENTS, SentEvent
from service.schemas.fields import Instant, Pseudonym

FEEDBACK_PATH = "/v1/feedback"

told = APIRouter(
    tags=["feedback"],
    route_class=ShopperRoute,
    dependencies=[Security(bearer)],
    responses=documented(404, 422),
)


class RejectedEvent(BaseModel):
    """`index` is the event's place in the request, from 0; `event_id` is null where it has none."""

    index: int
    event_id: str | None
    field: str
    reason: str


class ConflictingEvent(BaseModel):
    """A duplicate that says something else than the event stored under its id. That one stands."""

    index: int
    event_id: str


class FeedbackReceipt(BaseModel):
    """What became of the events: every one is accepted, a duplicate, or rejected."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent] = []
    conflicts: list[ConflictingEvent] = []


_EVENT = SentEvent.model_json_schema()
_EVENTS = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": _EVENT}
_WRAPPED = {
    "type": "object",
    "properties": {"events": _EVENTS},
    "required": ["events"],
    "additionalProperties": False,
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [_EVENT, _EVENTS, _WRAPPED]}}},
    }
}


@told.post(FEEDBACK_PATH, status_code=202, openapi_extra=_BODY)
async def feedback(request: Request) -> FeedbackReceipt:
    """Take one event, or a batch of up to 500: each counts once, by its `event_id`, however often it is sent.

    What is answered as accepted is stored. Of a batch, events that cannot be taken are told in `rejected`, and the
    others are taken; a single one that cannot is a 404 (its outfit is not known) or a 422.
    """
    body = await request.body()
    return await to_thread.run_sync(_record, services(request), body, request.state.principal)


def _record(app: Services, body: bytes, principal: Principal | None) -> FeedbackReceipt:
    check_names(body)
    try:
        sent: Any = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidError.at("body", f"not JSON: {error}") from error
    single = isinstance(sent, dict) and "events" not in sent
    events, refused = _validated([sent] if single else _batch(sent))
    if page_key(principal) is not None:
        events, forged = _in_its_own_name(app, events, principal)
        refused += forged
    key_id = principal.key_id if principal else None
    receipt = app.feedback.record(events, key_id, page_key(principal))
    refused = sorted([*refused, *receipt.refused], key=lambda refusal: refusal.index)
    if single and refused:
        raise refused[0].problem
    app.metrics.feedback_events.inc(receipt.accepted)
    return _told(receipt, refused)


def _batch(sent: Any) -> list[Any]:
    field, events = "body", sent
    if isinstance(sent, dict):
        if unknown := [name for name in sent if name != "events"]:
            raise InvalidError.at(unknown[0], "stands beside events: send one event, or a batch")
        field, events = "events", sent["events"]
    if not isinstance(events, list):
        raise InvalidError.at(field, "must be an event, a list of events, or an object with a list of events")
    if not 1 <= len(events) <= MAX_EVENTS:
        raise InvalidError.at(field, f"send 1 to {MAX_EVENTS} events, not {len(events)}")
    return events


def _validated(sent: list[Any]) -> tuple[list[tuple[int, SentEvent]], list[Refusal]]:
    """The events that can be meant, with their places, and the others."""
    events: list[tuple[int, SentEvent]] = []
    refused: list[Refusal] = []
    for index, raw in enumerate(sent):
        try:
            events.append((index, SentEvent.model_validate(raw)))
        except ValidationError as error:
            name = raw.get("event_id") if isinstance(raw, dict) else None
            event_id = name[:128] if isinstance(name, str) else None
            refused.append(Refusal(index, event_id, InvalidError.from_validation(error)))
    return events, refused


def _in_its_own_name(
    app: Services, events: list[tuple[int, SentEvent]], principal: Principal | None
) -> tuple[list[tuple[int, SentEvent]], list[Refusal]]:
    """Events of a web page: in the name that the shop's server signed, and about pieces that there are."""
    good: list[tuple[int, SentEvent]] = []
    refused: list[Refusal] = []
    find = app.serving.get().item
    for index, event in events:
        try:
            name = shopper_of(event.shopper, principal, app.settings)
            for field in ("sku", "replaced_by"):
                sku = getattr(event, field)
                if sku is not None and find(sku) is None:
                    raise InvalidError.at(field, "is no piece that there is")
            good.append((index, event.model_copy(update={"shopper": name})))
        except InvalidError as problem:
            refused.append(Refusal(index, event.event_id, problem))
    return good, refused


def _told(receipt: Receipt, refused: list[Refusal]) -> FeedbackReceipt:
    return FeedbackReceipt(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=[_rejected(refusal) for refusal in refused],
        conflicts=[ConflictingEvent(index=index, event_id=name) for index, name in receipt.conflicts],
    )


def _rejected(refusal: Refusal) -> RejectedEvent:
    first = next(iter(refusal.problem.errors), None)
    return RejectedEvent(
        index=refusal.index,
        event_id=refusal.event_id,
        field=first.field if first else "outfit_id",
        reason=first.message if first else refusal.problem.detail,
    )


forgetting = APIRouter(
    prefix="/v1", tags=["feedback"], route_class=ShopperRoute, dependencies=[Security(bearer)]
)


class Forgotten(BaseModel):
    """`forgotten` is how many events were deleted; 0 for a shopper who is not known, or no longer."""

    forgotten: int


@forgetting.delete("/shoppers/{shopper:path}", responses=documented(404, 422))
def forget(shopper: Pseudonym, request: Request) -> Forgotten:
    """Delete a shopper's events, and take the shopper out of what is kept of requests. A key may contain slashes."""
    return Forgotten(forgotten=services(request).feedback.forget(shopper))


_LINES = "application/x-ndjson"
_CHUNK = 200
ANSWER_IN_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object per line",
        "content": {_LINES: {"schema": {"type": "string"}}},
    }
}

exporting = APIRouter(
    prefix="/v1/admin", tags=["feedback"], route_class=StaffRoute, dependencies=[Security(bearer)]
)


class JsonLines(StreamingResponse):
    media_type = _LINES


@exporting.get(
    "/feedback/export",
    response_class=JsonLines,
    responses=ANSWER_IN_LINES | documented(422),
    response_model=None,
)
def export_feedback(
    request: Request,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
) -> JsonLines:
    """The events received from `since` on and before `until`, in the order of arrival."""
    return JsonLines(in_chunks(services(request).feedback.lines(since, until)))


def in_chunks(lines: Iterator[str]) -> Iterator[str]:
    """Lines with their newlines, several at once."""
    while chunk := list(islice(lines, _CHUNK)):
        yield "".join(f"{line}\n" for line in chunk)


router = APIRouter()
for part in (told, forgetting, exporting):
    router.routes.extend(part.routes)  # each keeps the class by which it asks for a key
