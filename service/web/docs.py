"""The page at `/docs`, on which the API documents itself: Swagger UI from here, so that it needs no internet."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.errors import NotFoundError
from service.web.templating import html, page
from service.web.texts import page_language
from service.web.visit import language_tag

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """The documents of the API, to read and to try."""
    if request.app.openapi_url is None:
        raise NotFoundError(f"no such path: {request.url.path}")
    return page(request, html(page_language(language_tag(request)), "docs.html", api=request.app.openapi_url))
