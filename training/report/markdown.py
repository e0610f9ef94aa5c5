"""A document as Markdown (GitHub's tables). Every piece of text is escaped: none of it is markup."""

from __future__ import annotations

import re

from training.report.document import Answer, Block, Bullets, Document, Figure, Heading, Paragraph, Table
from training.report.wording import clean

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&])")
_OPENS_BLOCK = re.compile(r"^([-+=]|\d{1,9}[.)])(?=\s|$|[-=])")


def render(document: Document) -> str:
    """The whole document, ending with a newline."""
    parts = [f"# {escape(document.title)}", escape(document.subtitle), *map(_block, document.blocks)]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """The text on one line, with all that Markdown would read as markup made literal."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text))
    return _OPENS_BLOCK.sub(lambda m: m[1][:-1] + "\\" + m[1][-1], escaped)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"## {escape(block.text)}"
        case Paragraph():
            return f"**{escape(block.label)}** {escape(block.text)}" if block.label else escape(block.text)
        case Answer():
            return f"> **{escape(block.label)}** {escape(block.text)}"
        case Bullets():
            return "\n".join(f"- {escape(item)}" for item in block.items)
        case Table():
            return _table(block)
        case Figure():
            return f"![{escape(block.alt)}]({block.file})\n\n*{escape(block.caption)}*"


def _table(table: Table) -> str:
    rule = ["---:" if n in table.numeric else "---" for n in range(len(table.header))]
    rows = [_row([escape(cell) for cell in table.header]), _row(rule)]
    for n, row in enumerate(table.rows):
        cells = [escape(cell) for cell in row]
        rows.append(_row([f"**{cell}**" if cell and n in table.strong else cell for cell in cells]))
    return f"**{escape(table.caption)}**\n\n" + "\n".join(rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
