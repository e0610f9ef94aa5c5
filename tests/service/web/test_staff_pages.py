"""The console without a browser: who gets in, what may be asked from it, and what its forms say to the API."""

from __future__ import annotations

import json
import re

import pytest
from fake_recommender import SHELF, FakeRecommender, piece
from hypothesis import given
from hypothesis import strategies as st
from visitor import Visitor

from service.web.staff.grading import FAULTS, faults_of, unlike
from service.web.staff.rules import rule_of
from service.web.staff.styles import comparable

pytestmark = pytest.mark.anyio

PAGES = (
    "/staff",
    "/staff/feed",
    "/staff/stock",
    "/staff/stock?q=silk",
    "/staff/pieces",
    "/staff/pieces?q=silk",
    "/staff/pieces?slot=top",
    "/staff/pieces?list=doubtful",
    "/staff/rules",
    "/staff/styles",
    "/staff/styles/compare",
    "/staff/styles/compare?vibe=jazz&a=house&b=base",
    "/staff/looks",
    "/staff/looks/new",
    "/staff/grading",
    "/staff/charts",
    "/staff/charts?days=7",
    "/staff/reports",
)
WRONG_SITE = {"Sec-Fetch-Site": "cross-site"}


async def signed_in(visitor: Visitor) -> str:
    """Signs in by a new key, which is returned."""
    key = visitor.services.keys.add("staff")
    answer = await visitor.client.post("/staff/session", data={"key": key})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    await visitor.open("/staff")
    return key


def is_door(text: str) -> bool:
    return "<h1" in text and "Staff console" in text


async def test_a_staff_key_opens_the_door_and_nothing_else_does(visits):
    async with visits() as visitor:
        shopper, staff = (visitor.services.keys.add(scope) for scope in ("shopper", "staff"))
        assert is_door((await visitor.client.get("/staff/rules")).text)
        for key, status in (("", 401), ("wrong", 401), (shopper, 403)):
            answer = await visitor.client.post("/staff/session", data={"key": key})
            assert (answer.status_code, is_door(answer.text)) == (status, True)
            assert 'role="alert"' in answer.text
            assert "set-cookie" not in answer.headers
        from_afar = await visitor.client.post("/staff/session", data={"key": staff}, headers=WRONG_SITE)
        assert from_afar.status_code == 403
        answer = await visitor.client.post("/staff/session", data={"key": f" {staff} "})
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/staff", "max-age=28800"))
        assert staff.lower() not in cookie
        assert not is_door((await visitor.client.get("/staff")).text)


async def test_every_page_is_shown_under_the_strict_policy(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        for path in PAGES:
            answer = await visitor.client.get(path)
            assert (path, answer.status_code) == (path, 200)
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|\{\{|hx-on|js:", answer.text), (
                path
            )


async def test_pages_are_said_to_be_missing_as_pages(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        for path in ("/staff/jobs/none", "/staff/reports/none.html", "/staff/reports/..%2f..%2fREADME.md"):
            assert (await visitor.client.get(path)).status_code == 404
        answer = await visitor.get("/staff/pieces/why", sku="none", vibe="jazz")
        assert (answer.status_code, answer.headers["hx-retarget"]) == (404, "#notice")


async def test_nothing_is_changed_without_the_token_of_the_page(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        good = dict(visitor.headers)
        rule = {"action": "boost", "brands": "Lune"}
        for headers in (
            {},
            good | {"X-CSRF-Token": "made.up"},
            good | WRONG_SITE,
            good | {"Origin": "https://evil.example"},
        ):
            assert (await visitor.client.post("/staff/rules", data=rule, headers=headers)).status_code == 403
        assert visitor.services.rules.list() == []
        assert (await visitor.client.post("/staff/session/end", data={"token": "made.up"})).status_code == 403
        assert (await visitor.post("/staff/rules", **rule)).headers["hx-redirect"] == "/staff/rules"
        assert len(visitor.services.rules.list()) == 1


async def test_a_session_ends_with_its_key_and_by_logging_out(visits):
    async with visits() as visitor:
        key = await signed_in(visitor)
        token = visitor.headers["X-CSRF-Token"]
        gone = await visitor.client.post("/staff/session/end", data={"token": token})
        assert (gone.status_code, 'stylist_staff=""' in gone.headers["set-cookie"]) == (303, True)
        assert is_door((await visitor.client.get("/staff")).text)
        await visitor.client.post("/staff/session", data={"key": key})
        await visitor.open("/staff")
        visitor.services.keys.revoke(key)
        assert is_door((await visitor.client.get("/staff")).text)
        answer = await visitor.get("/staff/looks/pieces", q="silk")
        assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/staff")


async def test_without_keys_only_the_machine_itself_gets_in(visits):
    async with visits() as visitor:
        at_home = {"Host": "127.0.0.1:8000"}
        elsewhere = await visitor.client.get("/staff", headers={"Host": "evil.example"})
        assert elsewhere.status_code == 403
        for headers in (at_home | {"X-Forwarded-For": "10.0.0.9"}, at_home | {"Via": "1.1 x"}):
            answer = await visitor.client.get("/staff", headers=headers)
            assert is_door(answer.text)
            assert "No key was made yet" in answer.text
        for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
            answer = await visitor.client.get("/staff", headers={"Host": host})
            assert not is_door(answer.text)
        visitor.client.headers.update(at_home)
        await visitor.open("/staff")
        assert (await visitor.post("/staff/rules", action="boost", brands="Lune")).status_code == 204
        visitor.services.keys.add("staff")
        assert is_door(
            (await visitor.client.get("/staff")).text
        )  # that session was for as long as there was no key


async def test_what_is_said_in_a_feed_stays_text(visits):
    harm = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' hx-get='/staff'"
    async with visits(FakeRecommender((piece("T/1", "top", harm, 40.0, brand=harm), *SHELF[1:]))) as visitor:
        await signed_in(visitor)
        for path in ("/staff/stock?q=script", "/staff/pieces?q=script", "/staff/styles/compare?vibe=jazz"):
            text = (await visitor.client.get(path)).text
            assert "&lt;script&gt;alert(1)" in text
            assert "<script>alert" not in text
            assert "<img src=x" not in text
        table = await visitor.get("/staff/looks/table", add="T/1")
        assert "&lt;script&gt;" in table.text


async def test_stock_is_changed_where_it_was_edited(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        row = {"sku": ["T/1-M"], "size": ["M"], "was_quantity": ["3"], "was_price": ["40.00"]}
        same = await visitor.post("/staff/stock", **row, quantity=["3"], price=["40.00"])
        assert "Nothing was changed" in same.text
        answer = await visitor.post("/staff/stock", **row, quantity=["0"], price=["39,50"])
        assert "1 size changed" in answer.text
        item = (await visitor.client.get("/staff/stock", params={"q": "T/1"})).text
        assert 'value="0"' in item
        assert 'value="39.50"' in item
        bad = await visitor.post("/staff/stock", **row, quantity=["many"], price=["40.00"])
        assert (bad.status_code, "quantity" in bad.text) == (422, True)


async def test_a_look_is_laid_out_and_kept(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        found = await visitor.get("/staff/looks/pieces", q="silk")
        assert "Silk camisole" in found.text
        table = await visitor.client.get(
            "/staff/looks/table",
            params={"sku": ["S/1", "T/1"], "add": "B/1", "remove": "S/1"},
            headers=visitor.headers,
        )
        assert re.findall(r'name="sku" value="([^"]+)"', table.text) == ["T/1", "B/1"]
        said = {
            "vibe": "gallery",
            "phrasings": "a vernissage\n\n opening ",
            "why": "Quiet.",
            "formality": "3",
        }
        kept = await visitor.post("/staff/looks", sku=["T/1", "B/1"], status="approved", **said)
        assert kept.headers["hx-redirect"] == "/staff/looks"
        (look,) = visitor.services.looks.page(None, None, 5).looks
        assert (look.status, look.phrasings, look.formality) == ("approved", ["a vernissage", "opening"], 3)
        assert look.pieces == {"top": "T/1", "bottom": "B/1"}
        judged = await visitor.post(f"/staff/looks/{look.id}/judge", status="rejected")
        assert "rejected" in judged.text
        assert (await visitor.post(f"/staff/looks/{look.id}/delete")).headers["hx-redirect"] == "/staff/looks"
        lone = await visitor.post("/staff/looks", sku=["T/1"], vibe="gallery")
        assert (lone.status_code, "pieces" in lone.text) == (422, True)


async def test_a_rule_is_previewed_before_it_is_made(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        answer = await visitor.post("/staff/rules/preview", action="boost", brands="Lune", vibe="jazz")
        assert "about 1 piece." in answer.text
        assert "stay as they are" in answer.text  # the fake recommender knows no rules
        bad = await visitor.post("/staff/rules/preview", action="boost", vibe="jazz")
        assert (bad.status_code, "rule.match" in bad.text) == (422, True)
        assert visitor.services.rules.list() == []


async def test_pictures_are_for_staff(visits):
    async with visits() as visitor:
        await signed_in(visitor)
        for path in ("laydown.svg?sku=T/1&sku=B/1&theme=dark", "laydown.svg?sku=none", "outfit.svg?id=none"):
            answer = await visitor.client.get(f"/staff/pictures/{path}")
            assert answer.headers["content-type"].startswith("image/svg+xml")
            assert "script-src" not in answer.headers["content-security-policy"]
        visitor.client.cookies.clear()
        assert is_door((await visitor.client.get("/staff/pictures/laydown.svg?sku=T/1")).text)


def test_a_form_says_a_rule():
    said = [
        ("action", "boost"),
        ("brands", "Lune, Norda,\n Cove "),
        ("skus", "  "),
        ("slots", "shoes"),
        ("slots", "bag"),
        ("min_margin", "35"),
        ("max_price", "99,90"),
        ("strength", "0.8"),
        ("starts", "2026-12-01T00:00"),
        ("ends", "soon"),
        ("offset", "-60"),
        ("note", "December"),
    ]
    assert rule_of(said) == {
        "action": "boost",
        "match": {
            "brands": ["Lune", "Norda", "Cove"],
            "slots": ["shoes", "bag"],
            "min_margin": 0.35,
            "max_price": 99.9,
        },
        "note": "December",
        "strength": 0.8,
        "starts": "2026-12-01T00:00:00+01:00",
        "ends": "soon",
    }


TEXTS = st.text(max_size=12)
NAMES = st.sampled_from(
    ("action", "brands", "min_price", "max_margin", "starts", "offset", "strength", "slots")
)


@given(st.lists(st.tuples(NAMES | TEXTS, TEXTS), max_size=12))
def test_no_form_breaks_the_reading_of_a_rule(said):
    json.dumps(rule_of(said))


@given(st.lists(st.tuples(TEXTS | st.just("fault.a.shoes"), TEXTS | st.sampled_from([*FAULTS])), max_size=12))
def test_faults_are_those_that_there_are(said):
    for side, slots in faults_of(said).items():
        assert side in ("a", "b")
        assert all(value in FAULTS for values in slots.values() for value in values)


def look_of(name: str, *skus: str) -> dict[str, object]:
    return {"id": name, "items": [{"sku": sku} for sku in skus]}


def test_two_looks_are_as_unlike_as_they_can_be():
    first, same, near, far = (
        look_of("1", "a", "b", "c"),
        look_of("2", "a", "b", "c"),
        look_of("3", "a", "b", "d"),
        look_of("4", "e", "f"),
    )
    assert unlike([first], [same, near, far]) == [first, far]
    assert unlike([first, same], [first, same]) == []
    assert unlike([], [far]) == []


def test_what_can_be_composed_with_is_offered():
    sound, broken, served = (
        {"version": "2", "usable": True},
        {"version": "3", "usable": False},
        {"version": "1", "usable": True},
    )
    shelf = [
        {"kind": "style", "name": "base", "retired": False, "champion": None, "versions": []},
        {
            "kind": "style",
            "name": "house",
            "retired": False,
            "champion": "1",
            "versions": [served, sound, broken],
        },
        {"kind": "style", "name": "old", "retired": True, "champion": "1", "versions": [served]},
        {"kind": "retriever", "name": "retriever", "retired": False, "champion": "1", "versions": [served]},
    ]
    assert comparable(shelf) == ["base", "house", "house@2"]
