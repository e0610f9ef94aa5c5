"""Open routes that say whether the process lives and whether it can serve."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from service.api.problem import documented
from service.api.services import services
from service.problems import UnavailableError

router = APIRouter(tags=["health"], responses=documented(500))


class Health(BaseModel):
    status: str = "ok"


@router.get("/healthz")
@router.head("/healthz", include_in_schema=False)  # as some load balancers ask
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", responses=documented(503))
@router.head("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Health:
    """Outfits can be composed; 503 with the reason until then."""
    reason = services(request).serving.not_ready()
    if reason is not None:
        raise UnavailableError(reason, retry_after=5)
    return Health(status="ready")
