"""Who may call what, and how often. A route's class says which scope it needs.

The key is checked before a body is read, and what any guarded route can answer is documented here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from anyio import to_thread
from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from service.api.dependencies import services
from service.api.errors import documented
from service.api.rate_limit import caller_address
from service.db.repositories.keys import KeyRepository, Principal, Scope
from service.errors import ForbiddenError, UnauthorizedError, UnavailableError, UriTooLongError
from service.recommender.handle import DRAINING

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

MAX_QUERY_BYTES = 8192
_RETRY_SECONDS = 5
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

bearer = HTTPBearer(auto_error=False, description="A key of `stylist keys add`.")
"""Only documents the key in OpenAPI; the routes below check it."""


class ShopperRoute(APIRoute):
    """Open while no key was ever added; after that, for any good key. Limited per key, or per address without."""

    scope: ClassVar[Scope] = "shopper"

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        statuses = [401, 414, 429, 500, 503]
        if self.scope == "staff":
            statuses.append(403)
        if _WITH_BODY & set(options.get("methods") or ()):
            statuses += [408, 413]
        options["responses"] = {**documented(*sorted(statuses)), **(options.get("responses") or {})}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await admit(request, self.scope)
            return await handle(request)

        return guarded


class StaffRoute(ShopperRoute):
    """For staff keys only, always."""

    scope: ClassVar[Scope] = "staff"


async def admit(request: Request, scope: Scope) -> None:
    """Lets the request in, or raises the ProblemError that says why not."""
    if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
        raise UriTooLongError(f"a query may have at most {MAX_QUERY_BYTES} bytes")
    app = services(request)
    if app.serving.draining:
        raise UnavailableError(DRAINING, retry_after=_RETRY_SECONDS)
    address = caller_address(request.client.host if request.client else None)
    header = request.headers.get("authorization", "")
    app.limits.before_key(address, header)
    try:
        principal = await to_thread.run_sync(authorize, app.keys, header, scope)
    except UnauthorizedError:
        app.limits.key_was_bad(address, header)
        raise
    request.state.principal = principal
    if principal is not None:
        app.limits.key_was_good(header)
    app.limits.admit(address if principal is None else f"key {principal.key_id}")


def ask_for_staff(request: Request, what: str) -> None:
    """Raises ForbiddenError where the key of a shopper route's request is not a staff key; fine while keys are not
    asked for.
    """
    principal: Principal | None = request.state.principal
    if principal is not None and principal.scope != "staff":
        raise ForbiddenError(f"{what} is for staff keys, not for a {principal.scope} key; {_how_to('staff')}")


def authorize(keys: KeyRepository, header: str, needed: Scope) -> Principal | None:
    """Whose key the Authorization header holds; None where none is asked for.

    Raises UnauthorizedError or ForbiddenError unless it is good for the scope.
    """
    if needed == "shopper" and not keys.configured():
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise UnauthorizedError(f"send a {needed} key as `Authorization: Bearer KEY`; {_how_to(needed)}")
    principal = keys.verify(key.strip())
    if principal is None:
        raise UnauthorizedError(f"this key is not known, or was revoked; {_how_to(needed)}")
    if needed == "staff" and principal.scope != "staff":
        raise ForbiddenError(f"this needs a staff key, not a {principal.scope} key; {_how_to(needed)}")
    return principal


def _how_to(scope: Scope) -> str:
    return f"`stylist keys add --scope {scope}` makes one"
