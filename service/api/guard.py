"""Who may call what. A route's class says which scope it needs; the key is checked before a body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from anyio import to_thread
from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from service.api.services import services
from service.keys import KeyRing, Scope
from service.problems import ForbiddenError, UnauthorizedError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

bearer = HTTPBearer(auto_error=False, description="A key of `stylist keys add`.")
"""Only documents the key in OpenAPI; the routes below check it."""


class ShopperRoute(APIRoute):
    """Open while no key was ever added; after that, for any good key."""

    scope: ClassVar[Scope] = "shopper"

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            header = request.headers.get("authorization", "")
            await to_thread.run_sync(authorize, services(request).keys, header, self.scope)
            return await handle(request)

        return guarded


class StaffRoute(ShopperRoute):
    """For staff keys only, always."""

    scope: ClassVar[Scope] = "staff"


def authorize(keys: KeyRing, header: str, needed: Scope) -> None:
    """Raises UnauthorizedError or ForbiddenError unless the Authorization header is good for the scope."""
    if needed == "shopper" and not keys.configured():
        return
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise UnauthorizedError(f"send a {needed} key as `Authorization: Bearer KEY`; {_how_to(needed)}")
    scope = keys.verify(key.strip())
    if scope is None:
        raise UnauthorizedError(f"this key is not known, or was revoked; {_how_to(needed)}")
    if needed == "staff" and scope != "staff":
        raise ForbiddenError(f"this needs a staff key, not a {scope} key; {_how_to(needed)}")


def _how_to(scope: Scope) -> str:
    return f"`stylist keys add --scope {scope}` makes one"
