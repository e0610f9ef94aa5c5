"""Routes of outfits and styles."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Security

from service.api.guard import ShopperRoute, bearer
from service.api.problem import documented, request_id
from service.api.services import Services, services
from service.problems import NotFoundError
from service.schema import Outfit, OutfitRequest, OutfitResponse, StyleView

router = APIRouter(
    prefix="/v1",
    tags=["outfits"],
    route_class=ShopperRoute,
    dependencies=[Security(bearer)],
    responses=documented(401, 500),
)


@router.post("/outfits", responses=documented(404, 413, 422, 503))
async def compose(body: OutfitRequest, request: Request) -> OutfitResponse:
    """Compose outfits for a vibe. What cannot be satisfied is said in `unmet`, with fewer outfits or none."""
    app = services(request)
    return await app.gate.run(partial(_compose, app, body, request_id(request.scope)))


@router.get("/outfits/{outfit_id}", responses=documented(404, 422))
def outfit(outfit_id: str, request: Request) -> Outfit:
    """An outfit that was composed before, as it was answered."""
    found = services(request).state.outfit(outfit_id)
    if found is None:
        raise NotFoundError(f"no outfit {outfit_id!r}")
    return found


@router.get("/styles", responses=documented(503))
def styles(request: Request) -> list[StyleView]:
    """The styles that a request may name."""
    return services(request).serving.get().styles()


def _compose(app: Services, body: OutfitRequest, request_id: str) -> OutfitResponse:
    response = app.serving.get().compose(body, request_id)
    app.state.save_response(body, response)
    return response
