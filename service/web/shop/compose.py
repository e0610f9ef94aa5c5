"""Composing from the page: the events of the API, each as the piece of HTML that shows it. Knows no composing.

A message is unnamed, as the page's library wants it: what it holds says itself where it goes.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.web.api_client import Event, Stream
from service.web.shop.look import Look
from service.web.shop.page import offers
from service.web.shop.reading import chips, own_pieces, said
from service.web.shop.wish import Wish
from service.web.visit import PartRoute, Visit, visit

COMPOSE = "/ui/compose"
_MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router = APIRouter(route_class=PartRoute, include_in_schema=False)


@router.post(COMPOSE)
async def compose(request: Request) -> Response:
    """Looks for the wish in the form, each as soon as it is whole."""
    here = visit(request)
    async with request.form() as form:
        wish = Wish.of(form.multi_items())
    if not wish.wish:
        return here.page("shop/no_wish.html", 422)
    async with AsyncExitStack() as entered:
        stream = await entered.enter_async_context(here.api.stream("POST", "/v1/outfits", wish.body()))
        if stream.answer is not None:
            return here.refused(stream.answer)
        body = _Answer(here, wish, await offers(here)).messages(stream, entered.pop_all())
        return StreamingResponse(body, media_type=_MEDIA_TYPE, headers=_HEADERS)
    raise AssertionError("a block that always returns")


class _Answer:
    """One answer while it comes."""

    def __init__(self, here: Visit, wish: Wish, offered: Mapping[str, bool]) -> None:
        self._here = here
        self._offered = offered
        self._wish = wish
        self._looks: dict[str, Look] = {}
        self._why: dict[str, str] = {}
        self._own: Sequence[str] = wish.own
        self._unmet: list[Mapping[str, Any]] = []

    async def messages(self, stream: Stream, entered: AsyncExitStack) -> AsyncIterator[bytes]:
        """Closes what was entered when it is through, or nobody listens any more."""
        async with entered:
            async for event in stream.events:
                for text in self._shown(event):
                    yield _message(text)
        await self._note_impressions()

    def _shown(self, event: Event) -> list[str]:
        data = event.data
        match event.name:
            case "piece":
                return [self._part("progress", piece=data["item"]["title"])]
            case "outfit":
                return [self._look(data)]
            case "explanation":
                self._why[data["outfit_id"]] = self._why.get(data["outfit_id"], "") + data["text"]
                return [self._part("why", id=data["outfit_id"], text=data["text"])]
            case "unmet":
                self._unmet = data
                return []
            case "understood":
                return [self._reading(data, [])]
            case "done":
                return self._done(data)
            case "problem":
                return [self._part("broken", problem=data)]
        return []

    def _look(self, outfit: Mapping[str, Any]) -> str:
        basket = self._here.app.settings.basket_url
        look = Look(outfit, len(self._looks), basket=basket, own=self._wish.own)
        self._looks[look.id] = look
        return self._part("look", look=look)

    def _done(self, rest: Mapping[str, Any]) -> list[str]:
        shown = []
        understood, unread = rest.get("understood") or [], rest.get("unread") or []
        self._own = own_pieces(understood) or self._wish.own
        order = [name for name in rest.get("order", []) if name in self._looks]
        if order != [*self._looks]:
            shown.append(
                self._part("ordered", looks=[self._told(name, place) for place, name in enumerate(order)])
            )
        elif self._own != self._wish.own:
            shown += [self._part("own", look=self._told(name, 0)) for name in self._looks]
        shown.append(self._reading(understood, unread))
        state = {"count": len(self._looks), "unmet": self._unmet or rest.get("unmet") or []}
        query = self._wish.query(rest.get("seed"))
        return [*shown, self._part("done", query=query, rest=rest, wish=self._wish, **state)]

    def _told(self, name: str, place: int) -> Look:
        look = self._looks[name]
        outfit = {**look.outfit, "explanation": self._why.get(name)}
        return Look(outfit, place, basket=look.basket, own=self._own)

    def _reading(self, understood: list[Mapping[str, Any]], unread: list[str]) -> str:
        found = [(chip, said(chip, self._here.translate)) for chip in chips(understood)]
        return self._part("reading", chips=found, unread=unread)

    def _part(self, name: str, **context: Any) -> str:
        return self._here.html(f"shop/stream/{name}.html", **context, **self._offered)

    async def _note_impressions(self) -> None:
        """What was shown counts, so that what was liked is a share of something."""
        events = [
            {"event_id": uuid.uuid4().hex, "type": "impression", "outfit_id": look.id, "position": place}
            for place, look in enumerate(self._looks.values())
        ]
        if events:
            await self._here.api.ask("POST", "/v1/feedback", events)


def _message(text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
    return f"{lines}\n".encode()
