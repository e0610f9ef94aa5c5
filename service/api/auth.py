"""Who may call what, and how often. A route's class says which scope it needs.

The key is checked before a body is read, and what any guarded route can answer is documented here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar

from anyio import to_thread
from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from service.api.dependencies import services
from service.api.errors import documented
from service.api.intake.idempotency import HEADER, PARAMETER, checked_key, fingerprint
from service.api.intake.publishable import check_page
from service.api.intake.strictness import (
    StrictRequest,
    queries_of,
    refuse_doubled_names,
    refuse_unknown_queries,
)
from service.api.rate_limit import caller_address
from service.db.repositories.keys import KeyRepository, Principal, Scope
from service.errors import ForbiddenError, UnauthorizedError, UnavailableError, UriTooLongError
from service.recommender.handle import DRAINING

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

MAX_QUERY_BYTES = 8192
_RETRY_SECONDS = 5
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

INSIDE = "stylist.inside"
"""In the scope of a request that a page of this very service makes for its visitor: the Principal of the visitor's
session, None for shoppers while no key is asked for. No client can put anything there.
"""

bearer = HTTPBearer(auto_error=False, description="A key of `stylist keys add`.")
"""Only documents the key in OpenAPI; the routes below check it."""


class ShopperRoute(APIRoute):
    """Open while no key was ever added; after that, for any good key. Limited per key, or per address without."""

    scope: ClassVar[Scope] = "shopper"

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        statuses = [401, 403, 414, 422, 429, 500, 503]
        if self._keeps_replies(options):
            statuses.append(409)
            extra = options.get("openapi_extra") or {}
            options["openapi_extra"] = {**extra, "parameters": [*extra.get("parameters", ()), PARAMETER]}
        if _WITH_BODY & set(options.get("methods") or ()):
            statuses += [408, 413]
        options["responses"] = {**documented(*sorted(statuses)), **(options.get("responses") or {})}
        super().__init__(path, endpoint, **options)

    keeps_replies: ClassVar[bool] = True
    """Whether POSTs with an `Idempotency-Key` are answered by what was answered before."""

    @classmethod
    def _keeps_replies(cls, options: Mapping[str, Any]) -> bool:
        return cls.keeps_replies and "POST" in (options.get("methods") or ())

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        known = queries_of(self.dependant)

        async def guarded(request: Request) -> Response:
            await admit(request, self.scope, self.path)
            refuse_unknown_queries(request, known)
            request = StrictRequest(request.scope, request.receive)
            if self.body_field is not None:
                await refuse_doubled_names(request)
            key = request.headers.get(HEADER)
            if key is None or not self._keeps_replies({"methods": self.methods}):
                return await handle(request)
            return await _once(request, checked_key(key), handle)

        return guarded


async def _once(request: Request, key: str, handle: Handler) -> Response:
    """The answer to a request that its sender may repeat: done once, answered each time."""
    principal: Principal | None = request.state.principal
    host = request.client.host if request.client else None
    caller = _caller(principal, f"address {host}")
    with services(request).replies.turn(caller, key, await fingerprint(request)) as turn:
        if (known := turn.response()) is not None:
            return known
        response = await handle(request)
        turn.keep(response)
        return response


class StaffRoute(ShopperRoute):
    """For staff keys only, always."""

    scope: ClassVar[Scope] = "staff"


async def admit(request: Request, scope: Scope, path: str = "") -> None:
    """Lets the request to a route of this path in, or raises the ProblemError that says why not."""
    if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
        raise UriTooLongError(f"a query may have at most {MAX_QUERY_BYTES} bytes")
    app = services(request)
    if app.serving.draining:
        raise UnavailableError(DRAINING, retry_after=_RETRY_SECONDS)
    address = caller_address(request.client.host if request.client else None)
    if INSIDE in request.scope:
        principal = await to_thread.run_sync(_visitor, request.scope[INSIDE], app.keys, scope)
        request.state.principal = principal
        by_key = principal is not None and principal.scope == "staff"  # all shoppers share the page's
        app.limits.admit(f"key {principal.key_id}" if principal and by_key else address)
        return
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
    check_page(request, principal, path)
    app.limits.admit(_caller(principal, address))


def _caller(principal: Principal | None, address: str) -> str:
    """Who is counted: everybody may have a publishable key, so that each address counts for itself."""
    if principal is None:
        return address
    return f"key {principal.key_id}" + (f" {address}" if principal.scope == "publishable" else "")


def _visitor(principal: Principal | None, keys: KeyRepository, needed: Scope) -> Principal | None:
    if principal is None and (needed == "staff" or keys.configured()):
        raise UnauthorizedError("this page has no session any more: open it again")
    if principal is not None and needed == "staff" and principal.scope != "staff":
        raise ForbiddenError("this is for staff")
    return principal


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
