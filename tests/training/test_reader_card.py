"""The card of the reader holds the figures that it was given, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from training.reader.card import card, main

SUMMARY = {
    "wishes": 4, "right": 0.81, "named": 0.1, "wrong": 0.05, "missing": 0.04, "precision": 0.9,
    "honest": 0.91, "honest low": 0.8, "honest high": 0.97, "whole": 0.4, "whole low": 0.3, "whole high": 0.5,
}  # fmt: skip
FIELD = {"gold": 7, "precision": 0.75, "recall": 0.5, "named": 2, "wrong": 1, "missing": 0}
FIGURES = {
    "reader": {"en": SUMMARY, "all": SUMMARY},
    "fields": {"own": FIELD},
    "fields by language": {"en": {"own": FIELD}},
    "wishes": 4,
    "weights": "abcdef",
    "language accuracy": 0.5,
    "milliseconds": {"p50": 11.5, "p95": 20.0},
}


def test_figures_stand_in_the_card() -> None:
    text = card(FIGURES)
    for part in ("91.0% (80% to 97%)", "11.5 ms", "| `own` | 7 | 0.75 | 0.50 | 2 | 0.75/0.50 |", "50.0%"):
        assert part in text


def test_figures_of_another_reader_are_refused(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text(json.dumps(FIGURES), encoding="utf-8")
    with pytest.raises(typer.BadParameter, match="another reader"):
        main(tmp_path / "figures.json", tmp_path / "reader.md")
    assert not (tmp_path / "reader.md").exists()
