"""Published, promoted, rolled back: what is served changes only as told, and versions never do. For both kinds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelves import put_evaluation, put_run, put_version

from indexer.errors import ModelError
from service.artifacts import CONFIG, WEIGHTS
from service.registry.adapter import Adapter
from service.registry.evaluation import EVALUATION, EvaluationError
from service.registry.gate import Limits
from service.registry.lifecycle import (
    GateError,
    RegistryError,
    evaluation_of,
    find,
    find_style,
    is_evaluated,
    must_be_free,
    promote,
    publish,
    rollback,
    versions,
)
from service.registry.query_adapter import QueryAdapter
from service.registry.store import (
    Aliases,
    ArtifactFolder,
    Change,
    artifact_folders,
    natural,
    style_folders,
)
from service.registry.style_key import StyleKey

both = pytest.mark.parametrize("name", ["house", "retriever"])
"""What a test says holds for a style and for the query encoder."""


def run_folder(root: Path, version: str, name: str = "house") -> Path:
    """What a training run leaves, checkpoints and all; the weights are never loaded here."""
    folder = put_run(root / "runs" / f"{name}-{version}", name, version)
    (folder / "checkpoint.safetensors").write_bytes(b"moments")
    (folder / "curve.jsonl").write_text("{}\n")
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "adapters"


def champion_after(tmp_path: Path, shelf: Path, *published: str, name: str = "house") -> Aliases:
    """The aliases after these versions were published, evaluated alike, and promoted in turn."""
    for version in published:
        publish(run_folder(tmp_path, version, name), shelf)
        put_evaluation(shelf / name / version, 0.5)
        promote(shelf, f"{name}@{version}")
    return ArtifactFolder(shelf / name).aliases()


@both
def test_what_is_published_is_a_candidate_and_not_served(tmp_path: Path, shelf: Path, name: str) -> None:
    made = publish(run_folder(tmp_path, "1", name), shelf)
    assert (made.folder, made.key) == (shelf / name / "1", StyleKey(name, "1"))
    manifest = ArtifactFolder(shelf / name).kind.manifest
    assert {path.name for path in made.folder.iterdir()} == {manifest, CONFIG, WEIGHTS, "curve.jsonl"}
    aliases = ArtifactFolder(shelf / name).aliases()
    assert (aliases.champion, aliases.candidate, aliases.history) == (None, "1", [])
    assert find(shelf, f"{name}@candidate").key.version == "1"
    with pytest.raises(RegistryError, match=rf"there is no {name}; there are: 1"):
        find(shelf, name)


def test_each_kind_is_what_it_is(tmp_path: Path, shelf: Path) -> None:
    for name in ("retriever", "house", "chanel"):
        champion_after(tmp_path, shelf, "1", name=name)
    assert isinstance(find(shelf, "house"), Adapter)
    assert isinstance(find(shelf, "retriever"), QueryAdapter)
    assert [folder.name for folder in style_folders(shelf)] == ["chanel", "house"]
    assert [folder.name for folder in artifact_folders(shelf)] == ["chanel", "house", "retriever"]
    with pytest.raises(RegistryError, match="retriever@1 is no style"):
        find_style(shelf, "retriever")


def test_a_style_that_had_no_aliases_keeps_its_champion(tmp_path: Path, shelf: Path) -> None:
    shutil.copytree(run_folder(tmp_path, "1"), shelf / "house" / "1")
    publish(run_folder(tmp_path, "2"), shelf)
    aliases = ArtifactFolder(shelf / "house").aliases()
    assert (aliases.champion, aliases.candidate) == ("1", "2")


@both
def test_versions_never_change(tmp_path: Path, shelf: Path, name: str) -> None:
    folder = run_folder(tmp_path, "1", name)
    publish(folder, shelf)
    with pytest.raises(RegistryError, match=f"{name}@1 is published already"):
        publish(folder, shelf)
    with pytest.raises(RegistryError, match="choose another --version"):
        must_be_free(shelf, StyleKey(name, "1"))
    must_be_free(shelf, StyleKey(name, "2"))


@both
def test_a_run_whose_files_do_not_fit_is_not_published(tmp_path: Path, shelf: Path, name: str) -> None:
    folder = run_folder(tmp_path, "1", name)
    (folder / WEIGHTS).write_bytes(b"other")
    with pytest.raises(ModelError, match="weights_sha256"):
        publish(folder, shelf)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=f"no {WEIGHTS}"):
        publish(folder, shelf)
    assert artifact_folders(shelf) == []


@both
def test_champions_follow_one_another_and_come_back(tmp_path: Path, shelf: Path, name: str) -> None:
    aliases = champion_after(tmp_path, shelf, "1", "2", "3", name=name)
    assert (aliases.champion, aliases.candidate, aliases.history) == ("3", None, ["1", "2"])
    assert rollback(shelf, name).champion == "2"
    aliases = rollback(shelf, name)
    assert (aliases.champion, aliases.history) == ("1", [])
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(shelf, name)
    assert [(c.action, c.version) for c in aliases.log] == [
        *((action, version) for version in "123" for action in ("publish", "promote")),
        ("rollback", "2"),
        ("rollback", "1"),
    ]


@both
def test_a_refused_promotion_changes_nothing(tmp_path: Path, shelf: Path, name: str) -> None:
    before = champion_after(tmp_path, shelf, "1", name=name)
    publish(run_folder(tmp_path, "2", name), shelf)
    put_evaluation(shelf / name / "2", 0.4)
    for force in ("", "  "):
        with pytest.raises(
            GateError, match=rf"{name}@2 is not promoted: vibe_choice/accuracy: significantly worse"
        ):
            promote(shelf, f"{name}@2", force=force)
    after = ArtifactFolder(shelf / name).aliases()
    assert (after.champion, after.history) == (before.champion, before.history)


@both
def test_a_version_that_was_never_evaluated_says_what_to_run(tmp_path: Path, shelf: Path, name: str) -> None:
    publish(run_folder(tmp_path, "1", name), shelf)
    with pytest.raises(GateError, match=f"{name}@1 was never evaluated; run `stylist evaluate {name}@1`"):
        promote(shelf, f"{name}@1")
    put_evaluation(shelf / name / "1", 0.5)
    promote(shelf, f"{name}@1")
    (shelf / name / "1" / EVALUATION).unlink()
    publish(run_folder(tmp_path, "2", name), shelf)
    put_evaluation(shelf / name / "2", 0.6)
    with pytest.raises(GateError, match=f"run `stylist evaluate {name}@1`"):  # what is served was lost
        promote(shelf, f"{name}@2")


def test_a_champion_that_cannot_be_read_is_overridden_by_force_alone(tmp_path: Path, shelf: Path) -> None:
    champion_after(tmp_path, shelf, "1")
    put_version(shelf, "house", "2")
    (shelf / "house" / "1" / "manifest.json").write_text("{")
    with pytest.raises(GateError, match=r"the champion cannot be read: .*manifest\.json"):
        promote(shelf, "house@2")
    assert promote(shelf, "house@2", force="the disk failed").champion == "2"


@both
def test_force_is_remembered_with_its_reason_and_what_it_overrode(
    tmp_path: Path, shelf: Path, name: str
) -> None:
    publish(run_folder(tmp_path, "1", name), shelf)
    put_evaluation(shelf / name / "1", 0.31)
    aliases = promote(shelf, f"{name}@1", force=" the show is tonight ", note="as agreed", by="key k1")
    change = ArtifactFolder(shelf / name).aliases().log[-1]
    assert change == aliases.log[-1]
    assert change.reason.startswith("forced: the show is tonight (refused: vibe_choice/accuracy")
    assert change.reason.endswith("; as agreed")
    assert change.by == "key k1"
    assert "not significantly better than retrieval-only" in change.refused[-1]
    assert aliases.forced("1") == change.reason.removeprefix("forced: ")
    (info,) = versions(ArtifactFolder(shelf / name))
    assert info.forced == aliases.forced("1")


def test_what_passed_is_not_forced_whatever_is_noted(tmp_path: Path, shelf: Path) -> None:
    publish(run_folder(tmp_path, "1"), shelf)
    put_evaluation(shelf / "house" / "1", 0.5)
    aliases = promote(shelf, "house@1", force="to be sure", note="forced: not at all")
    assert aliases.log[-1].reason == "passed the gate; forced: not at all"
    assert aliases.forced("1") is None
    assert (aliases.log[-1].forced, aliases.log[-1].refused) == (None, [])


def test_the_last_promotion_says_whether_a_version_was_forced() -> None:
    def log(*reasons: str) -> Aliases:
        return Aliases(log=[Change(at="", action="promote", version="1", reason=r) for r in reasons])

    assert log().forced("1") is None
    assert log("forced: x (refused: evaluation)").forced("1") == "x (refused: evaluation)"
    assert log("forced: x (refused: evaluation)", "passed the gate").forced("1") is None


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("house@9", "there is no house@9; there are: 1"),
        ("house@1", "already"),
        ("house", "no house@candidate"),
    ],
)
def test_what_cannot_be_promoted_says_why(tmp_path: Path, shelf: Path, key: str, said: str) -> None:
    champion_after(tmp_path, shelf, "1")
    with pytest.raises(RegistryError, match=said):
        promote(shelf, key, force="whatever it is")


def test_a_bare_name_promotes_the_candidate(tmp_path: Path, shelf: Path) -> None:
    champion_after(tmp_path, shelf, "1")
    publish(run_folder(tmp_path, "2"), shelf)
    put_evaluation(shelf / "house" / "2", 0.5)
    assert promote(shelf, "house", limits=Limits(2.0)).champion == "2"


@both
def test_a_champion_that_was_deleted_cannot_come_back(tmp_path: Path, shelf: Path, name: str) -> None:
    champion_after(tmp_path, shelf, "1", "2", name=name)
    shutil.rmtree(shelf / name / "1")
    with pytest.raises(RegistryError, match=f"{name}@1, the champion before, is no longer there"):
        rollback(shelf, name)


@pytest.mark.parametrize("name", ["", "../house", "House", "a/b"])
def test_a_name_is_no_path(shelf: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name of a style"):
        rollback(shelf, name)
    assert not shelf.exists()


@both
def test_a_rollback_takes_no_version(tmp_path: Path, shelf: Path, name: str) -> None:
    champion_after(tmp_path, shelf, "1", "2", name=name)
    with pytest.raises(RegistryError, match="takes the name alone"):
        rollback(shelf, f"{name}@1")


@both
def test_a_version_is_not_called_as_an_alias_is(tmp_path: Path, shelf: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"version: .*'candidate' is what an alias is called"):
        publish(run_folder(tmp_path, "candidate", name), shelf)


def test_what_is_not_there_is_not_made(shelf: Path) -> None:
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(shelf, "house")
    with pytest.raises(RegistryError, match="no version of house is published"):
        promote(shelf, "house@1")
    assert not shelf.exists()


@both
def test_versions_are_listed_with_what_they_are(tmp_path: Path, shelf: Path, name: str) -> None:
    champion_after(tmp_path, shelf, "2", "10", name=name)
    publish(run_folder(tmp_path, "11", name), shelf)
    found = [(v.artifact.key.version, v.role, v.evaluated) for v in versions(ArtifactFolder(shelf / name))]
    assert found == [("2", "earlier", True), ("10", "champion", True), ("11", "candidate", False)]


@both
def test_an_evaluation_of_other_weights_is_refused(tmp_path: Path, shelf: Path, name: str) -> None:
    made = publish(run_folder(tmp_path, "1", name), shelf)
    put_evaluation(made.folder, 0.5)
    assert evaluation_of(made).subject.digest == made.digest
    assert is_evaluated(made)
    put_evaluation(made.folder, 0.5, digest="other")
    with pytest.raises(
        EvaluationError, match=f"'other', but that of {name}@1 is '{made.digest}'; run `stylist"
    ):
        evaluation_of(made)
    assert not is_evaluated(made)
    with pytest.raises(GateError, match="'other'"):
        promote(shelf, f"{name}@1")


@both
def test_a_version_that_lies_elsewhere_is_refused(shelf: Path, name: str) -> None:
    put_version(shelf, name, "1")
    shutil.copytree(shelf / name / "1", shelf / name / "2")
    with pytest.raises(ModelError, match="version is '1', but '2' is needed"):
        find(shelf, f"{name}@2")


def test_one_version_in_the_place_of_the_folder_says_how_to_bring_it_in_order(tmp_path: Path) -> None:
    shelf = tmp_path / "adapters"
    put_run(shelf / "retriever", "retriever", "2")
    folder = ArtifactFolder(shelf / "retriever")
    assert [found.name for found in artifact_folders(shelf)] == ["retriever"]
    with pytest.raises(ModelError, match="lies where the versions should be") as caught:
        folder.aliases()
    with pytest.raises(ModelError, match="lies where the versions should be"):
        publish(run_folder(tmp_path, "3", "retriever"), shelf)
    for command in str(caught.value).partition("run: ")[2].split(" && "):  # as a shell would
        words = command.split()
        if words[0] == "mkdir":
            Path(words[1]).mkdir()
        else:
            for path in words[1:-1]:
                shutil.move(path, words[-1])
    assert folder.aliases().champion == "2"
    assert find(shelf, "retriever").key == StyleKey("retriever", "2")


@pytest.mark.parametrize(
    ("text", "field"), [('{"champion": 1}', "champion"), ('{"champions": "1"}', "champions"), ("{", "file")]
)
def test_aliases_that_are_wrong_name_the_field(tmp_path: Path, shelf: Path, text: str, field: str) -> None:
    publish(run_folder(tmp_path, "1"), shelf)
    (shelf / "house" / "aliases.json").write_text(text)
    with pytest.raises(ModelError, match=rf"aliases\.json: {field}: "):
        ArtifactFolder(shelf / "house").aliases()


def test_a_log_from_before_says_less_and_is_read(shelf: Path) -> None:
    put_version(shelf, "house", "1")
    line = {
        "at": "2026-11-22T14:57:57Z",
        "action": "promote",
        "version": "1",
        "reason": "forced: once (refused: x)",
    }
    (shelf / "house" / "aliases.json").write_text(json.dumps({"champion": "1", "log": [line]}))
    aliases = ArtifactFolder(shelf / "house").aliases()
    assert (aliases.log[0].by, aliases.log[0].refused) == ("", [])
    assert aliases.forced("1") == "once (refused: x)"


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300)), min_size=1))
def test_the_natural_order_is_that_of_the_numbers(numbers: list[tuple[int, int]]) -> None:
    named = [f"{a}.{b}" for a, b in numbers]
    assert sorted(named, key=natural) == [f"{a}.{b}" for a, b in sorted(numbers)]


@given(st.lists(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}\Z")))
def test_any_versions_have_an_order(names: list[str]) -> None:
    assert sorted(sorted(names), key=natural) == sorted(sorted(names, reverse=True), key=natural)
