"""A document as one self-contained HTML page: inline style, pictures as data URIs, no scripts. All text is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape

from training.report.document import Answer, Block, Bullets, Document, Figure, Heading, Paragraph, Table
from training.report.wording import clean

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 50rem; background: #fff; color: #1c1e21;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.25rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid #d5d8dc; }
p, ul { margin: .6rem 0; }
ul { padding-left: 1.25rem; }
li { margin: .3rem 0; }
.subtitle { color: #4a4f55; font-size: .875rem; margin-bottom: 1.25rem; }
.answer { padding: 1rem 1.1rem; border-left: .4rem solid; border-radius: .25rem; font-size: 1.05rem; }
.answer strong { display: block; font-size: 1.2rem; margin-bottom: .25rem; }
.for { background: #e9f5ef; border-color: #00734f; }
.against { background: #fdeee6; border-color: #b34700; }
.mixed, .undecided { background: #eef3f9; border-color: #005a96; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.4;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .35rem; font-size: .9375rem; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid #e1e4e8; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #8b9198; }
tbody th { font-weight: 400; }
.strong th, .strong td { font-weight: 700; background: #f4f6f8; }
.number { text-align: right; white-space: nowrap; }
figure { margin: 1.25rem 0; }
img { display: block; width: 100%; max-width: 40rem; height: auto; }
figcaption { color: #4a4f55; font-size: .875rem; margin-top: .25rem; }
@media (max-width: 30rem) { body { padding: 1rem .75rem 2rem; } h1 { font-size: 1.45rem; }
  table { font-size: .8125rem; } th, td { padding: .3rem .35rem; } .number { white-space: normal; } }
@media print { @page { margin: 16mm; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  .answer, figure, tr { break-inside: avoid; } h2, caption { break-after: avoid; } .scroll { overflow: visible; }
  .answer, .strong th, .strong td { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""


def render(document: Document, pictures: Mapping[str, bytes]) -> str:
    """The page. `pictures` holds the SVG of every figure by file name; raises KeyError for a missing one."""
    blocks = "\n".join(_block(block, pictures) for block in document.blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{_text(document.title)}</h1>\n<p class="subtitle">{_text(document.subtitle)}</p>\n'
        f"<main>\n{blocks}\n</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


def _block(block: Block, pictures: Mapping[str, bytes]) -> str:
    match block:
        case Heading():
            return f"<h2>{_text(block.text)}</h2>"
        case Paragraph():
            label = f"<strong>{_text(block.label)}</strong> " if block.label else ""
            return f"<p>{label}{_text(block.text)}</p>"
        case Answer():
            label = f"<strong>{_text(block.label)}</strong>"
            return f'<p class="answer {_text(block.tone)}">{label} {_text(block.text)}</p>'
        case Bullets():
            return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>"
        case Table():
            return _table(block)
        case Figure():
            source = "data:image/svg+xml;base64," + b64encode(pictures[block.file]).decode("ascii")
            caption = f"<figcaption>{_text(block.caption)}</figcaption>"
            return f'<figure><img src="{source}" alt="{_text(block.alt)}">{caption}</figure>'


def _table(table: Table) -> str:
    head = "".join(_cell("th", n, cell, table, ' scope="col"') for n, cell in enumerate(table.header))
    body = []
    for n, row in enumerate(table.rows):
        cells = [
            _cell("td" if k else "th", k, cell, table, "" if k else ' scope="row"')
            for k, cell in enumerate(row)
        ]
        strong = ' class="strong"' if n in table.strong else ""
        body.append(f"<tr{strong}>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{_text(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(tag: str, column: int, text: str, table: Table, scope: str) -> str:
    style = ' class="number"' if column in table.numeric else ""
    return f"<{tag}{scope}{style}>{_text(text)}</{tag}>"
