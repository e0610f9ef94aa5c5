"""The bounded queue: who is turned away, and whose place is freed."""

from __future__ import annotations

import threading

import anyio
import pytest
from app_runner import until
from starlette.requests import ClientDisconnect

from service.api.concurrency import Gate
from service.errors import UnavailableError

pytestmark = pytest.mark.anyio

VIBE = {"vibe": "rooftop jazz"}


async def test_more_than_the_places_are_turned_away_at_once():
    told: list[int] = []
    gate = Gate(2, lambda: told.append(1))
    go = threading.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(gate.run, lambda: go.wait(10))
        await until(lambda: gate.taken == 2)
        with pytest.raises(UnavailableError) as raised:
            await gate.run(lambda: None)
        assert raised.value.retry_after == 2
        go.set()
    assert (gate.taken, told) == (0, [1])
    assert await gate.run(lambda: 7) == 7


async def test_a_call_that_raises_frees_its_place():
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await gate.run(lambda: 1 // 0)
    assert gate.taken == 0


async def test_a_call_that_is_given_up_holds_its_place_until_its_thread_is_done():
    gate = Gate(1)
    go = threading.Event()
    with anyio.move_on_after(0.05):
        await gate.run(lambda: go.wait(10))
    assert gate.taken == 1
    go.set()
    await until(lambda: gate.taken == 0)


async def test_a_call_that_is_given_up_before_it_begins_leaves_no_trace():
    gate = Gate(1)
    called: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await gate.run(lambda: called.append(1))
    assert (gate.taken, called) == (0, [])


async def test_a_client_that_leaves_ends_the_wait():
    gate = Gate(1)
    go = threading.Event()

    async def receive():
        await until(lambda: gate.taken == 1)
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        await gate.run(lambda: go.wait(10), receive)
    go.set()
    await until(lambda: gate.taken == 0)


async def test_a_client_that_stays_gets_its_answer_or_its_error():
    gate = Gate(1)

    async def receive():
        await anyio.sleep_forever()

    assert await gate.run(lambda: 7, receive) == 7
    with pytest.raises(ZeroDivisionError):
        await gate.run(lambda: 1 // 0, receive)


async def test_a_full_queue_is_a_503_with_a_time_to_wait(start, settings, fake):
    fake.hold = threading.Event()
    async with start(settings.model_copy(update={"queue_size": 2}), fake) as running:
        statuses: list[int] = []

        async def ask() -> None:
            statuses.append((await running.client.post("/v1/outfits", json=VIBE)).status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(ask)
            await until(lambda: running.services.gate.taken == 2)
            refused = await running.client.post("/v1/outfits", json=VIBE)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            told = (await running.client.get("/metrics")).text
            assert "stylist_queue_taken 2.0" in told
            assert "stylist_turned_away_total 1.0" in told
            fake.hold.set()
        assert statuses == [200, 200]
        assert (await running.client.post("/v1/outfits", json=VIBE)).status_code == 200
