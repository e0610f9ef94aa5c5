"""The route by which a shopper is forgotten."""

from __future__ import annotations

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel

from service.api.auth import ShopperRoute, bearer
from service.api.dependencies import services
from service.api.errors import documented
from service.schemas.fields import Pseudonym

router = APIRouter(prefix="/v1", tags=["feedback"], route_class=ShopperRoute, dependencies=[Security(bearer)])


class Forgotten(BaseModel):
    """`forgotten` is how many events were deleted; 0 for a shopper who is not known, or no longer."""

    forgotten: int


@router.delete("/shoppers/{shopper:path}", responses=documented(404, 422))
def forget(shopper: Pseudonym, request: Request) -> Forgotten:
    """Delete a shopper's events, and take the shopper out of what is kept of requests. A key may contain slashes."""
    return Forgotten(forgotten=services(request).feedback.forget(shopper))
