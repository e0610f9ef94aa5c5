"""The `stylist` command, as a shell sees it: output, exit codes, one-line reasons."""

from __future__ import annotations

import json
import re
import sys
import types
from contextlib import closing
from pathlib import Path

import pytest
from fake_recommender import FakeRecommender

from indexer.errors import ModelError
from service.cli.compose import build_request
from service.cli.index import StageBars
from service.cli.main import main
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.schemas.outfits import OutfitResponse


class Shell:
    """Runs the command in this process, over one data directory."""

    def __init__(self, capsys, monkeypatch, data_dir: Path) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self._data_dir = data_dir

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        command = ["stylist", *arguments, "--data-dir", str(self._data_dir)]
        self._monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = self._capsys.readouterr()
        return int(stopped.value.code or 0), out, err


@pytest.fixture
def stylist(capsys, monkeypatch, tmp_path) -> Shell:
    return Shell(capsys, monkeypatch, tmp_path / "data")


@pytest.fixture
def served(monkeypatch, fake) -> FakeRecommender:
    """The fake, where the command looks for the real recommender."""
    module = types.SimpleNamespace(open_recommender=lambda settings, *_: fake)
    monkeypatch.setitem(sys.modules, "service.recommender.recommender", module)
    return fake


def assert_one_line(err: str, *words: str) -> None:
    assert re.fullmatch(r"stylist: [^\n]+\n", err), err
    assert all(word in err for word in words), err


def test_composed_outfits_are_drawn_into_a_file(stylist, served, tmp_path):
    svg, png = tmp_path / "look.svg", tmp_path / "look.PNG"
    code, out, err = stylist("compose", "rooftop jazz", "--count", "1", "--image", str(svg))
    assert (code, err) == (0, "")
    assert out.endswith(f"picture {svg}\n")
    assert svg.read_text().startswith("<svg ")
    assert "Silk camisole" in svg.read_text()
    code, out, _ = stylist("compose", "rooftop jazz", "--count", "2", "--json", "--image", str(png))
    assert code == 0
    assert len(OutfitResponse.model_validate_json(out).outfits) == 2
    assert png.read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_no_kind_that_there_is_is_refused(stylist, served, tmp_path):
    code, _, err = stylist("compose", "rooftop jazz", "--image", str(tmp_path / "look.gif"))
    assert code == 2
    assert_one_line(err, "--image", "look.gif", ".svg", ".png")
    code, _, err = stylist("compose", "rooftop jazz", "--image", str(tmp_path / "none" / "look.svg"))
    assert code == 1
    assert_one_line(err, "look.svg", "No such file")


def test_a_composed_outfit_is_a_table(stylist, served):
    code, out, err = stylist("compose", "rooftop jazz", "--count", "1", "--seed", "7", "--explain")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "1. rooftop jazz",
        "   SLOT    PIECE            BRAND  SIZE      PRICE",
        "   top     Silk camisole    Norda  M     40.00 EUR",
        "   bottom  Wide trousers    Lune   M     60.00 EUR",
        "   shoes   Strappy sandals  Norda  M     50.00 EUR",
        "   total 150.00 EUR   id 7-0",
        "   why: Black goes with white. It always did.",
        "",
        "composed by retrieval, style house@1, index v1, seed 7",
    ]
    assert served.closed


def test_a_stage_that_is_given_up_leaves_no_line(capsys):
    bars = StageBars()
    bars.start("read", None)
    bars.advance(2000)
    bars.start("normalise", 2000)
    bars.close(finished=False)
    assert capsys.readouterr() == ("", "read: 2,000 rows\n")


def test_what_is_unmet_is_said_and_is_no_failure(stylist, served):
    code, out, _ = stylist("compose", "gala", "--budget", "149")
    assert code == 0
    assert "unmet: budget: the cheapest costs 150 (allow more)" in out.splitlines()


def test_json_is_the_body_of_the_api(stylist, served):
    code, out, _ = stylist("compose", "gala", "--json", "--seed", "3", "--slot", "top", "--slot", "shoes")
    body = json.loads(out)
    assert code == 0
    assert body == OutfitResponse.model_validate(body).model_dump(mode="json")
    assert set(body) == set(OutfitResponse.model_fields) - {"trace"}  # that is for staff, over HTTP
    assert [i["slot"] for i in body["outfits"][0]["items"]] == ["top", "shoes"]


def test_every_option_reaches_the_request():
    request = build_request(
        {
            "vibe": "wet gala",
            "count": 2,
            "style": "noir",
            "department": "men",
            "occasion": "wedding",
            "budget": 99.5,
            "currency": "USD",
            "season": "fall",
            "temperature": 0.0,
            "rain": True,
            "snow": False,
            "size": ["top=M", "top=L", "shoes= 39 1/3"],
            "anchor": ["A"],
            "slot": ["top"],
            "exclude_sku": ["B"],
            "exclude_brand": ["C"],
            "exclude_color": ["red"],
            "exclude_material": ["wool"],
            "seed": 0,
            "explain": True,
        }
    )
    assert request.model_dump(exclude_defaults=True) == {
        "vibe": "wet gala",
        "count": 2,
        "style": "noir",
        "department": "men",
        "occasion": "wedding",
        "season": "autumn",
        "weather": {"temperature_c": 0.0, "rain": True},
        "budget": {"max": 99.5, "currency": "USD"},
        "sizes": {"top": ["M", "L"], "shoes": ["39 1/3"]},
        "anchors": ["A"],
        "slots": ["top"],
        "exclude": {"skus": ["B"], "brands": ["C"], "colors": ["red"], "materials": ["wool"]},
        "seed": 0,
        "explain": True,
    }


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["compose", "..."], "VIBE"),
        (["compose", "x", "--budget", "0"], "--budget"),
        (["compose", "x", "--budget", "5", "--currency", "euro"], "--currency"),
        (["compose", "x", "--currency", "EUR"], "--currency"),
        (["compose", "x", "--count", "0"], "--count"),
        (["compose", "x", "--size", "M"], "--size"),
        (["compose", "x", "--size", "hat=M"], "--size"),
        (["compose", "x", "--slot", "hat"], "--slot"),
        (["compose", "x", "--exclude-brand", " "], "--exclude-brand"),
        (["compose", "x", "--temperature", "900"], "--temperature"),
        (["index", "feed.csv", "--map", "nonsense=X"], "--map"),
        (["index", "feed.csv", "--currency", "XXX"], "--currency"),
    ],
)
def test_a_wrong_value_exits_2_and_names_the_option(stylist, served, arguments, option):
    code, out, err = stylist(*arguments)
    assert (code, out) == (2, "")
    assert_one_line(err, f"stylist: {option}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["compose"],
        ["compose", "x", "--count", "many"],
        ["index", "f.csv", "--format", "xls"],
        ["keys", "add"],
        ["keys", "add", "--scope", "boss"],
        ["serve", "--port", "70000"],
        ["dance"],
    ],
)
def test_wrong_usage_exits_2(stylist, arguments):
    code, out, err = stylist(*arguments)
    assert (code, out) == (2, "")
    assert "Usage:" in err


def test_a_wrong_environment_variable_is_named(stylist, monkeypatch):
    monkeypatch.setenv("STYLIST_QUEUE_SIZE", "many")
    code, _, err = stylist("keys", "list")
    assert code == 2
    assert_one_line(err, "STYLIST_QUEUE_SIZE")


def test_the_data_dir_option_wins_over_the_variable(stylist, monkeypatch, tmp_path):
    monkeypatch.setenv("STYLIST_DATA_DIR", str(tmp_path / "other"))
    stylist("keys", "add", "--scope", "staff")
    assert (tmp_path / "data" / "state.sqlite").exists()
    assert not (tmp_path / "other").exists()


def test_failures_exit_1_with_one_line(stylist, served, tmp_path):
    served.error = ModelError("the model\nis missing")
    code, out, err = stylist("compose", "x")
    assert (code, out, err) == (1, "", "stylist: the model is missing\n")
    served.error = RuntimeError("inside")
    code, _, err = stylist("compose", "x")
    assert code == 1
    assert_one_line(err, "RuntimeError", "inside")
    served.error, served.reason = None, "no index yet"
    assert stylist("compose", "x") == (1, "", "stylist: no index yet\n")
    code, _, err = stylist("index", str(tmp_path / "none.csv"))
    assert code == 1
    assert_one_line(err, "none.csv", "No such file")


def test_keys_are_added_listed_and_revoked(stylist, tmp_path):
    code, out, _ = stylist("keys", "add", "--scope", "staff")
    key = out.splitlines()[-1]
    assert code == 0
    with closing(State(tmp_path / "data")) as state:
        assert KeyRepository(state).verify(key).scope == "staff"
    _, listed, _ = stylist("keys", "list")
    assert key not in listed
    key_id, scope, prefix, _, _, used, expires = listed.splitlines()[1].split()
    assert (scope, prefix, expires) == ("staff", key[:8], "never")
    assert used != "never"
    assert stylist("keys", "list", "--scope", "shopper")[1].startswith("no keys")
    assert stylist("keys", "revoke", key_id)[0] == 0
    assert stylist("keys", "list")[1].startswith("no keys")
    code, _, err = stylist("keys", "revoke", key_id)
    assert code == 1
    assert_one_line(err, "no such key")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.7"])
def test_it_refuses_to_be_exposed_without_a_key(stylist, host):
    code, out, err = stylist("serve", "--host", host, "--port", "0")
    assert (code, out) == (1, "")
    assert_one_line(err, "stylist keys add")


def test_it_refuses_to_be_exposed_with_only_revoked_keys(stylist):
    key = stylist("keys", "add", "--scope", "staff")[1].splitlines()[-1]
    stylist("keys", "revoke", key)
    assert stylist("serve", "--host", "0.0.0.0", "--port", "0")[0] == 1


def test_help_imports_nothing_heavy():
    import subprocess

    check = (
        "import sys; sys.argv = ['stylist', '--help']\nimport service.cli.main\n"
        "try: service.cli.main.main()\nexcept SystemExit as e: assert not e.code\n"
        "heavy = {'torch', 'fastapi', 'sqlalchemy', 'numpy', 'pydantic', 'faiss'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "compose" in done.stdout


def test_the_version_is_printed_and_nothing_else(stylist, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stylist", "--version"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert re.fullmatch(r"stylist \d+\.\d+\.\d+\n", capsys.readouterr().out)
