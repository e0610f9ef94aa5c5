"""Bodies: how large, how slow and how deep they may be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import anyio
import pytest

pytestmark = pytest.mark.anyio

VIBE = {"vibe": "rooftop jazz"}
JSON = {"Content-Type": "application/json"}


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b" " * 1000


async def test_a_body_over_the_limit_is_a_413_whether_it_says_so_or_not(running, settings):
    too_large = b" " * (settings.max_body_bytes + 1)
    headers = {"Content-Type": "application/json"}
    said = await running.client.post("/v1/outfits", content=too_large, headers=headers)
    unsaid = await running.client.post("/v1/outfits", content=chunks(300_000), headers=headers)
    for response in (said, unsaid):
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"
        assert str(settings.max_body_bytes) in response.json()["detail"]


async def test_a_form_gets_the_upload_limit_only_where_uploads_go(running, settings):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = await running.client.post("/v1/outfits", content=chunks(300_000), headers=headers)
    assert response.status_code == 413


async def test_a_body_just_under_the_limit_passes(running, settings):
    body = json.dumps(VIBE).encode()
    body += b" " * (settings.max_body_bytes - len(body))
    headers = {"Content-Type": "application/json"}
    assert (await running.client.post("/v1/outfits", content=body, headers=headers)).status_code == 200


async def dribble(pause: float) -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await anyio.sleep(pause)


@pytest.mark.parametrize("pause", [0.01, 5])
async def test_a_body_that_dribbles_is_a_408(start, settings, fake, pause):
    async with start(settings.model_copy(update={"body_timeout_seconds": 0.2}), fake) as running:
        response = await running.client.post("/v1/outfits", content=dribble(pause), headers=JSON)
        assert (response.status_code, response.json()["title"]) == (408, "Request Timeout")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["connection"] == "close"


async def test_an_upload_may_take_long_as_long_as_it_goes_on(start, settings, fake):
    async def form(pause: float) -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="allow_rejects"\r\n\r\nfalse'
        for _ in range(4):
            await anyio.sleep(pause)
            yield b" "
        yield b"\r\n--x--\r\n"

    async with start(settings.model_copy(update={"body_timeout_seconds": 0.4}), fake) as running:
        headers = {**running.staff(), "Content-Type": "multipart/form-data; boundary=x"}
        slow = await running.client.post("/v1/admin/reindex", content=form(0.15), headers=headers)
        assert slow.status_code == 422  # read to its end: it has no file
        stuck = await running.client.post("/v1/admin/reindex", content=form(5), headers=headers)
        assert stuck.status_code == 408


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"vibe":' * 20_000,
        b'{"vibe": "x", "seed": ' + b"9" * 10_000 + b"}",
        b'{"vibe": "x", "sizes": ' + b'{"top": ' * 5_000 + b"1" + b"}" * 5_001,
        b'{"vibe": "\\ud800"}',
        b'{"vibe": NaN}',
        b"\xff\xfe",
        b"",
        b"null",
        b'{"vibe": "x", "vibe": 1}',
    ],
    ids=["brackets", "objects", "digits", "sizes", "surrogate", "nan", "bytes", "empty", "null", "twice"],
)
async def test_nonsense_is_a_422(running, body):
    response = await running.client.post("/v1/outfits", content=body, headers=JSON)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    for path in ("/v1/admin/reindex",):
        headers = {**JSON, **running.staff()}
        assert (await running.client.post(path, content=body, headers=headers)).status_code == 422
