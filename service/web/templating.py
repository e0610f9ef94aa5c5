"""Templates to HTML: one environment per language, everything escaped that is not a template's own. Knows no page."""

from __future__ import annotations

import gzip
import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.localization.catalogues import LANGUAGES, is_right_to_left
from service.web.assets import assets, takes_gzip
from service.web.texts import catalogue
from service.web.wording import alt, constraint_name, control_of, examples, is_web, joined, named

FOLDER = Path(__file__).parent / "templates"
_SMALL = 1024  # bytes; less is not worth packing


@cache
def environment(language: str) -> Environment:
    """The templates, with the texts of a language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = catalogue(language)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext)  # type: ignore[attr-defined]
    made.globals |= {
        "asset": assets().url,
        "language": language,
        "languages": LANGUAGES,
        "direction": "rtl" if is_right_to_left(language) else "ltr",
        "named": partial(named, translate=texts.gettext),
        "constraint_name": partial(constraint_name, translate=texts.gettext),
        "examples": partial(examples, translate=texts.gettext),
        "alt": partial(alt, translate=texts.gettext),
        "control_of": control_of,
        "is_web": is_web,
        "joined": joined,
    }
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return made


def html(language: str, template: str, **context: Any) -> str:
    """A template as text."""
    return environment(language).get_template(template).render(context)


def page(request: Request, text: str, status: int = 200, *, packed: bool = True) -> Response:
    """HTML as a response, never kept by anyone. Packed unless it holds what must not be guessed from its length."""
    content = text.encode()
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    if packed and len(content) >= _SMALL and takes_gzip(request):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        content = gzip.compress(content, 6, mtime=0)
    return Response(content, status, headers, "text/html; charset=utf-8")
