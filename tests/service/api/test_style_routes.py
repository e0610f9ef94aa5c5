"""Styles by HTTP: seen, published, made the default, retired."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from app_runner import Running
from fake_recommender import FakeRecommender
from shelves import put_evaluation, put_version

from service.artifacts import WEIGHTS
from service.db.repositories.styles import StylePolicyRepository
from service.db.session import State
from service.registry.adapter import MANIFEST
from service.registry.lifecycle import GateError, promote
from service.registry.store import Aliases, ArtifactFolder
from service.settings import Settings

pytestmark = pytest.mark.anyio
URL = "/v1/admin/styles"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    root = tmp_path / "adapters"
    put_version(root, "house", "1")
    put_version(root, "house", "2")
    put_version(root, "chanel", "1", accuracy=None)
    ArtifactFolder(root / "house").write(Aliases(champion="1", candidate="2"))
    return root


@pytest.fixture
async def styled(start, settings: Settings, fake: FakeRecommender, shelf: Path) -> AsyncIterator[Running]:
    async with start(settings.model_copy(update={"adapters_dir": shelf}), fake) as running:
        yield running


async def all_styles(running: Running) -> dict[str, dict[str, Any]]:
    response = await running.client.get(URL, headers=running.staff())
    assert response.status_code == 200
    return {style["name"]: style for style in response.json()}


async def put(running: Running, **body: object) -> tuple[int, dict[str, Any]]:
    response = await running.client.put(URL, headers=running.staff(), json=body)
    return response.status_code, response.json()


async def test_every_style_is_shown_with_its_versions(styled: Running) -> None:
    styles = await all_styles(styled)
    assert list(styles) == ["base", "chanel", "house"]
    house = styles["house"]
    assert (house["champion"], house["candidate"], house["default"], house["retired"]) == (
        "1",
        "2",
        True,
        False,
    )
    one, two = house["versions"]
    assert (one["role"], two["role"], two["parent"], two["created"]) == (
        "champion",
        "candidate",
        "house@1",
        "2026-11-01T00:00:00Z",
    )
    assert [v["usable"] and v["evaluated"] for v in (one, two)] == [True, True]
    assert one["digest"] != two["digest"]
    assert styles["chanel"]["versions"][0]["evaluated"] is False
    assert styles["chanel"]["description"] == "chanel of the tests"


async def test_what_is_damaged_is_said_and_the_rest_goes_on(styled: Running, shelf: Path) -> None:
    (shelf / "house" / "2" / WEIGHTS).write_bytes(b"cut off")
    (shelf / "chanel" / "1" / MANIFEST).write_text("{")
    (shelf / "house" / "3").mkdir()
    (shelf / "broken").mkdir()
    (shelf / "broken" / "aliases.json").write_text('{"champion": 2}')
    styles = await all_styles(styled)
    one, two = styles["house"]["versions"]
    assert (one["usable"], two["usable"]) == (True, False)
    assert "weights_sha256" in two["problem"]
    assert "manifest.json" in styles["chanel"]["versions"][0]["problem"]
    assert "champion" in styles["broken"]["problem"]
    status, problem = await put(styled, name="house", version="2")
    assert status == 409
    assert "weights_sha256" in problem["detail"]


async def test_a_version_is_published_and_the_log_says_who_and_why(
    styled: Running, shelf: Path, fake: FakeRecommender
) -> None:
    status, house = await put(styled, name="house", version="2", reason="warmer autumn looks")
    assert (status, house["champion"], house["candidate"]) == (200, "2", None)
    aliases = ArtifactFolder(shelf / "house").aliases()
    assert (aliases.champion, aliases.history) == ("2", ["1"])  # `stylist rollback` goes back to it
    latest = house["history"][0]
    assert (latest["action"], latest["version"]) == ("promote", "2")
    assert latest["reason"] == "passed the gate; warmer autumn looks"
    assert latest["by"] == f"key {styled.services.keys.list()[0].id}"
    assert [v["forced"] for v in house["versions"]] == [None, None]
    assert fake.followed == 1
    assert (await put(styled, name="house", version="2"))[0] == 200  # once more: nothing to do
    assert ArtifactFolder(shelf / "house").aliases() == aliases


async def test_what_the_gate_refuses_wants_force_and_force_a_reason(styled: Running, shelf: Path) -> None:
    put_evaluation(shelf / "house" / "2", 0.4)
    before = ArtifactFolder(shelf / "house").aliases()
    status, problem = await put(styled, name="house", version="2", reason="I like it")
    assert status == 409
    with pytest.raises(GateError) as refused:  # the very words of the command line
        promote(shelf, "house@2")
    assert problem["detail"].startswith(str(refused.value))
    assert "vibe_choice/accuracy: significantly worse" in problem["detail"]
    for force in ("", "   ", False):
        assert (await put(styled, name="house", version="2", force=force))[0] == 409
    assert ArtifactFolder(shelf / "house").aliases() == before
    status, house = await put(styled, name="house", version="2", force=" a trial day ")
    assert (status, house["champion"]) == (200, "2")
    assert house["versions"][1]["forced"] == "a trial day (refused: vibe_choice/accuracy)"
    latest = house["history"][0]
    assert latest["reason"] == "forced: a trial day (refused: vibe_choice/accuracy)"
    assert latest["refused"][0].startswith("vibe_choice/accuracy: significantly worse")
    assert latest["by"].startswith("key ")


async def test_a_version_without_an_evaluation_of_its_weights_says_what_to_run(
    styled: Running, shelf: Path
) -> None:
    ArtifactFolder(shelf / "chanel").write(Aliases())
    status, problem = await put(styled, name="chanel", version="1")
    assert (status, "run `stylist evaluate chanel@1`" in problem["detail"]) == (409, True)
    status, problem = await put(styled, name="chanel", version="1", force=True)
    assert (status, problem["errors"][0]["field"]) == (422, "reason")
    status, chanel = await put(styled, name="chanel", version="1", force=True, reason="a trial day")
    assert (status, chanel["champion"]) == (200, "1")
    assert chanel["history"][0]["reason"] == "forced: a trial day (refused: evaluation)"
    put_evaluation(shelf / "house" / "2", 0.9, digest="other")
    status, problem = await put(styled, name="house", version="2")
    assert (status, "'other'" in problem["detail"]) == (409, True)


async def test_the_query_encoder_is_published_by_the_same_door(
    styled: Running, shelf: Path, fake: FakeRecommender
) -> None:
    for version, accuracy in (("1", 0.5), ("2", 0.4), ("3", 0.6)):
        put_version(shelf, "retriever", version, accuracy=accuracy)
    ArtifactFolder(shelf / "retriever").write(Aliases(champion="1"))
    assert list(await all_styles(styled)) == ["base", "chanel", "house", "retriever"]
    status, problem = await put(styled, name="retriever", version="2")
    assert (status, "significantly worse" in problem["detail"]) == (409, True)
    fake.style_faults["retriever@3"] = "of another embedding model"
    status, problem = await put(styled, name="retriever", version="3")
    assert (status, "of another embedding model" in problem["detail"]) == (409, True)
    fake.style_faults.clear()
    status, retriever = await put(styled, name="retriever", version="3")
    assert (status, retriever["kind"], retriever["champion"]) == (200, "retriever", "3")
    assert fake.followed == 1
    for field in ("default", "retired"):
        status, problem = await put(styled, name="retriever", **{field: True})
        assert (status, problem["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"name": "nobody", "version": "1"}, 404, "nobody"),
        ({"name": "nobody", "retired": True}, 404, "nobody"),
        ({"name": "house", "version": "9"}, 409, "there are: 1, 2"),
        ({"name": "house"}, 422, "version"),
        ({"name": "../house", "version": "1"}, 422, "name"),
        ({"name": "house", "version": "../1"}, 422, "version"),
        ({"name": "house", "version": "2", "champion": "2"}, 422, "champion"),
        ({"name": "house", "version": "2", "force": "x" * 501}, 422, "force"),
        ({"name": "house", "version": "candidate"}, 422, "version"),
        ({"name": "chanel", "default": True, "retired": True}, 422, "default"),
        ({"name": "house", "retired": True}, 409, "another style the default first"),
        ({"name": "base", "retired": True}, 409, "it stays"),
        ({"name": "base", "version": "1"}, 422, "version"),
    ],
)
async def test_what_cannot_be_done(styled: Running, shelf: Path, body, status: int, told: str) -> None:
    before = ArtifactFolder(shelf / "house").aliases()
    response = await styled.client.put(URL, headers=styled.staff(), json=body)
    assert response.status_code == status
    assert told in response.json()["detail"]
    assert ArtifactFolder(shelf / "house").aliases() == before
    assert styled.services.styles.choices().retired == frozenset()


async def test_what_does_not_load_is_not_published(
    styled: Running, shelf: Path, fake: FakeRecommender
) -> None:
    fake.style_faults["house@2"] = "rank 8 is too much"
    status, problem = await put(styled, name="house", version="2", default=True)
    assert (status, "rank 8 is too much" in problem["detail"]) == (409, True)
    assert ArtifactFolder(shelf / "house").aliases().champion == "1"
    assert styled.services.styles.choices().default is None


async def test_default_and_retired_are_kept(styled: Running, settings: Settings) -> None:
    assert (await put(styled, name="chanel", default=True))[0] == 200
    assert (await put(styled, name="house", retired=True))[
        0
    ] == 409  # what is served is the fake's, and house is it
    assert (await put(styled, name="chanel", retired=True))[0] == 409
    assert (await put(styled, name="house", default=True))[0] == 200
    assert (await put(styled, name="chanel", retired=True))[1]["retired"] is True
    status, problem = await put(styled, name="chanel", default=True)
    assert (status, '"retired": false' in problem["detail"]) == (409, True)
    with closing(State.of(settings)) as state:
        another = StylePolicyRepository(state).choices()  # another process
    assert (another.default, another.retired) == ("house", frozenset({"chanel"}))
    assert (await put(styled, name="chanel", retired=False, default=True))[0] == 200
    choices = styled.services.styles.choices()
    assert (choices.default, choices.retired) == ("chanel", frozenset())


async def test_a_folder_that_cannot_be_written_is_said(styled: Running, shelf: Path) -> None:
    (shelf / "house" / ".lock").mkdir()  # no file can be opened there, by root neither
    status, problem = await put(styled, name="house", version="2")
    assert (status, "stylist promote house@2" in problem["detail"]) == (409, True)


async def test_without_a_shelf_there_is_the_base(styled: Running, shelf: Path) -> None:
    shutil.rmtree(shelf)
    assert list(await all_styles(styled)) == ["base"]


async def test_shoppers_see_none_of_it(styled: Running) -> None:
    for method in ("GET", "PUT"):
        response = await styled.client.request(method, URL, headers=styled.shopper(), json={"name": "house"})
        assert response.status_code == 403
