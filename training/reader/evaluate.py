"""`python -m training.reader.evaluate`: how well wishes are read, by the shipped reader and by what it is held against.

Precision and recall per field and language, whole wishes, and whether everything that was said is read or named;
with 95 % intervals by resampling wishes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from service.query.intent import WishReading
from service.query.reader import WishReader
from service.query.reading.trained import TrainedReader, load
from service.query.reading.word_vectors import common_words
from service.query.wording.vocabulary import Vocabulary
from service.query.wording.wish_language import language_of
from training.evaluation.bootstrap import mean_interval
from training.reader.alternatives import all_wanted, from_scratch, todays_rules, window_heads
from training.reader.scoring import Scored, Tally, score, tallies
from training.reader.train import HELD_OUT, SHIPPED
from training.reader.wishes import TESTS, Wish, by_language, packaged, split, training_wishes

Reads = Callable[[Wish], WishReading]
KNOWN_BRANDS = 2 / 3
"""Share of the brands that gold readings name which the catalogue is taken to have."""


def main(
    held_out: Annotated[
        bool, typer.Option("--test/--validation", help="Test files, or the held-out block.")
    ] = True,
    model: Annotated[Path, typer.Option(metavar="DIR", help="A trained reader.")] = SHIPPED,
    others: Annotated[bool, typer.Option("--others/--shipped-only", help="The alternatives too.")] = True,
    trained_others: Annotated[
        bool, typer.Option("--train-others", help="And those that must learn first, which takes minutes.")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Figures as JSON.")] = None,
) -> None:
    """Measure readings against gold ones."""
    torch.set_num_threads(1)
    wishes = (
        [w for name in TESTS for w in packaged(name)] if held_out else split(training_wishes(), HELD_OUT)[1]
    )
    trained, brands = load(model), brands_of(wishes)
    figures: dict[str, Any] = {}
    for name, read in systems(trained, brands, others, trained_others).items():
        scored = [score(w, read(w)) for w in wishes]
        figures[name] = summary(scored)
        typer.echo(f"\n## {name}\n\n{table(scored)}")
        if name == "reader":
            figures["fields"] = fields_of(scored)
            figures["fields by language"] = {
                language: fields_of([s for s in scored if s.wish.language == language])
                for language in by_language(wishes)
            }
            typer.echo(f"\n{field_table(scored)}")
    reader = WishReader(brands, trained)
    figures["wishes"] = len(wishes)
    figures["weights"] = trained.digest
    figures["language accuracy"] = float(np.mean([language_of(w.text) == w.language for w in wishes]))
    figures["milliseconds"] = timed(reader, wishes)
    typer.echo(
        f"\nlanguage told: {figures['language accuracy']:.4f}; milliseconds: {figures['milliseconds']}"
    )
    if out is not None:
        out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def brands_of(wishes: Sequence[Wish]) -> list[str]:
    """A catalogue's brands: most of those that the wishes speak of, as a store knows most but not all."""
    named = sorted({str(g.value) for w in wishes for g in w.gold if g.field.endswith(".brands")})
    return [brand for place, brand in enumerate(named) if place % 3 < round(3 * KNOWN_BRANDS)]


def systems(
    trained: TrainedReader, brands: Sequence[str], others: bool, trained_others: bool = False
) -> dict[str, Reads]:
    """What is measured, by name. Some alternatives learn from the training wishes first."""
    reader = WishReader(brands, trained)
    found: dict[str, Reads] = {"reader": lambda wish: reader.read(wish.text)}
    vocabulary = Vocabulary(brands, trained.learned, common_words())
    if others:
        found["rules of today"] = todays_rules
        found["tables, all wanted"] = all_wanted(vocabulary)
    if trained_others:
        learn = split(training_wishes(), HELD_OUT)[0]
        found["heads on sentence vectors"] = window_heads(learn, trained.learned, vocabulary)
        found["network from scratch"] = from_scratch(learn, trained.learned, vocabulary, trained.thresholds)
    return found


def summary(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Per language, and of all: shares with their intervals."""
    wishes = by_language([s.wish for s in scored])
    rows = {language: _summary([s for s in scored if s.wish.language == language]) for language in wishes}
    return {**rows, "all": _summary(scored)}


def _summary(scored: Sequence[Scored]) -> dict[str, float]:
    outcomes = [o for s in scored for o in s.outcomes]
    total = max(1, len(outcomes))
    row: dict[str, float] = {"wishes": len(scored), "entries": len(outcomes)}
    for name, values in (("whole", [s.whole for s in scored]), ("honest", [s.honest for s in scored])):
        row[name] = float(np.mean(values))
        clusters = [str(i) for i in range(len(values))]
        row[f"{name} low"], row[f"{name} high"] = mean_interval(np.array(values, dtype=float), clusters)
    row |= {f"{o}": outcomes.count(o) / total for o in ("right", "named", "wrong", "missing")}
    row["false per wish"] = float(np.mean([len(s.false) for s in scored]))
    row["unread per wish"] = float(np.mean([len(s.reading.unread) for s in scored]))
    right, found = outcomes.count("right"), sum(len(s.reading.mentions) for s in scored)
    row["precision"] = right / max(1, right + sum(len(s.false) for s in scored)) if found else 1.0
    return row


def table(scored: Sequence[Scored]) -> str:
    """The summary as a table in Markdown."""
    lines = [
        "| | wishes | whole right | read or named | entries right | named | wrong | vanished | precision | unread |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in summary(scored).items():
        lines.append(
            f"| {name} | {row['wishes']:.0f} | {_share(row, 'whole')} | {_share(row, 'honest')} | {row['right']:.1%} "
            f"| {row['named']:.1%} | {row['wrong']:.1%} | {row['missing']:.1%} | {row['precision']:.1%} "
            f"| {row['unread per wish']:.2f} |"
        )
    return "\n".join(lines)


def _share(row: dict[str, float], name: str) -> str:
    return f"{row[name]:.1%} ({row[f'{name} low']:.0%} to {row[f'{name} high']:.0%})"


def field_table(scored: Sequence[Scored]) -> str:
    """Precision and recall of every field, of all languages together and of each, as a table in Markdown."""
    languages = list(by_language([s.wish for s in scored]))
    every = tallies(scored)
    each = {language: tallies([s for s in scored if s.wish.language == language]) for language in languages}
    lines = [
        f"| field | gold | precision | recall | named | {' | '.join(languages)} |",
        "|---" * (5 + len(languages)) + "|",
    ]
    for field, of in every.items():
        cells = [_pair(each[language].get(field)) for language in languages]
        lines.append(
            f"| {field} | {of.gold} | {of.precision:.2f} | {of.recall:.2f} | {of.named} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _pair(of: Tally | None) -> str:
    return "" if of is None else f"{of.precision:.2f}/{of.recall:.2f}"


def fields_of(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Figures of every field."""
    return {field: _tally(of) for field, of in tallies(scored).items()}


def _tally(of: Tally) -> dict[str, float]:
    return {
        "gold": of.gold,
        "precision": round(of.precision, 4),
        "recall": round(of.recall, 4),
        "named": of.named,
        "wrong": of.wrong,
        "missing": of.missing,
    }


def timed(reader: WishReader, wishes: Sequence[Wish]) -> dict[str, float]:
    """Milliseconds of one core a wish, of every third one, read once after a first one has loaded everything."""
    reader.read("warm")
    spent = []
    for wish in wishes[::3]:
        begun = time.process_time()
        reader.read(wish.text)
        spent.append(1000 * (time.process_time() - begun))
    return {
        "p50": round(float(np.percentile(spent, 50)), 2),
        "p95": round(float(np.percentile(spent, 95)), 2),
    }


if __name__ == "__main__":
    typer.run(main)
