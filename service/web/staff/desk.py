"""Who works at the console: a staff key opens a session, which lasts as long as the key is good. Knows no page."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from service.api.auth import MAX_QUERY_BYTES, authorize
from service.api.dependencies import services
from service.api.rate_limit import caller_address
from service.db.repositories.keys import KeyRepository, Principal
from service.errors import ProblemError, UnauthorizedError, UriTooLongError
from service.web.api_client import ApiClient
from service.web.templating import html, page
from service.web.visit import (
    COOKIES,
    PageRoute,
    Visit,
    check_origin,
    from_here,
    language_tag,
    sessions,
    set_cookie,
)

HOME = "/staff"
_SAFE = frozenset({"GET", "HEAD"})


class StaffPageRoute(PageRoute):
    """A page of the console, or a part of one: for who came in by a staff key that is still good."""

    async def enter(self, request: Request) -> Visit:
        """Raises UnauthorizedError without a session, ForbiddenError for what did not come from the console itself."""
        if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
            raise UriTooLongError(f"a query may have at most {MAX_QUERY_BYTES} bytes")
        known = sessions(request)
        session = known.read(request.cookies.get(COOKIES["staff"], ""), "staff")
        if session is None or not await to_thread.run_sync(_is_good, services(request).keys, session.key_id):
            raise UnauthorizedError("sign in again")
        if request.method not in _SAFE:
            check_origin(request, known, session)
        tag = language_tag(request)
        principal = Principal(session.key_id, "staff")
        return Visit(request, session, None, known.token(session), tag, ApiClient(request, principal, tag))

    def refuse(self, request: Request, error: ProblemError) -> Response:
        """Whoever is not signed in gets the door, wherever they wanted to go."""
        if isinstance(error, UnauthorizedError):
            if "hx-request" in request.headers:
                return Response(status_code=error.status, headers={"HX-Redirect": HOME})
            return door(request, status=200 if request.method in _SAFE else error.status)
        return super().refuse(request, error)


router = APIRouter(include_in_schema=False, prefix=HOME)


def door(request: Request, status: int = 200, wrong: str = "") -> Response:
    """The page that asks for the key."""
    configured = services(request).keys.configured()
    return page(
        request,
        html("en", "staff/door.html", wrong=wrong, configured=configured, token="", theme="light"),
        status,
    )


@router.post("/session")
async def sign_in(request: Request, key: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Takes the key, and gives a cookie for it."""
    app = services(request)
    address = caller_address(request.client.host if request.client else None)
    header = f"Bearer {key.strip()}"
    try:
        from_here(request)
        app.limits.before_key(address, header)
        principal = await to_thread.run_sync(authorize, app.keys, header, "staff")
    except ProblemError as error:
        if isinstance(error, UnauthorizedError):
            app.limits.key_was_bad(address, header)
        return await to_thread.run_sync(door, request, error.status, error.detail)
    assert principal is not None  # staff always need a key
    app.limits.key_was_good(header)
    _, cookie = sessions(request).begin("staff", principal.key_id)
    response = RedirectResponse(HOME, 303)
    set_cookie(response, request, "staff", cookie)
    return response


@router.post("/session/end")
async def sign_out(request: Request) -> Response:
    """Forgets the cookie in this browser."""
    from_here(request)
    response = RedirectResponse(HOME, 303)
    response.delete_cookie(COOKIES["staff"], path=HOME, httponly=True, samesite="strict")
    return response


def _is_good(keys: KeyRepository, key_id: str) -> bool:
    return any(key.id == key_id and key.scope == "staff" and not key.expired for key in keys.list())
