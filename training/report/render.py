"""A document as Markdown (GitHub's tables), or as one self-contained HTML page without scripts.

The templates lay out; here every piece of text is cleaned and escaped on its way in: none of it becomes markup.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from training.report.document import Document
from training.report.wording import clean

_SPECIAL = re.compile(r"([\\`*\[\]<>|#~!&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_OPENS_BLOCK = re.compile(r"^([-+=]|\d{1,9}[.)])(?=\s|$|[-=])")


def markdown(document: Document) -> str:
    """The whole document, ending with a newline."""
    return _template("report.md.jinja", escape).render(document=document)


def html(document: Document, pictures: Mapping[str, bytes]) -> str:
    """The page. `pictures` holds the SVG of every figure by file name; raises UndefinedError for a missing one."""
    inline = {name: b64encode(svg).decode("ascii") for name, svg in pictures.items()}
    return _template("report.html.jinja", clean).render(document=document, pictures=inline)


def escape(text: str) -> str:
    """The text on one line, with all that Markdown would read as markup made literal."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text))
    return _OPENS_BLOCK.sub(lambda m: m[1][:-1] + "\\" + m[1][-1], escaped)


@cache
def _template(name: str, said: Callable[[str], str]) -> Template:
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=name.endswith(".html.jinja"),
        finalize=said,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
