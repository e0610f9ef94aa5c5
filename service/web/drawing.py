"""Pieces as pictures of their own, and pictures as responses. Knows the catalogue's items as the API shows them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from service.pictures.laydown import POLICY
from service.pictures.piece import Piece
from service.web.assets import sent


def piece_of_item(item: Mapping[str, Any]) -> Piece | None:
    """What is drawn of an item; None for what is not worn."""
    if item["slot"] is None:
        return None
    return Piece(
        slot=item["slot"],
        title=item["title"],
        kind=item["kind"],
        colors=tuple(item["colors"]),
        material=item["material"],
        pattern=item["pattern"],
        department=item["department"],
    )


def drawn(request: Request, svg: str, caching: str) -> Response:
    """A picture as a response, under the policy of pictures."""
    content = svg.encode()
    response = sent(request, content, gzip.compress(content, 6, mtime=0), "image/svg+xml", caching)
    response.headers["Content-Security-Policy"] = POLICY
    return response
