"""All pages as one list of routers, for the application to serve. Knows no more than that."""

from __future__ import annotations

from fastapi import APIRouter

from service.web import assets, docs, widget
from service.web.shop import compose, edits, page, pieces
from service.web.staff import console


def routers() -> list[APIRouter]:
    """The pages' routers."""
    general = [assets.router, docs.router, widget.router]
    return [*general, page.pages, page.parts, compose.router, edits.router, pieces.router, *console.routers()]
