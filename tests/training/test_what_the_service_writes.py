"""What the service stores is what training reads: events and approved looks, exported and imported."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from factories import item
from fake_recommender import FakeRecommender
from importer_store import catalogue_of
from sent_events import event, give_out, sent

from service.cli.main import main
from service.db.repositories.events import EventRepository
from service.db.repositories.looks import LookRepository
from service.db.session import State
from service.schemas.looks import SentLook
from training.importers.feedback import read_feedback
from training.importers.store_looks import read_store_looks

ITEMS = [
    item("T/1-M"),
    item("T/2-M"),
    item("B/1-M", "bottom"),
    item("S/1-M", "shoes"),
    item("S/2-M", "shoes"),
]


@pytest.fixture
def state(tmp_path: Path):
    with closing(State(tmp_path)) as opened:
        yield opened


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["stylist", *words, "--data-dir", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_events_are_imported_as_they_were_sent(state, tmp_path, monkeypatch, capsys):
    give_out(state, season="summer", department="women")
    book = EventRepository(state)
    liked = [event("e1", sku="T/1-M", shopper="s-1"), event("e2", "purchase", sku="B/1-M", shopper="s-1")]
    swap = event("e3", "swap", sku="S/1-M", replaced_by="S/2-M", shopper="s-2")
    book.record(sent(*liked, swap, event("e4", "impression", position=0)), None)
    file = tmp_path / "events.jsonl"
    assert run(monkeypatch, tmp_path, "feedback", "export", str(file)) == 0
    assert capsys.readouterr().out == f"4 events -> {file}\n"
    with catalogue_of(ITEMS, tmp_path) as catalogue:
        found = read_feedback([file], catalogue, "house")
    (look,) = found.looks
    assert dict(look.pieces) == {"top": "black piece t/1-m", "bottom": "black piece b/1-m"}
    assert (look.phrasings, look.season, look.department) == (("Rooftop jazz",), "summer", "women")
    assert [(p.slot, p.chosen, p.rejected) for p in found.preferences] == [
        ("shoes", "black piece s/2-m", "black piece s/1-m")
    ]
    assert found.report.ignored == {"impression": 1}
    assert run(monkeypatch, tmp_path, "feedback", "export", "-", "--since", "2999-01-01") == 0
    assert capsys.readouterr().out == ""


def test_approved_looks_are_imported_with_their_near_misses(state, tmp_path, monkeypatch, capsys):
    shelf = {sku: FakeRecommender().item(sku) for sku in ("T/1-M", "B/1-M", "S/1-M")}
    shelf |= {sku: replace_sku(shelf[like], sku) for sku, like in (("T/2-M", "T/1-M"), ("S/2-M", "S/1-M"))}
    book = LookRepository(state)
    give_out(state, occasion="a night out", season="summer")
    book.add(
        SentLook(outfit_id="7-0", near_misses={"top": ["T/2-M"]}, phrasings=["live jazz"]), shelf.get, None
    )
    draft = SentLook(vibe="x", pieces={"top": "T/1-M", "bottom": "B/1-M"})
    book.add(draft, shelf.get, None)
    file = tmp_path / "looks.jsonl"
    assert run(monkeypatch, tmp_path, "looks", "export", str(file)) == 0
    assert capsys.readouterr().out == f"1 looks -> {file}\n"
    with catalogue_of(ITEMS, tmp_path) as catalogue:
        (look,), report = read_store_looks(file, catalogue)
    assert look.phrasings == ("Rooftop jazz", "live jazz")
    assert list(look.pieces) == ["top", "bottom", "shoes"]
    assert look.misses == {"top": ("black piece t/2-m",)}
    assert (look.occasion, look.season, look.department) == ("a night out", "summer", "women")
    assert report.lines() == ["1 rows, 1 looks"]


def replace_sku(view, sku):
    return view.model_copy(update={"sku": sku})


def test_near_misses_that_are_none_are_counted(tmp_path):
    line = '{"id": "a", "vibe": "x", "skus": ["T/1-M", "B/1-M"], "near_misses": {"top": ["T/1-M", "S/1-M", "GONE"]}}'
    (tmp_path / "looks.jsonl").write_text(line)
    with catalogue_of([*ITEMS, replace(ITEMS[0], sku="U")], tmp_path) as catalogue:
        (look,), report = read_store_looks(tmp_path / "looks.jsonl", catalogue)
    assert look.misses == {}
    assert report.unknown == {"GONE": 1}
    assert report.ignored == {"near misses that are no other piece of their slot": 2}


def test_a_failed_export_leaves_the_old_file(state, tmp_path, monkeypatch, capsys):
    give_out(state)
    EventRepository(state).record(sent(event("e1")), None)
    file = tmp_path / "events.jsonl"
    file.write_text("before")

    def broken(*_):
        yield "{}"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(EventRepository, "lines", broken)
    assert run(monkeypatch, tmp_path, "feedback", "export", str(file)) == 1
    assert file.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir() if "events" in p.name) == ["events.jsonl"]
    assert capsys.readouterr().err == "stylist: No space left on device\n"


def test_what_cannot_be_exported_or_forgotten_is_said(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, tmp_path, "feedback", "export", "-", "--until", "soon") == 2
    assert run(monkeypatch, tmp_path, "feedback", "forget", "ada@example.com") == 2
    assert run(monkeypatch, tmp_path, "feedback", "forget", "s-1") == 0
    out, err = capsys.readouterr()
    assert [line.split(": ")[1] for line in err.splitlines()] == ["--until", "SHOPPER"]
    assert out.startswith("0 events deleted")
