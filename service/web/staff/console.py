"""The console's pages as one list of routers. Knows no more than that."""

from __future__ import annotations

from fastapi import APIRouter

from service.web.staff import desk, feed, looks, overview, pictures, pieces, stock


def routers() -> list[APIRouter]:
    """The routers of the console, the door first."""
    return [part.router for part in (desk, overview, feed, stock, pieces, looks, pictures)]
