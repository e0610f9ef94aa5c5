"""Texts for shoppers: each is plain English to all code that handles it, and knows how to be said otherwise.

So what is raised, compared, logged and stored inside the service is English, and at its edge `said` puts the same text
into the reader's language. Names of things (slots, colours, kinds) are looked up, templates are translated as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from babel.lists import format_list
from pydantic import ValidatorFunctionWrapHandler, WrapValidator

from service.localization.catalogues import ENGLISH, catalogue
from service.localization.kinds import kind_name

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "messages"

Facet = Literal[
    "slot",
    "department",
    "season",
    "level",
    "rule",
    "color",
    "material",
    "pattern",
    "attribute",
    "kind",
    "facet",
    "problem",
]
Style = Literal["and", "or", "comma", "semicolon", "sentences"]
_ENGLISH_ENDS = {"and": " and ", "or": " or ", "comma": ", ", "semicolon": "; ", "sentences": " "}
_COMMAS = {"zh": "、", "ja": "、", "ar": "، "}
_SEMICOLONS = {"zh": "；", "ja": "；", "ar": "؛ "}
_UNSPACED = ("zh", "ja")


class Text(str):
    """A text whose English is the string itself."""

    def said(self, language: str) -> str:
        """The text in one of the languages."""
        raise NotImplementedError


class _Phrase(Text):
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, values: dict[str, object]) -> Self:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.values

    def said(self, language: str) -> str:
        found = str(catalogue(FOLDER, DOMAIN, language).gettext(self.template))
        if not self.values:
            return found
        return found.format(**{name: said(value, language) for name, value in self.values.items()})


class _Name(Text):
    facet: Facet
    key: str

    def __new__(cls, facet: Facet, key: str, english: str) -> Self:
        made = super().__new__(cls, english)
        made.facet, made.key = facet, key
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.facet, self.key, str(self)

    def said(self, language: str) -> str:
        if self.facet == "kind":
            return kind_name(self.key, language) or str(self)
        found = str(catalogue(FOLDER, DOMAIN, language).pgettext(self.facet, self.key))
        return str(self) if found == self.key else found


class _Series(Text):
    parts: tuple[str, ...]
    style: Style

    def __new__(cls, parts: tuple[str, ...], style: Style) -> Self:
        ending = _ENGLISH_ENDS[style]
        *first, last = parts or ("",)
        listed = style == "and" and first
        english = f"{', '.join(first)}{ending}{last}" if listed else ending.join(parts)
        made = super().__new__(cls, english)
        made.parts, made.style = parts, style
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.parts, self.style

    def said(self, language: str) -> str:
        parts = [str(said(part, language)) for part in self.parts]
        if self.style == "sentences":
            return ("" if language in _UNSPACED else " ").join(parts)
        if self.style == "comma":
            return _COMMAS.get(language, ", ").join(parts)
        if self.style == "semicolon":
            return _SEMICOLONS.get(language, "; ").join(parts)
        return format_list(parts, style="standard" if self.style == "and" else "or", locale=language)


class _Glued(Text):
    parts: tuple[str, ...]

    def __new__(cls, parts: tuple[str, ...]) -> Self:
        made = super().__new__(cls, "".join(parts))
        made.parts = parts
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.parts,)

    def said(self, language: str) -> str:
        return "".join(str(said(part, language)) for part in self.parts)


class _Begun(Text):
    inner: str

    def __new__(cls, inner: str) -> Self:
        made = super().__new__(cls, _upper(inner))
        made.inner = inner
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.inner,)

    def said(self, language: str) -> str:
        return _upper(str(said(self.inner, language)))


def phrase(template: str, /, **values: object) -> Text:
    """A sentence with `values` in the places that its template names. Templates are what catalogues translate."""
    return _Phrase(template, values)


def named(facet: Facet, key: str, english: str | None = None) -> Text:
    """What a thing is called; what no catalogue knows is called `english`, else as its key."""
    return _Name(facet, key, key if english is None else english)


def series(parts: Iterable[str], style: Style) -> Text:
    """Several texts in one, joined as each language joins them."""
    return _Series(tuple(parts), style)


def glued(*parts: str) -> Text:
    """Texts side by side in every language, with nothing between them."""
    return _Glued(tuple(parts))


def begun(text: str) -> Text:
    """The text as the beginning of a sentence."""
    return _Begun(text)


def said(value: object, language: str) -> Any:
    """A text in one of the languages; anything else as it is."""
    if not isinstance(value, Text):
        return value
    return str(value) if language == ENGLISH else value.said(language)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _kept(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    return value if isinstance(value, Text) else handler(value)


Said = Annotated[str, WrapValidator(_kept)]
"""A field of an answer that holds a text for shoppers, which validation leaves as it is."""
