"""Who works at the console: a staff key opens a session, which lasts as long as the key is good. Knows no page.

While no key was ever made, whoever sits at the machine itself is let in without one.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.routing import Match

from service.api.auth import MAX_QUERY_BYTES, authorize
from service.api.dependencies import services
from service.api.rate_limit import caller_address
from service.db.repositories.keys import KeyRepository, Principal
from service.errors import ForbiddenError, ProblemError, UnauthorizedError, UriTooLongError
from service.web.api_client import Answer, ApiClient
from service.web.sessions import Session
from service.web.templating import html, page
from service.web.visit import COOKIES, PageRoute, Visit, check_origin, from_here, sessions, set_cookie

HOME = "/staff"
CONSOLE = "console"
"""The label under which what is composed here is counted."""
_SAFE = frozenset({"GET", "HEAD"})
_LANGUAGE = "en"
_OPEN = Principal(CONSOLE, "staff")
"""Whoever sits at the machine, while there are no keys."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class StaffPageRoute(PageRoute):
    """A page of the console, or a part of one: for who came in by a staff key that is still good."""

    async def enter(self, request: Request) -> Visit:
        """Raises UnauthorizedError without a session, ForbiddenError for what did not come from the console itself."""
        if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
            raise UriTooLongError(f"a query may have at most {MAX_QUERY_BYTES} bytes")
        known, cookie = sessions(request), None
        session = known.read(request.cookies.get(COOKIES["staff"], ""), "staff")
        principal = await to_thread.run_sync(
            _principal, services(request).keys, session, at_this_machine(request)
        )
        if principal is _OPEN and session is None and request.method in _SAFE:
            session, cookie = known.begin("staff")
        if principal is None or session is None:
            raise UnauthorizedError("sign in again")
        if request.method not in _SAFE:
            check_origin(request, known, session)
        api = ApiClient(request, principal, _LANGUAGE)
        return Visit(request, session, cookie, known.token(session), _LANGUAGE, api)

    def refuse(self, request: Request, error: ProblemError) -> Response:
        """Whoever is not signed in gets the door, wherever they wanted to go."""
        part = "hx-request" in request.headers
        if isinstance(error, UnauthorizedError):
            if part:
                return Response(status_code=error.status, headers={"HX-Redirect": HOME})
            return door(request, 200 if request.method in _SAFE else error.status)
        if part:
            return _beside(super().refuse(request, error))
        return _problem(request, error.status, error.detail)


router = APIRouter(include_in_schema=False, prefix=HOME)


def refused(here: Visit, answer: Answer) -> Response:
    """The problem that the API answered: beside what is shown, or as a page of its own."""
    if "hx-request" in here.request.headers:
        return _beside(here.refused(answer))
    return _problem(here.request, answer.status, (answer.json or {}).get("detail", ""))


def gone_to(path: str) -> Response:
    """Something was done: the page goes on elsewhere."""
    return Response(status_code=204, headers={"HX-Redirect": path})


def has_route(request: Request, method: str, path: str) -> bool:
    """Whether this service answers such requests at all."""
    scope = {**request.scope, "method": method, "path": path, "raw_path": path.encode(), "path_params": {}}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def door(request: Request, status: int = 200, wrong: str = "") -> Response:
    """The page that asks for the key."""
    configured = services(request).keys.configured()
    return page(
        request, html(_LANGUAGE, "staff/door.html", wrong=wrong, configured=configured, token=""), status
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
async def sign_out(request: Request, token: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Forgets the cookie in this browser."""
    known = sessions(request)
    session = known.read(request.cookies.get(COOKIES["staff"], ""), "staff")
    try:
        from_here(request)
        if session is not None and not known.is_token(session, token):
            raise ForbiddenError("this page has been open for long: load it again")
    except ForbiddenError as error:
        return await to_thread.run_sync(door, request, error.status, error.detail)
    response = RedirectResponse(HOME, 303)
    response.delete_cookie(COOKIES["staff"], path=HOME, httponly=True, samesite="strict")
    return response


def at_this_machine(request: Request) -> bool:
    """Whether the request comes from the machine itself, under its own name, and through no proxy: a page of another
    site that has its name lead here is refused by that.
    """
    try:
        named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    came_from = request.client.host if request.client else ""
    return (
        _is_loopback(named) and _is_loopback(came_from) and not any(n in request.headers for n in _FORWARDED)
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _principal(keys: KeyRepository, session: Session | None, at_home: bool) -> Principal | None:
    if not keys.configured():
        return _OPEN if at_home and (session is None or not session.key_id) else None
    if session is None or not _is_good(keys, session.key_id):
        return None
    return Principal(session.key_id, "staff")


def _is_good(keys: KeyRepository, key_id: str) -> bool:
    return any(key.id == key_id and key.scope == "staff" and not key.expired for key in keys.list())


def _problem(request: Request, status: int, detail: str) -> Response:
    text = html(_LANGUAGE, "staff/problem.html", status=status, detail=detail, token="")
    return page(request, text, status, packed=False)


def _beside(response: Response) -> Response:
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#notice", "innerHTML"
    return response
