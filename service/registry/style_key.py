"""Names of what has versions: `house`, `house@2`, `house@candidate`. The one place that takes them apart.

Knows no folder: whether there is such a style, and which version an alias stands for, is the store's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from indexer.errors import ModelError

BASE = "base"
"""The style that is no adapter, and has no versions."""
RETRIEVER = "retriever"
"""What has versions like a style and is none: the tuned query encoder of all styles."""
CHAMPION, CANDIDATE = "champion", "candidate"
ALIASES: tuple[str, str] = (CHAMPION, CANDIDATE)

_NAME = r"[a-z0-9][a-z0-9-]{0,63}"
_VERSION = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _is_free(name: str) -> str:
    if name == BASE:
        raise ValueError(f"{name!r} is what the untuned model is called")
    if name == RETRIEVER:
        raise ValueError(f"{name!r} is what the query encoder is called")
    return name


def _is_no_alias(version: str) -> str:
    if version in ALIASES:
        raise ValueError(f"{version!r} is what an alias is called")
    return version


StyleName = Annotated[str, Field(pattern=rf"^{_NAME}$"), AfterValidator(_is_free)]
Version = Annotated[str, Field(pattern=rf"^{_VERSION}$"), AfterValidator(_is_no_alias)]
"""The name of a folder."""


@dataclass(frozen=True, slots=True)
class StyleKey:
    """A style, or one version of it. `version` is a version's own name, an alias, or empty: whatever is served."""

    name: str
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> StyleKey:
        """`name`, `name@version` or `name@alias`. Raises ModelError that says what is wrong with the text."""
        name, at, version = text.partition("@")
        if not re.fullmatch(_NAME, name):
            raise ModelError(f"{name!r} is no name of a style: lower-case letters, digits and - make one")
        if at and not re.fullmatch(_VERSION, version):
            raise ModelError(f"{text!r}: {version!r} is no version: letters, digits, ., _ and - make one")
        if at and name == BASE:
            raise ModelError(f"{text!r}: the base model has no versions")
        return cls(name, version)

    @staticmethod
    def name_in(text: str) -> str:
        """What stands before the `@`, of a text from outside that may be no key, to be compared with names."""
        return text.partition("@")[0]

    def of(self, version: str) -> StyleKey:
        """The same style's other version."""
        return StyleKey(self.name, version)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name
