"""A report as blocks, so that Markdown and HTML say the same. Knows no evaluation and no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Heading:
    kind: ClassVar[str] = "heading"
    """By which the templates tell blocks apart."""
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, after a label in bold if there is one."""

    kind: ClassVar[str] = "paragraph"
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The paragraph that comes first. `tone` colours it: for, against, mixed or undecided."""

    kind: ClassVar[str] = "answer"
    label: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text. `numeric` columns are set flush right; `strong` rows (by position) in bold."""

    kind: ClassVar[str] = "table"
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture by file name, with what it shows in words for those who cannot see it."""

    kind: ClassVar[str] = "figure"
    file: str
    alt: str
    caption: str


Block = Heading | Paragraph | Answer | Bullets | Table | Figure


@dataclass(frozen=True, slots=True)
class Document:
    """A title, a line under it, and blocks."""

    title: str
    subtitle: str
    blocks: Sequence[Block]
