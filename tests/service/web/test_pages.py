"""The shopper page without a browser: who gets in, what may be asked from it, and what stands in the HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fake_recommender import FakeRecommender, piece
from hypothesis import given
from hypothesis import strategies as st

from service.localization.catalogues import LANGUAGES
from service.web.sessions import LIFETIME, Sessions
from service.web.shop.look import unpacked
from service.web.shop.reading import chips, said
from service.web.shop.wish import Wish

pytestmark = pytest.mark.anyio

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '"><hx-partial hx-target="body">gone</hx-partial>',
    "' hx-get='/staff' hx-trigger='load' x='",
    "javascript:alert(1)",
    "line\u2028break \u202e\x07 {{ 7 * 7 }}",
]


class Elements(HTMLParser):
    """The elements of some HTML, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def streamed(body: str) -> str:
    """The HTML of a stream's messages."""
    return "\n".join(line.removeprefix("data: ") for line in body.splitlines())


async def test_a_wish_is_answered_piece_by_piece(visits):
    async with visits() as visitor:
        await visitor.open()
        answer = await visitor.post("/ui/compose", wish="rooftop jazz", count="2", seed="7")
        assert answer.headers["content-type"].startswith("text/event-stream")
        messages = answer.text.split("\n\n")
        assert sum("look__title" in message for message in messages) == 2
        text = streamed(answer.text)
        assert "Silk camisole" in text
        assert "Black goes with white." in text
        assert 'data-query="wish=rooftop+jazz&amp;count=2&amp;seed=7"' in text
        events = visitor.services.feedback.lines()
        assert sorted(re.search(r'"outfit_id":"([^"]+)"', line)[1] for line in events) == ["7-0", "7-1"]


async def test_the_form_is_sent_as_it_was_filled_in(visits):
    fake = FakeRecommender()
    async with visits(fake) as visitor:
        asked = []
        compose = fake.compose
        fake.compose = lambda request, *rest: asked.append(request) or compose(request, *rest)
        await visitor.open()
        fields = {
            "wish": " walk ",
            "department": "men",
            "budget": "180,50",
            "temperature": "-4",
            "snow": "1",
            "size_shoes": "43, 44",
            "anchor": ["T/1", "T/1"],
            "season": "winter",
            "occasion": "dinner",
        }
        answer = await visitor.post("/ui/compose", **fields)
        assert answer.status_code == 200, answer.text
        (request,) = asked
        assert request.model_dump(exclude_defaults=True) == {
            "vibe": "walk",
            "explain": True,
            "department": "men",
            "occasion": "dinner",
            "season": "winter",
            "weather": {"temperature_c": -4.0, "snow": True},
            "budget": {"max": 180.5},
            "sizes": {"shoes": ["43", "44"]},
            "anchors": ["T/1"],
        }


async def test_what_cannot_be_meant_is_named(visits):
    async with visits() as visitor:
        await visitor.open()
        answer = await visitor.post("/ui/compose", wish="jazz", budget="cheap")
        assert answer.status_code == 422
        assert "budget.max" in answer.text
        assert (await visitor.post("/ui/compose", wish="  ")).status_code == 422


async def test_nothing_is_asked_from_elsewhere(visits):
    async with visits() as visitor:
        nobody = await visitor.client.post("/ui/compose", data={"wish": "jazz"})
        assert nobody.status_code == 401
        await visitor.open()
        good = dict(visitor.headers)
        for headers in (
            {},
            good | {"X-CSRF-Token": "made.up"},
            good | {"Sec-Fetch-Site": "cross-site"},
            good | {"Sec-Fetch-Site": "same-site"},
            good | {"Origin": "https://evil.example"},
        ):
            answer = await visitor.client.post("/ui/compose", data={"wish": "jazz"}, headers=headers)
            assert answer.status_code == 403, headers
        fine = good | {"Sec-Fetch-Site": "same-origin", "Origin": "http://test"}
        assert (
            await visitor.client.post("/ui/compose", data={"wish": "jazz"}, headers=fine)
        ).status_code == 200
        before = dict(visitor.client.cookies)
        await visitor.client.get("/")  # goes on with the same session
        assert dict(visitor.client.cookies) == before
        visitor.client.cookies.clear()
        await visitor.client.get("/")
        stale = await visitor.client.post("/ui/compose", data={"wish": "jazz"}, headers=good)
        assert stale.status_code == 403  # the token is another session's


async def test_once_there_are_keys_the_page_goes_on_and_the_api_does_not(visits):
    async with visits() as visitor:
        visitor.services.keys.add("shopper")
        await visitor.open()
        assert (await visitor.post("/ui/compose", wish="jazz")).status_code == 200
        assert (await visitor.get("/ui/pieces", q="silk")).status_code == 200
        assert (await visitor.client.post("/v1/outfits", json={"vibe": "jazz"})).status_code == 401
        assert (await visitor.client.get("/v1/admin/styles")).status_code == 401


async def test_the_page_can_be_switched_off(visits):
    async with visits(shopper_page=False) as visitor:
        for path in ("/", "/looks/7-0", "/ui/pieces?q=silk"):
            assert (await visitor.client.get(path)).status_code == 404


async def test_the_cookie_is_out_of_reach(visits):
    async with visits() as visitor:
        page = await visitor.client.get("/")
        cookie = page.headers["set-cookie"].lower()
        assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        elements = Elements(page.text)
        assert [a for tag, a in elements.found if tag == "script" and "src" not in a] == []
        assert [
            name for _, a in elements.found for name in a if name.startswith("on") or name == "style"
        ] == []


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_titles_stay_text(visits, text):
    shelf = [
        piece("T/1", "top", text, 40.0, color=text, brand=text).model_copy(update={"url": text}),
        piece("B/1", "bottom", "Trousers", 60.0),
    ]
    async with visits(FakeRecommender(shelf)) as visitor:
        await visitor.open()
        answer = await visitor.post("/ui/compose", wish=text, count="1", seed="1")
        pages = [streamed(answer.text)]
        pages.append((await visitor.get("/ui/pieces", q=text[:3])).text)
        pages.append((await visitor.get("/looks/1-0")).text)
        pages.append(
            (await visitor.client.get("/", params={"wish": text, "anchor": "T/1", "own": text})).text
        )
        for page in pages:
            elements = Elements(page)
            attributes = [(tag, name) for tag, a in elements.found for name in a]
            assert "onerror" not in {name for _, name in attributes}
            assert not any(a.get("hx-get") == "/staff" for _, a in elements.found)
            assert not any((a.get("href") or "").startswith("javascript:") for _, a in elements.found)
            assert not any(tag == "script" and "src" not in a for tag, a in elements.found)
            assert not any(a.get("hx-target") == "body" for _, a in elements.found)
            assert "49" not in elements.words.split()


async def test_a_look_can_be_changed_and_keeps_its_turns(visits):
    shelf = [
        piece("T/1", "top", "Camisole", 40.0),
        piece("T/2", "top", "Shirt", 45.0),
        piece("B/1", "bottom", "Trousers", 60.0),
        piece("S/1", "shoes", "Sandals", 50.0),
    ]
    async with visits(FakeRecommender(shelf)) as visitor:
        await visitor.open()
        await visitor.post("/ui/compose", wish="jazz", count="1", seed="1")
        others = await visitor.get("/ui/looks/1-0/others", slot="top")
        assert "Shirt" in others.text
        chosen = await visitor.post("/ui/looks/1-top-0/chosen", old="1-0", slot="top", place="0")
        assert chosen.status_code == 200, chosen.text
        turns = unpacked(re.findall(r'name="turn" value="([^"]*)"', chosen.text))
        assert [(turn.outfit_id, turn.label) for turn in turns] == [("1-0", ""), ("1-top-0", "Shirt")]
        types = [re.search(r'"type":"(\w+)"', line)[1] for line in visitor.services.feedback.lines()]
        assert types == ["impression", "swap"]
        back = await visitor.post("/ui/looks/1-0/card", turn=[t.packed() for t in turns], place="0")
        assert "Camisole" in back.text
        assert 'name="turn"' not in back.text
        gone = await visitor.post("/ui/looks/nothing/remove", slot="top")
        assert gone.status_code == 404


async def test_what_the_service_cannot_do_is_not_offered(visits):
    async with visits() as visitor:
        page = await visitor.open()
        answer = await visitor.post("/ui/compose", wish="jazz", count="1")
        refine = await visitor.client.post("/v1/outfits/nothing/refine", json={"say": "warmer"})
        critique = await visitor.client.post("/v1/outfits/critique", json={"skus": ["T/1"]})
        assert ("look__change" in answer.text) == ("no such path" not in refine.text)
        assert ("t-critique" in page.text) == (critique.status_code not in (404, 405))


async def test_without_a_picture_there_is_a_calm_placeholder(visits):
    async with visits() as visitor:
        await visitor.open()
        picture = await visitor.get("/ui/looks/nothing/picture.svg", theme="dark")
        assert picture.status_code == 200
        assert picture.headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_the_language_that_is_asked_for(visits, language):
    async with visits() as visitor:
        page = await visitor.client.get("/", headers={"Accept-Language": f"{language}-XX, en;q=0.5"})
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.text
        chosen = await visitor.client.get("/?lang=fr", headers={"Accept-Language": language})
        assert '<html lang="fr"' in chosen.text
        again = await visitor.client.get("/", headers={"Accept-Language": language})
        assert '<html lang="fr"' in again.text


async def test_files_are_named_by_their_content_and_kept(visits):
    async with visits() as visitor:
        page = await visitor.client.get("/")
        address = re.search(r'href="(/assets/[^"]+base\.css)"', page.text)[1]
        file = await visitor.client.get(address)
        assert "immutable" in file.headers["cache-control"]
        assert file.headers["content-encoding"] == "gzip"
        plain = await visitor.client.get(address, headers={"Accept-Encoding": "identity"})
        assert (plain.text, "content-encoding" in plain.headers) == (file.text, False)
        other = await visitor.client.get(re.sub(r"/assets/\w+/", "/assets/0/", address))
        assert other.headers["cache-control"] == "no-cache"
        for bad in ("/assets/0/nothing.css", "/assets/0/../visit.py", "/assets/0/%2e%2e/visit.py"):
            assert (await visitor.client.get(bad)).status_code == 404


def test_sessions_end_and_cannot_be_made_up(tmp_path, monkeypatch):
    sessions = Sessions(tmp_path)
    session, cookie = sessions.begin("staff", "k1")
    assert sessions.read(cookie, "staff") == session
    assert sessions.read(cookie, "shopper") is None
    assert Sessions(tmp_path).read(cookie, "staff") == session
    assert Sessions(tmp_path / "other").read(cookie, "staff") is None
    assert sessions.is_token(session, sessions.token(session))
    assert not sessions.is_token(sessions.begin("staff", "k1")[0], sessions.token(session))
    assert (tmp_path / "pages.secret").stat().st_mode & 0o077 == 0
    monkeypatch.setitem(LIFETIME, "staff", -1)
    assert sessions.read(cookie, "staff") is None


def test_what_was_understood_becomes_chips():
    understood = [
        {"text": "no heels", "field": "exclude.attributes", "value": "heel", "source": "words"},
        {"text": "under 200", "field": "budget.max", "value": 200.0, "source": "words"},
        {"text": "", "field": "department", "value": "women", "source": "guess"},
        {"text": "38", "field": "sizes.dress", "value": ["38"], "source": "field"},
        {"text": "?"},
    ]
    found = chips(understood)
    assert [said(chip, str) for chip in found] == ["No heel", "Up to 200", "Women", "Dress 38"]
    assert [chip.words for chip in found] == ["no heels", "under 200", "", ""]
    assert [chip.control for chip in found] == ["", "budget", "department", "size_dress"]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=20))
def test_any_form_becomes_a_request_or_is_left_out(pairs):
    wish = Wish.of(pairs)
    assert isinstance(wish.body(), dict)
    assert isinstance(wish.query(1), str)


@given(st.lists(st.text(max_size=300), max_size=30))
def test_any_turns_can_be_carried(texts):
    turns = unpacked(texts)
    assert unpacked([turn.packed() for turn in turns]) == turns
