"""Published, promoted, rolled back: what is served changes only as told, and versions never do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS
from service.lm.prompt import PROMPT_VERSION
from service.registry.adapter import MANIFEST
from service.registry.store import Aliases, StyleFolder, natural, style_folders
from training.evaluation import result
from training.evaluation.result import Evaluation, Subject
from training.gate import Refusal
from training.registry import (
    GateError,
    RegistryError,
    evaluation_of,
    find,
    promote,
    publish,
    rollback,
    versions,
)

REFUSED = [Refusal("vibe_choice/accuracy", "0.4", "champion 0.5", "significantly worse")]


def run_folder(root: Path, version: str, name: str = "house") -> Path:
    """What a training run leaves, checkpoints and all; the weights are never loaded here."""
    folder = root / "runs" / f"{name}-{version}"
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(version.encode())
    (folder / CONFIG).write_text("{}")
    (folder / "checkpoint.safetensors").write_bytes(b"moments")
    (folder / "curve.jsonl").write_text("{}\n")
    manifest = {
        "name": name,
        "version": version,
        "description": "d",
        "prompt_version": PROMPT_VERSION,
        "layout": "scored",
        "base_model": "b",
        "base_digest": "b",
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "data_digest": "0",
        "seed": 0,
        "metrics": {},
        "data_licence": "l",
        "data_provenance": "p",
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "adapters"


def champion_after(tmp_path: Path, shelf: Path, *published: str) -> Aliases:
    """The aliases after these versions were published and promoted in turn."""
    for version in published:
        publish(run_folder(tmp_path, version), shelf)
        promote(shelf, "house", version, [])
    return StyleFolder(shelf / "house").aliases()


def test_what_is_published_is_a_candidate_and_not_served(tmp_path: Path, shelf: Path) -> None:
    adapter = publish(run_folder(tmp_path, "1"), shelf)
    assert adapter.folder == shelf / "house" / "1"
    assert {path.name for path in adapter.folder.iterdir()} == {MANIFEST, CONFIG, WEIGHTS, "curve.jsonl"}
    aliases = StyleFolder(shelf / "house").aliases()
    assert (aliases.champion, aliases.candidate, aliases.history) == (None, "1", [])
    assert find(shelf, "house@candidate").manifest.version == "1"
    with pytest.raises(RegistryError, match=r"there is no house; there are: 1"):
        find(shelf, "house")


def test_a_style_that_had_no_aliases_keeps_its_champion(tmp_path: Path, shelf: Path) -> None:
    shutil.copytree(run_folder(tmp_path, "1"), shelf / "house" / "1")
    publish(run_folder(tmp_path, "2"), shelf)
    aliases = StyleFolder(shelf / "house").aliases()
    assert (aliases.champion, aliases.candidate) == ("1", "2")


def test_versions_never_change(tmp_path: Path, shelf: Path) -> None:
    folder = run_folder(tmp_path, "1")
    publish(folder, shelf)
    with pytest.raises(RegistryError, match="house@1 is published already"):
        publish(folder, shelf)


def test_a_run_whose_files_do_not_fit_is_not_published(tmp_path: Path, shelf: Path) -> None:
    folder = run_folder(tmp_path, "1")
    (folder / WEIGHTS).write_bytes(b"other")
    with pytest.raises(ModelError, match="weights_sha256"):
        publish(folder, shelf)
    assert style_folders(shelf) == []


def test_champions_follow_one_another_and_come_back(tmp_path: Path, shelf: Path) -> None:
    aliases = champion_after(tmp_path, shelf, "1", "2", "3")
    assert (aliases.champion, aliases.candidate, aliases.history) == ("3", None, ["1", "2"])
    assert rollback(shelf, "house").champion == "2"
    aliases = rollback(shelf, "house")
    assert (aliases.champion, aliases.history) == ("1", [])
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(shelf, "house")
    assert [(c.action, c.version) for c in aliases.log] == [
        *((action, version) for version in "123" for action in ("publish", "promote")),
        ("rollback", "2"),
        ("rollback", "1"),
    ]


def test_a_refused_promotion_changes_nothing(tmp_path: Path, shelf: Path) -> None:
    before = champion_after(tmp_path, shelf, "1")
    publish(run_folder(tmp_path, "2"), shelf)
    with pytest.raises(
        GateError, match=r"house@2 is not promoted: vibe_choice/accuracy: significantly worse"
    ):
        promote(shelf, "house", "2", REFUSED)
    with pytest.raises(GateError):
        promote(shelf, "house", "2", REFUSED, force="  ")
    after = StyleFolder(shelf / "house").aliases()
    assert (after.champion, after.history) == (before.champion, before.history)


def test_force_is_remembered_with_its_reason(tmp_path: Path, shelf: Path) -> None:
    publish(run_folder(tmp_path, "1"), shelf)
    promote(shelf, "house", "1", REFUSED, force="the show is tonight")
    change = StyleFolder(shelf / "house").aliases().log[-1]
    assert change.reason == "forced: the show is tonight (refused: vibe_choice/accuracy)"


@pytest.mark.parametrize(("version", "said"), [("9", "there is no house@9; there are: 1"), ("1", "already")])
def test_what_cannot_be_promoted_says_why(tmp_path: Path, shelf: Path, version: str, said: str) -> None:
    champion_after(tmp_path, shelf, "1")
    with pytest.raises(RegistryError, match=said):
        promote(shelf, "house", version, [])


def test_a_champion_that_was_deleted_cannot_come_back(tmp_path: Path, shelf: Path) -> None:
    champion_after(tmp_path, shelf, "1", "2")
    shutil.rmtree(shelf / "house" / "1")
    with pytest.raises(RegistryError, match="house@1, the champion before, is no longer there"):
        rollback(shelf, "house")


@pytest.mark.parametrize("name", ["", "../house", "House", "a/b"])
def test_a_name_is_no_path(shelf: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name of a style"):
        rollback(shelf, name)


def test_versions_are_listed_with_what_they_are(tmp_path: Path, shelf: Path) -> None:
    champion_after(tmp_path, shelf, "2", "10")
    publish(run_folder(tmp_path, "11"), shelf)
    found = [(v.manifest.version, v.role, v.evaluated) for v in versions(shelf, "house")]
    assert found == [("2", "earlier", False), ("10", "champion", False), ("11", "candidate", False)]


def test_an_evaluation_of_other_weights_is_refused(tmp_path: Path, shelf: Path) -> None:
    adapter = publish(run_folder(tmp_path, "1"), shelf)
    fields = {"name": "house", "version": "1", "base_model": "b", "base_digest": "b", "layout": "scored"}
    for digest in (adapter.digest, "other"):
        subject = Subject(**fields, digest=digest, cases_digest="c")
        evaluation = Evaluation(subject=subject, created="", seed=0, estimates=[])
        result.save(evaluation, adapter.folder)
        if digest == "other":
            with pytest.raises(RegistryError, match=f"'other', but the adapter's is '{adapter.digest}'"):
                evaluation_of(adapter)
        else:
            assert evaluation_of(adapter) == evaluation


@pytest.mark.parametrize(
    ("text", "field"), [('{"champion": 1}', "champion"), ('{"champions": "1"}', "champions"), ("{", "file")]
)
def test_aliases_that_are_wrong_name_the_field(tmp_path: Path, shelf: Path, text: str, field: str) -> None:
    publish(run_folder(tmp_path, "1"), shelf)
    (shelf / "house" / "aliases.json").write_text(text)
    with pytest.raises(ModelError, match=rf"aliases\.json: {field}: "):
        StyleFolder(shelf / "house").aliases()


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300)), min_size=1))
def test_the_natural_order_is_that_of_the_numbers(numbers: list[tuple[int, int]]) -> None:
    named = [f"{a}.{b}" for a, b in numbers]
    assert sorted(named, key=natural) == [f"{a}.{b}" for a, b in sorted(numbers)]


@given(st.lists(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}\Z")))
def test_any_versions_have_an_order(names: list[str]) -> None:
    assert sorted(sorted(names), key=natural) == sorted(sorted(names, reverse=True), key=natural)
