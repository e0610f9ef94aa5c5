"""`/widget.js`: one element for a store's own pages, with its texts in every language put in. Knows no page."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import lru_cache

from fastapi import APIRouter, Request, Response

from service.api.dependencies import services
from service.localization.catalogues import LANGUAGES
from service.web.assets import assets, sent
from service.web.texts import catalogue
from service.web.wording import N_

router = APIRouter(include_in_schema=False)

_TEXTS = {
    "heading": N_("Complete the look"),
    "another": N_("Another look"),
    "none": N_("No look for this piece right now."),
    "total": N_("Total"),
    "basket": N_("Add all to basket"),
}
_CACHING = "public, max-age=300"


@router.get("/widget.js")
def widget(request: Request) -> Response:
    """The element's script. Any page may load it; what it asks for is for the origins that the settings name."""
    script = _script(services(request).settings.basket_url)
    mark = f'"{hashlib.sha256(script).hexdigest()[:16]}"'
    headers = {"ETag": mark, "Cross-Origin-Resource-Policy": "cross-origin"}
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers={**headers, "Cache-Control": _CACHING})
    response = sent(request, script, gzip.compress(script, 9, mtime=0), "text/javascript", _CACHING)
    response.headers.update(headers)
    return response


@lru_cache(maxsize=4)
def _script(basket_url: str | None) -> bytes:
    texts = {
        language: {name: str(catalogue(language).gettext(text)) for name, text in _TEXTS.items()}
        for language in LANGUAGES
    }
    source = assets().get("js/widget.js").content.decode()
    source = source.replace("__TEXTS__", json.dumps(texts, ensure_ascii=False, separators=(",", ":")))
    return source.replace("__BASKET__", json.dumps(basket_url)).encode()
