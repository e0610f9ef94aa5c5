"""Routes of outfits and styles."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Query, Request, Response, Security, status

from service.api.auth import ShopperRoute, ask_for_staff, bearer
from service.api.dependencies import Language, Services, answering, language_headers, services
from service.api.errors import documented, request_id
from service.api.intake.publishable import page_key, shopper_of
from service.api.routes.replay_headers import DOCUMENTED as MADE
from service.api.routes.replay_headers import set_headers
from service.api.sse import DOCUMENTED, stream, wants_stream
from service.composition.swap import swap_order
from service.db.engine import cause
from service.db.repositories.outfits import Made, read_made
from service.errors import ProblemError, UnavailableError
from service.pictures.laydown import POLICY, laydown
from service.pictures.piece import Format, Shape, Theme
from service.pictures.raster import png_apart
from service.recommender.localization import Tongue, localised, localised_outfit, worded, worded_outfit
from service.recommender.progress import ProgressListener, Stoppable
from service.recommender.replay import replay
from service.schemas.critique import Critique, CritiqueRequest
from service.schemas.outfits import (
    Outfit,
    OutfitRequest,
    OutfitResponse,
    RefineRequest,
    StyleView,
    SwapRequest,
    Unmet,
)

_log = logging.getLogger("stylist.error")
_CACHE = "private, max-age=300"
_DRAWING = CapacityLimiter(2)
"""How many pictures become PNG at once: each takes a processor for a second."""

router = APIRouter(
    prefix="/v1",
    tags=["outfits"],
    route_class=ShopperRoute,
    dependencies=[Security(bearer)],
)


@router.post("/outfits", response_model=OutfitResponse, responses={**DOCUMENTED, **documented(403, 404, 422)})
async def compose(body: OutfitRequest, request: Request, response: Response) -> Any:
    """Compose outfits for a vibe. What cannot be satisfied is said in `unmet`, with fewer outfits or none.

    With `Accept: text/event-stream`, each outfit comes as soon as it is whole.
    """
    if body.trace:
        ask_for_staff(request, "trace")
    request.state.shopper_text = body.vibe
    app, page = services(request), page_key(request.state.principal)
    tongue = answering(request, response, body.vibe)
    shopper = shopper_of(body.shopper, request.state.principal, app.settings)
    if page is not None and shopper is not None:
        app.limits.admit(f"shopper {shopper}")
    body = body.model_copy(update={"shopper": shopper})

    def make(watch: ProgressListener) -> OutfitResponse:
        answer = app.serving.get().compose(body, request_id(request.scope), watch)
        return _answered(app, body, answer, page, tongue)

    return await _answer(request, make, partial(_saved, app, page, body), tongue)


@router.post(
    "/outfits/{outfit_id}/swap",
    response_model=OutfitResponse,
    responses={**DOCUMENTED, **documented(404, 422)},
)
async def swap(outfit_id: str, body: SwapRequest, request: Request, response: Response) -> Any:
    """The outfit with another piece in one slot; the other pieces stay as they are, and so does what was asked."""
    app, page = services(request), page_key(request.state.principal)
    made = await to_thread.run_sync(read_made, app.state, outfit_id, page)
    tongue = answering(request, response, made.request.vibe)
    recommender = app.serving.get()
    order = await to_thread.run_sync(swap_order, made.request, made.outfit, body, recommender.item)

    def make(watch: ProgressListener) -> OutfitResponse:
        answer = recommender.swap(order, request_id(request.scope), watch)
        return _answered(app, order.request, answer, page, tongue)

    return await _answer(request, make, partial(_saved, app, page, order.request), tongue)


@router.post(
    "/outfits/{outfit_id}/refine",
    response_model=OutfitResponse,
    responses={**DOCUMENTED, **documented(404, 422)},
)
async def refine(outfit_id: str, body: RefineRequest, request: Request, response: Response) -> Any:
    """The outfit as the shopper says it should be: "warmer, cheaper, and another bag". What is not spoken of stays."""
    request.state.shopper_text = body.say
    app, page = services(request), page_key(request.state.principal)
    made = await to_thread.run_sync(read_made, app.state, outfit_id, page)
    tongue = answering(request, response, body.say, made.request.vibe)
    recommender = app.serving.get()
    order = await to_thread.run_sync(recommender.refine, made, body)

    def make(watch: ProgressListener) -> OutfitResponse:
        answer = recommender.swap(order, request_id(request.scope), watch)
        return _answered(app, order.request, answer, page, tongue)

    return await _answer(request, make, partial(_saved, app, page, order.request), tongue)


@router.post("/outfits/critique", responses=documented(404, 422, 503))
async def critique(body: CritiqueRequest, request: Request) -> Critique:
    """What works of pieces that the shopper has in the basket or owns, what does not, and swaps that would help."""
    request.state.shopper_text = body.vibe
    app = services(request)
    work = partial(app.serving.get().critique, body, request_id(request.scope))
    return await to_thread.run_sync(work)


@router.get("/outfits/{outfit_id}", responses={**MADE, **documented(404, 422)})
async def outfit(
    outfit_id: str, request: Request, response: Response, language: Language, replay: bool = False
) -> Outfit:
    """An outfit that was composed before, as it was answered, and whether it would be composed again.

    With `replay`, it is composed again and compared; without, all that decides it is.
    """
    app = services(request)
    made = await to_thread.run_sync(read_made, app.state, outfit_id)
    check = partial(_why_not_again, app, made, request_id(request.scope), replay)
    reason = await (app.gate.run(check, request.receive) if replay else to_thread.run_sync(check))
    set_headers(response, made, reason)
    return localised_outfit(made.outfit, language)


@router.get(
    "/outfits/{outfit_id}/image",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {}, "image/png": {}}, "description": "The picture"},
        304: {"description": "Unchanged since the ETag that was sent"},
        **documented(404, 422, 503),
    },
)
async def image(
    outfit_id: str,
    request: Request,
    format: Format = "svg",
    theme: Theme = "light",
    shape: Shape = "square",
    width: Annotated[int, Query(ge=200, le=1600, description="Pixels, of a PNG")] = 1000,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """An outfit that was composed before, laid out on a calm ground. An SVG reads itself aloud by `title` and `desc`.

    The picture changes when the index or the drawings do, and its ETag with it.
    """
    app = services(request)

    def draw() -> str:
        made = read_made(app.state, outfit_id, page_key(request.state.principal))
        pieces = app.serving.get().pieces(made.outfit)
        return laydown(pieces, made.outfit.title, theme, shape)

    svg = await to_thread.run_sync(draw)
    drawn = f"{svg}\n{format}" if format == "svg" else f"{svg}\n{format} {width}"
    etag = f'"{hashlib.sha256(drawn.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE, "Content-Security-Policy": POLICY}
    if etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    if format == "svg":
        return Response(svg, media_type="image/svg+xml", headers=headers)
    png = await to_thread.run_sync(png_apart, svg, width, limiter=_DRAWING)
    return Response(png, media_type="image/png", headers=headers)


@router.get("/styles")
def styles(request: Request) -> list[StyleView]:
    """The styles that a request may name."""
    return services(request).serving.get().styles()


async def _answer(
    request: Request,
    make: Callable[[ProgressListener], OutfitResponse],
    keep: Callable[[OutfitResponse], object],
    tongue: Tongue,
) -> Response | OutfitResponse:
    """What `make` makes, behind the gate: as events where they are asked for."""
    gate = services(request).gate
    if wants_stream(request.headers.get("accept", "")):

        def keep_worded(answer: OutfitResponse) -> None:
            keep(worded(answer, tongue.language))

        def show(outfit: Outfit) -> Outfit:
            return localised_outfit(worded_outfit(outfit, tongue.language), tongue.prices)

        return await stream(request, gate, make, keep_worded, show, language_headers(tongue.tags))
    watch = Stoppable()
    try:
        return localised(await gate.run(partial(make, watch), request.receive), tongue.prices)
    finally:
        watch.stop()


def _answered(
    app: Services, body: OutfitRequest, answer: OutfitResponse, page: str | None, tongue: Tongue
) -> OutfitResponse:
    """Puts a whole answer into words, keeps and counts it; where it cannot be kept, it says so, and is answered all the
    same.
    """
    answer = worded(answer, tongue.language)
    if not _saved(app, page, body, answer):
        answer = answer.model_copy(update={"unmet": [*answer.unmet, _UNSAVED]})
    app.metrics.composed(answer, wants_model=app.settings.composer == "auto")
    app.requests.note(body, answer, sum(answer.timings_ms.values()))
    return answer


_UNSAVED = Unmet(
    constraint="saved",
    reason="these outfits could not be saved: they cannot be read, swapped, refined or told about later",
    hint="ask again later; the service's /readyz says what is wrong",
)


def _saved(app: Services, page: str | None, body: OutfitRequest, answer: OutfitResponse) -> bool:
    """Keeps outfits; False where the database cannot take them now, such as on a full disk."""
    try:
        app.state.save_response(body, answer, page)
    except UnavailableError as error:
        _log.error("request %s: its outfits cannot be saved: %s", answer.request_id, cause(error) or error)
        return False
    return True


def _why_not_again(app: Services, made: Made, request_id: str, compose: bool) -> str | None:
    try:
        recommender = app.serving.get()
        return replay(made, recommender, request_id) if compose else recommender.difference(made)
    except ProblemError as error:
        return error.detail
