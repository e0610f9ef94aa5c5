"""One request of a page: who visits, in which language, and the way to the API on the visitor's behalf.

A page begins a session by a cookie; what is asked from within a page must come with it, and what changes something with
the token of that page too, from the same origin. Errors are pages, or pieces of them. Knows no page.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from service.api.auth import MAX_QUERY_BYTES
from service.api.dependencies import Services, services
from service.db.repositories.keys import KeyRepository, Principal
from service.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ProblemError,
    UnauthorizedError,
    UriTooLongError,
    field_errors,
)
from service.localization.catalogues import LANGUAGES
from service.recommender.localization import language as accepted_language
from service.web.api_client import Answer, ApiClient
from service.web.sessions import LIFETIME, Session, Sessions, Visitor
from service.web.templating import html, page
from service.web.texts import catalogue, page_language

LANGUAGE_COOKIE = "stylist_language"
THEME_COOKIE = "stylist_theme"
"""What the browser shows, as its page noted it: so that pictures come in the right colours at once."""
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - a header's name
COOKIES: dict[Visitor, str] = {"shopper": "stylist_page", "staff": "stylist_staff"}
_SAFE = frozenset({"GET", "HEAD"})
_PAGE = Principal("page", "shopper")
"""Who asks for all shoppers of the page, once there are keys."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's request. `cookie` is that of a session which begins with the answer, None for one that goes on."""

    request: Request
    session: Session
    cookie: str | None
    token: str
    tag: str
    api: ApiClient

    @property
    def language(self) -> str:
        return page_language(self.tag)

    def translate(self, text: str) -> str:
        """A text of the pages in the visitor's language."""
        return str(catalogue(self.language).gettext(text))

    @property
    def app(self) -> Services:
        return services(self.request)

    def html(self, template: str, **context: Any) -> str:
        """A template, with what every one of them may show."""
        theme = "dark" if self.request.cookies.get(THEME_COOKIE) == "dark" else "light"
        return html(self.language, template, token=self.token, theme=theme, **context)

    def page(self, template: str, code: int = 200, /, **context: Any) -> Response:
        """A template as the answer."""
        shopper = self.session.visitor == "shopper"  # pages for staff hold what is worth guessing
        response = page(self.request, self.html(template, **context), code, packed=shopper)
        if self.cookie is not None:
            set_cookie(response, self.request, self.session.visitor, self.cookie)
        return response

    def refused(self, answer: Answer) -> Response:
        """The problem that the API answered, as a piece of a page."""
        problem = answer.json or {}
        response = self.page(
            "problem_part.html",
            answer.status,
            status=answer.status,
            detail=problem.get("detail", ""),
            errors=problem.get("errors", []),
        )
        if "retry-after" in answer.headers:
            response.headers["Retry-After"] = answer.headers["retry-after"]
        return response


class PageRoute(APIRoute):
    """A page for anyone: begins a session. What goes wrong comes as a page too."""

    async def enter(self, request: Request) -> Visit:
        """The visit, or the ProblemError that says why there is none."""
        return await shopper_visit(request, begins=True)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                request.state.visit = await self.enter(request)
                return await handle(request)
            except RequestValidationError as error:
                return self.refuse(request, InvalidError.of(*field_errors(error.errors(), skip=1)))
            except ProblemError as error:
                return self.refuse(request, error)

        return guarded

    def refuse(self, request: Request, error: ProblemError) -> Response:
        """What went wrong, as a page."""
        return problem_page(request, error)


class PartRoute(PageRoute):
    """What is asked from within a page, in its session."""

    async def enter(self, request: Request) -> Visit:
        return await shopper_visit(request, begins=False)


def visit(request: Request) -> Visit:
    """The visit that the route has let in."""
    found = request.state.visit
    assert isinstance(found, Visit)
    return found


async def shopper_visit(request: Request, *, begins: bool) -> Visit:
    """Raises NotFoundError where there is no page for shoppers, UnauthorizedError without a session where none begins,
    ForbiddenError for what did not come from a page of its own.
    """
    app = services(request)
    if not app.settings.shopper_page:
        raise NotFoundError(f"no such path: {request.url.path}")
    if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
        raise UriTooLongError(f"a query may have at most {MAX_QUERY_BYTES} bytes")
    known = sessions(request)
    session = known.read(request.cookies.get(COOKIES["shopper"], ""), "shopper")
    cookie = None
    if session is None:
        if not begins:
            raise UnauthorizedError("this page has been open for long: load it again")
        session, cookie = known.begin("shopper")
    if request.method not in _SAFE:
        check_origin(request, known, session)
    principal = await to_thread.run_sync(_principal, app.keys)
    tag = language_tag(request)
    return Visit(request, session, cookie, known.token(session), tag, ApiClient(request, principal, tag))


def sessions(request: Request) -> Sessions:
    """Who gives sessions out, made when the first page is asked for."""
    state = request.app.state
    if not hasattr(state, "page_sessions"):
        state.page_sessions = Sessions(services(request).settings.data_dir)
    found = state.page_sessions
    assert isinstance(found, Sessions)
    return found


def check_origin(request: Request, known: Sessions, session: Session) -> None:
    """Raises ForbiddenError unless the request comes from a page of this session, of this very origin."""
    from_here(request)
    if not known.is_token(session, request.headers.get(TOKEN_HEADER, "")):
        raise ForbiddenError("this page has been open for long: load it again")


def from_here(request: Request) -> None:
    """Raises ForbiddenError where the browser says that another site's page asks."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = (
        site == "same-origin"
        if site
        else not origin or urlsplit(origin).netloc == request.headers.get("host")
    )
    if not ours:
        raise ForbiddenError("this can only be asked from the page itself")


def language_tag(request: Request) -> str:
    """The language that was chosen on a page, else what the browser asks for."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return accepted_language(request.headers.get("accept-language", ""))


def set_cookie(response: Response, request: Request, visitor: Visitor, cookie: str) -> None:
    """Keeps a session in the browser: out of reach of scripts, and of other sites."""
    response.set_cookie(
        COOKIES[visitor],
        cookie,
        max_age=LIFETIME[visitor],
        path="/staff" if visitor == "staff" else "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def problem_page(request: Request, error: ProblemError) -> Response:
    """What went wrong: a page, or, where a part of a page was asked for, a piece."""
    part = "hx-request" in request.headers
    template = "problem_part.html" if part else "problem.html"
    language = page_language(language_tag(request))
    text = html(
        language, template, status=error.status, title=error.title, detail=error.detail, errors=error.errors
    )
    response = page(request, text, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _principal(keys: KeyRepository) -> Principal | None:
    return _PAGE if keys.configured() else None
