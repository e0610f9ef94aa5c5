"""How often a caller may ask, and what that does to others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.rate_limit import GUESSES_PER_MINUTE, TokenBuckets, caller_address

VIBE = {"vibe": "rooftop jazz"}


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(1, 6000), st.floats(1, 50), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_never_more_than_burst_and_rate(per_minute, burst, pauses):
    clock = Clock()
    buckets = TokenBuckets(per_minute, burst, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += buckets.take("x") == 0
    assert taken <= burst + sum(pauses) * per_minute / 60 + 1e-6


@given(st.floats(1, 6000), st.integers(1, 20))
def test_who_waits_as_long_as_told_gets_in(per_minute, burst):
    clock = Clock()
    buckets = TokenBuckets(per_minute, burst, clock)
    assert [buckets.take("x") for _ in range(burst)] == [0] * burst
    wait = buckets.take("x")
    assert 0 < wait <= 60 / per_minute + 1e-6
    assert buckets.wait("x") == pytest.approx(wait)
    clock.now += wait + 1e-6
    assert buckets.take("x") == 0


def test_callers_do_not_share_and_memory_is_bounded():
    buckets = TokenBuckets(60, 1, Clock(), most=3)
    assert [buckets.take(name) for name in "abcd"] == [0, 0, 0, 0]
    assert len(buckets) == 3
    assert buckets.take("d") > 0
    assert buckets.take("a") == 0  # forgotten: the one used longest ago


def test_a_clock_that_stands_still_gives_nothing():
    buckets = TokenBuckets(60, 2, Clock())
    assert [buckets.take("x") > 0 for _ in range(4)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(host, expected):
    assert caller_address(host) == expected


@pytest.mark.anyio
async def test_a_key_that_asks_too_often_waits_and_others_do_not(start, settings, fake):
    async with start(settings.model_copy(update={"rate_per_minute": 6}), fake) as running:
        often, seldom = running.shopper(), running.shopper()
        answers = [await running.client.get("/v1/styles", headers=often) for _ in range(5)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert answers[-1].json()["title"] == "Too many requests"
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert (await running.client.get("/v1/styles", headers=seldom)).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics"):
            assert {(await running.client.get(path)).status_code for _ in range(8)} == {200}
        assert "stylist_rate_limited_total 2.0" in (await running.client.get("/metrics")).text


@pytest.mark.anyio
async def test_without_keys_the_address_counts_and_zero_is_no_limit(start, settings, fake):
    async with start(settings.model_copy(update={"rate_per_minute": 4}), fake) as running:
        answers = [(await running.client.get("/v1/styles")).status_code for _ in range(3)]
        assert answers == [200, 200, 429]
    async with start(settings.model_copy(update={"rate_per_minute": 0}), fake) as running:
        assert {(await running.client.get("/v1/styles")).status_code for _ in range(40)} == {200}


@pytest.mark.anyio
async def test_guessing_keys_is_slowed_down_and_shuts_nobody_out_who_had_a_good_one(running):
    shop, unseen = running.shopper(), running.shopper()
    client = running.client
    assert (await client.get("/v1/styles", headers=shop)).status_code == 200
    guesses = [
        (await client.get("/v1/styles", headers={"Authorization": f"Bearer vs_{n}"})).status_code
        for n in range(GUESSES_PER_MINUTE + 3)
    ]
    assert guesses == [401] * GUESSES_PER_MINUTE + [429] * 3
    assert (await client.get("/v1/styles", headers=shop)).status_code == 200
    # Were another key let through, the answers would still tell the guesser which guess was right.
    assert (await client.get("/v1/styles", headers=unseen)).status_code == 429
    running.services.keys.revoke(shop["Authorization"].split()[1])
    assert (await client.get("/v1/styles", headers=shop)).status_code == 401
    assert (await client.get("/v1/styles", headers=shop)).status_code == 429


@pytest.mark.anyio
async def test_a_query_has_a_limit(running):
    long = await running.client.get("/v1/items?q=" + "x" * 9000)
    assert (long.status_code, long.json()["title"]) == (414, "URI too long")


def test_the_wait_that_is_told_is_whole_seconds():
    assert math.ceil(TokenBuckets(6, 1, Clock()).wait("x")) == 0
