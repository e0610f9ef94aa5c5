"""Training from the command line, on a tiny model: train, evaluate, promote, roll back, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Callable
from inspect import signature
from itertools import pairwise
from pathlib import Path

import pytest
from shelves import put_evaluation
from test_query_encoder import save_tiny_encoder
from tiny_models import save_tiny_model, train_tiny_adapter

from service.registry.adapter import load_adapter
from service.registry.evaluation import read_evaluation
from service.registry.lifecycle import RegistryError, find
from service.registry.store import ArtifactFolder
from training.cli import main, train_dpo, train_retriever, train_sft
from training.commands.data import LOOKBOOKS, Sources, designer_lookbooks, house_lookbooks, some_of
from training.commands.publish import Label
from training.data.looks import StyledLook
from training.retriever.trainer import RetrieverOptions
from training.trainers.loop import Schedule
from training.trainers.lora import Lora
from training.trainers.preference import SCHEDULE, Dpo

Command = Callable[..., tuple[int, str, str]]
DATELESS = str(LOOKBOOKS / "designers" / "prada.jsonl")
QUICK = ("--epochs", "1", "--limit", "8", "--rank", "4")


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """`--looks` and a lookbook of sixteen vibes: enough that every split has two of them."""
    path = tmp_path_factory.mktemp("looks") / "sixteen.jsonl"
    lines = (LOOKBOOKS / "house" / "aesthetics.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:16]), encoding="utf-8")
    return "--looks", str(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("cli") / "model")


@pytest.fixture
def stylist(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs the command in this process, over one data directory and one shelf."""
    monkeypatch.setenv("STYLIST_BASE_MODEL", str(model))
    monkeypatch.setenv("STYLIST_ADAPTERS_DIR", str(tmp_path / "adapters"))
    monkeypatch.setenv("STYLIST_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stylist", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def test_training_publishes_a_candidate_that_serving_accepts(
    stylist: Command, looks: tuple[str, str], tmp_path: Path
) -> None:
    code, out, _ = stylist("train", "sft", "--name", "house", "--version", "1", *QUICK, *looks)
    assert code == 0
    assert out.splitlines()[-1].startswith("published house@1 as candidate")
    folder = tmp_path / "adapters" / "house" / "1"
    manifest = json.loads((folder / "manifest.json").read_text())
    adapter = load_adapter(folder, manifest["base_digest"])
    assert (adapter.manifest.rank, adapter.manifest.data_licence) == (
        4,
        "lookbooks under their owner's terms",
    )
    assert (adapter.manifest.readout, len(adapter.manifest.head_sha256)) == ("head", 64)
    assert adapter.manifest.data_provenance == "lookbooks (sixteen.jsonl)"
    assert {"loss", "train", "valid_lookbook"} == set(adapter.manifest.metrics)
    assert {"README.md", "curve.jsonl"} < {path.name for path in folder.iterdir()}
    told = "".join(path.read_text() for path in folder.iterdir() if path.suffix in (".json", ".md"))
    assert str(tmp_path) not in told
    assert manifest["base_model"] == "model"
    assert ArtifactFolder(folder.parent).aliases().champion is None

    code, _, err = stylist("train", "sft", "--name", "house", "--version", "1", *QUICK, *looks)
    assert (code, err) == (
        1,
        "stylist: house@1 is published already; choose another --version\n",
    )
    more = ("train", "sft", "--name", "house", "--version", "2", "--from", "house@1")
    code, _, err = stylist(*more, *QUICK, *looks)
    assert code == 0, err
    code, _, err = stylist(
        "train",
        "sft",
        "--name",
        "house",
        "--version",
        "3",
        *more[6:],
        "--objective",
        "likelihood",
        *QUICK,
        *looks,
    )
    assert code == 1
    assert "read by its score head" in err
    assert find(tmp_path / "adapters", "house@2").parent == "house@1"


def test_preferences_are_trained_on_from_an_adapter(
    stylist: Command, looks: tuple[str, str], model: Path, tmp_path: Path
) -> None:
    train_tiny_adapter(model, tmp_path / "adapters" / "house", "top: silk\n", 2)
    command = ("train", "dpo", "--name", "house", "--version", "2", "--from", "house", "--batch", "4")
    code, out, err = stylist(*command, *QUICK, *looks)
    assert code == 0, err
    assert "preferences: " in out
    assert find(tmp_path / "adapters", "house@candidate").parent == "house@1"


def test_an_adapter_is_evaluated_and_reported(
    stylist: Command, looks: tuple[str, str], model: Path, tmp_path: Path
) -> None:
    shelf = tmp_path / "adapters"
    train_tiny_adapter(model, shelf / "house", "top: silk\n", 2)
    code, out, err = stylist("evaluate", "house@1", *looks, "--limit", "2")
    assert code == 0, err
    folder = shelf / "house" / "1"
    evaluation = read_evaluation(folder)
    assert evaluation.subject.name in (folder / "evaluation.md").read_text()
    assert evaluation.subject.digest == find(shelf, "house").digest
    tasks = {e.task for e in evaluation.estimates if e.system == "tuned"}
    assert {"vibe_choice", "rack", "composition", "latency"} <= tasks
    filled = evaluation.find("composition", "filled", "tuned")
    assert filled is not None
    assert filled.n == 2  # the limit is one of wishes, too
    assert "composition" in out
    code, out, err = stylist("report", "house@1")
    assert code == 0, err
    assert (tmp_path / "data" / "reports" / "house-1" / "report.html").is_file()


def test_a_query_encoder_is_trained_evaluated_and_promoted(
    stylist: Command, looks: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLIST_EMBEDDER", str(save_tiny_encoder(tmp_path)))
    command = ("train", "retriever", "--version", "1", *QUICK, *looks)
    code, out, err = stylist(*command)
    assert code == 0, err
    assert out.splitlines()[-1].startswith(
        "published retriever@1 as candidate; next: stylist evaluate retriever@1"
    )
    folder = tmp_path / "adapters" / "retriever"
    assert {"README.md", "curve.jsonl", "retriever.json"} < {path.name for path in (folder / "1").iterdir()}
    assert "lookbooks (sixteen.jsonl)" in (folder / "1" / "README.md").read_text()
    aliases = ArtifactFolder(folder).aliases()
    assert (aliases.champion, aliases.candidate) == (None, "1")
    code, _, err = stylist(*command)
    assert (code, err) == (1, "stylist: retriever@1 is published already; choose another --version\n")
    code, _, err = stylist("promote", "retriever")
    assert (code, "run `stylist evaluate retriever@1`" in err) == (1, True)

    code, out, err = stylist("evaluate", "retriever@1", *looks, "--limit", "8")
    assert code == 0, err
    assert "recall@20" in out
    evaluation = read_evaluation(folder / "1")
    assert (evaluation.subject.kind, evaluation.subject.digest) == (
        "retriever",
        find(folder.parent, "retriever@1").digest,
    )
    assert {e.system for e in evaluation.estimates} == {"retrieval-only", "tuned-retrieval"}
    assert all(e.groups and sum(n for _, n in e.groups.values()) == e.n for e in evaluation.estimates)
    again, wider = tmp_path / "again", tmp_path / "wider"
    assert stylist("evaluate", "retriever@1", *looks, "--limit", "8", "--out", str(again))[0] == 0
    assert stylist("evaluate", "retriever@1", *looks, "--limit", "9", "--out", str(wider))[0] == 0
    assert read_evaluation(again).subject == evaluation.subject
    assert read_evaluation(wider).subject.cases_digest != evaluation.subject.cases_digest

    code, _, err = stylist("promote", "retriever@1", "--force", "a trial")
    assert code == 0, err
    code, out, _ = stylist("adapters")
    assert out.startswith("retriever@1  champion  evaluated  ")
    code, _, err = stylist("report", "retriever")
    assert (code, err) == (1, "stylist: retriever@1 is no style\n")


def test_promotion_passes_the_gate_or_gives_a_reason(stylist: Command, model: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "adapters"
    for version in ("1", "2"):
        train_tiny_adapter(model, shelf / "house", f"top: {version}\n", 2, version)
    ArtifactFolder(shelf / "house").write(
        ArtifactFolder(shelf / "house").aliases().model_copy(update={"champion": "1"})
    )
    code, _, err = stylist("promote", "house@2")
    assert code == 1
    assert "house@2 was never evaluated; run `stylist evaluate house@2`" in err
    put_evaluation(shelf / "house" / "1", 0.5)
    put_evaluation(shelf / "house" / "2", 0.4)
    code, _, err = stylist("promote", "house@2")
    assert code == 1
    assert re.fullmatch(
        r"stylist: house@2 is not promoted: vibe_choice/accuracy: significantly worse .*\n", err
    )
    code, out, _ = stylist("promote", "house@2", "--force", "the buyer insists")
    assert code == 0
    assert out.splitlines()[-1].startswith("house@2 is served: forced: the buyer insists")
    code, out, err = stylist("adapters")
    assert "[forced: the buyer insists (refused: vibe_choice/accuracy)]" in out.splitlines()[1]
    assert err == f"adapters of {shelf}: as STYLIST_ADAPTERS_DIR or --adapters-dir says\n"
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["house@1", "earlier"],
        ["house@2", "champion"],
    ]
    code, out, _ = stylist("rollback")
    assert (code, out) == (0, "house@1 is served: in place of 2\n")
    put_evaluation(shelf / "house" / "2", 0.55)
    code, out, _ = stylist("promote", "house@2")
    assert (code, out) == (0, "house@2 is served: passed the gate\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("promote", "house@9"), 1, "no house@9"),
        (("promote", "../x@1"), 1, "is no name of a style"),
        (("rollback", "house"), 1, "no earlier champion"),
        (("rollback",), 1, "house: there is no earlier champion"),
        (("evaluate", "house"), 1, "there is no house"),
        (("report",), 1, "there is no house"),
        (("train", "sft", "--name", "Base!", "--version", "1"), 1, "--name: 'Base!'"),
        (("train", "sft", "--name", "base", "--version", "1"), 1, "the untuned model is called"),
        (("train", "sft", "--name", "retriever", "--version", "1"), 1, "the query encoder is called"),
        (("train", "retriever", "--version", "../1"), 1, "--version: '../1'"),
        (("evaluate", "retriever"), 1, "there is no retriever"),
        (("evaluate", "retriever@1", "--layouts", "--fidelity"), 1, "--layouts, --fidelity: of styles"),
        (("report", "house@"), 1, "is no version"),
        (("rollback", "retriever"), 1, "no earlier champion"),
        (("train", "sft", "--name", "a", "--version", "1", "--no-house"), 1, "no looks to learn from"),
        (("train", "sft", "--name", "a", "--version", "1", "--split", "time", "--looks", DATELESS), 1, "has no date"),
        (("train", "sft", "--name", "a", "--version", "1", "--looks", "/none.jsonl"), 1, "/none.jsonl"),
        (("train", "sft", "--name", "a", "--version", "1", "--no-house", "--orders", "/x.csv"), 1, "index"),
        (("train", "sft", "--name", "a"), 2, "--version"),
        (("train", "sft", "--name", "a", "--version", "1", "--split", "mood"), 2, "mood"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(
    stylist: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, _, err = stylist(*arguments)
    assert (found, said in err) == (code, True), err
    if code == 1:
        assert re.fullmatch(r"stylist: [^\n]+\n", err)


def test_without_adapters_the_list_says_so(stylist: Command, tmp_path: Path) -> None:
    code, out, _ = stylist("adapters")
    assert (code, out) == (0, f"no adapter is published in {tmp_path / 'adapters'}\n")


def test_defaults_are_those_of_the_modules() -> None:
    def defaults(command: Callable[..., None]) -> dict[str, object]:
        return {name: p.default for name, p in signature(command).parameters.items()}

    def agree(command: Callable[..., None], *options: object) -> set[str]:
        own = defaults(command)
        both = [(name, getattr(o, name)) for o in options for name in own if hasattr(o, name)]
        assert {name: own[name] for name, _ in both} == dict(both)
        return {name for name, _ in both}

    hyper = {"epochs", "learning_rate", "rank", "batch", "seed"}
    assert hyper | {"objective", "readout"} <= agree(train_sft, Schedule(), Lora())
    assert hyper < agree(train_dpo, SCHEDULE, Dpo())
    tuned = RetrieverOptions()
    assert {n: defaults(train_retriever)[n] for n in hyper} == {n: getattr(tuned, n) for n in hyper}


def test_the_packaged_lookbooks_are_there() -> None:
    assert {path.suffix for path in house_lookbooks()} == {".jsonl"}
    assert "prada" in designer_lookbooks()


def test_whose_data_it_is_follows_the_sources(tmp_path: Path) -> None:
    assert Sources().licence() == "Apache-2.0"
    own = Sources(looks=(tmp_path / "looks.jsonl",), orders=(tmp_path / "orders.csv",))
    assert own.licence() == "lookbooks under their owner's terms; the store's own data"
    assert own.provenance() == "lookbooks (looks.jsonl); the store's orders (orders.csv)"


def test_a_larger_limit_keeps_what_a_smaller_one_had() -> None:
    looks = [StyledLook(id=str(n), group="g", source="lookbook", pieces={}) for n in range(30)]
    chosen = [{look.id for look in some_of(looks, limit, 7)} for limit in (5, 12, 29, 30, None)]
    assert [len(c) for c in chosen] == [5, 12, 29, 30, 30]
    assert all(small <= large for small, large in pairwise(chosen))


def test_a_label_knows_where_its_run_works(tmp_path: Path) -> None:
    assert Label("house", "2026.1").run_folder(tmp_path) == tmp_path / "runs" / "house-2026.1"
    with pytest.raises(RegistryError, match="--version: 'candidate'"):
        dataclasses.replace(Label("house", "1"), version="candidate")


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "faiss", "numpy", "fastapi", "pydantic"}
    code = f"import training.cli, sys; print(*sorted(set(sys.modules) & {heavy}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
