"""The console's pages as one list of routers. Knows no more than that."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.staff import (
    charts,
    desk,
    feed,
    grading,
    looks,
    overview,
    pictures,
    pieces,
    rules,
    stock,
    styles,
)


def routers() -> list[APIRouter]:
    """The routers of the console, the door first."""
    parts = (desk, overview, feed, stock, pieces, rules, styles, looks, pictures, grading, charts)
    return [part.router for part in parts]
