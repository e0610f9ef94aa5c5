"""The headers by which a stored outfit says what made it, and whether it would come out again. Knows no route."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from service.db.repositories.outfits import Made

_DESCRIBED = {
    "Stylist-Index-Version": "The index that it was composed from.",
    "Stylist-Style": "The style that it was composed in.",
    "Stylist-Adapter-Digest": "Digest of the weights that it was composed with.",
    "Stylist-Seed": "The seed that was used.",
    "Stylist-Replay": "`exact` where composing again gives the same outfit, else `stored`.",
    "Stylist-Replay-Reason": "Why not, where it is `stored`.",
}
REPLAY_HEADERS = tuple(_DESCRIBED)
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            name: {"schema": {"type": "string"}, "description": text} for name, text in _DESCRIBED.items()
        }
    }
}


def set_headers(response: Response, made: Made, reason: str | None) -> None:
    """`reason`: why the outfit would not come out again; None when it would."""
    values = [made.index_version, made.style, made.style_digest, str(made.seed)]
    values += ["exact"] if reason is None else ["stored", reason]
    for name, value in zip(REPLAY_HEADERS, values, strict=False):
        response.headers[name] = value.encode("ascii", "replace").decode()
