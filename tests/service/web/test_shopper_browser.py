"""The shopper page as shoppers use it: in Chromium, over the sample store."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from browsing import Browsing, Served, composed, overflow, violations
from playwright.sync_api import Page, expect

WISH = "rooftop jazz night, warm evening"
FIRST_PAGE_BYTES = 150_000


def titles(page: Page) -> list[str]:
    return page.locator(".look__title").all_text_contents()


def pieces(page: Page, look: int = 0) -> list[str]:
    """Titles of a look's pieces."""
    return [
        text.strip() for text in page.locator(".look").nth(look).locator(".piece__title").all_text_contents()
    ]


def skus(page: Page) -> list[str]:
    """SKUs of the first look's pieces."""
    boxes = page.locator(".look").first.locator("[name=keep]")
    return [box.get_attribute("value") or "" for box in boxes.all()]


def test_the_first_page_is_light_and_asks_nobody_else(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop, "/healthz")
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(shop.url)
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= 8
    assert sum(sizes) < FIRST_PAGE_BYTES


def test_a_wish_is_dressed_by_keyboard_alone(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop)
    expect(page.locator("#wish-text")).to_be_focused()
    page.keyboard.type(WISH)
    page.keyboard.press("Enter")
    composed(page)
    assert len(titles(page)) == 3
    expect(page.locator("#announce")).to_have_text("3 looks, from what is in stock now")
    for n, look in enumerate(page.locator(".look").all()):
        expect(look.locator(".total b")).to_have_text(re.compile(r"^€\d+\.00$"))
        assert look.locator(".why").inner_text().strip()
        aloud = look.locator("figure img").get_attribute("alt") or ""
        assert [name for name in pieces(page, n) if name not in aloud] == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_the_address_gives_the_same_looks_again(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop), WISH)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["wish"] == [WISH]
    assert asked["seed"]
    before = [pieces(page, n) for n in range(3)]
    page.reload()
    composed(page)
    assert [pieces(page, n) for n in range(3)] == before
    page.click("#go")  # once more is another answer
    composed(page)
    assert parse_qs(urlsplit(page.url).query)["seed"] != asked["seed"]


def test_what_is_set_in_the_bar_binds(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop)
    page.click("[data-facet=department] summary")
    page.check("[name=department][value=men]")
    page.click("[data-facet=budget] summary")
    page.fill("#budget", "180,50")
    page.click("[data-facet=sizes] summary")
    page.fill("#size-shoes", "43")
    page.click("[data-facet=style] summary")
    page.check("[name=count][value='6']")
    shown = page.locator("[data-facet-value]").all_text_contents()
    assert shown == ["Men", "Any", "Any", "180,50 EUR", "Shoes 43", "Any"]
    composed(page, "long walk, then a pub")
    looks = page.locator(".look").all()
    assert 1 <= len(looks) <= 6
    for look in looks:
        total = look.locator(".total b").inner_text()
        assert float(total.removeprefix("€")) <= 180.50
        assert "size 43" in look.locator(".piece__about", has_text="Shoes").inner_text()


def test_an_example_is_a_wish(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop)
    text = page.locator("[data-example]").nth(1).inner_text()
    page.locator("[data-example]").nth(1).click()
    composed(page)
    expect(page.locator("#wish-text")).to_have_value(text)
    assert titles(page)


def test_a_piece_is_swapped_and_the_turn_taken_back(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop), WISH)
    before = pieces(page)
    others = pieces(page, 1)
    page.locator(".look").first.get_by_role("button", name=f"Swap {before[0]}").click()
    choice = page.locator("#sheet .found li").first
    expect(page.locator("#sheet")).to_be_visible()
    instead = choice.locator("b").inner_text()
    choice.get_by_role("button").click()
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator(".look").first.locator(".piece__title").first).to_have_text(instead)
    assert pieces(page)[1:] == before[1:]
    assert pieces(page, 1) == others
    turns = page.locator(".look").first.locator(".turns li")
    expect(turns).to_have_count(2)
    expect(turns.last).to_have_text(instead)
    turns.first.get_by_role("button").click()
    expect(page.locator(".look").first.locator(".turns")).to_have_count(0)
    assert pieces(page) == before


def test_pieces_are_kept_removed_and_added(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop, "/?wish=office&department=women&count=1"))
    look = page.locator(".look")
    before, worn = pieces(page), skus(page)
    expect(look.get_by_role("button", name="Restyle around what you keep")).to_be_hidden()
    look.locator(".piece").first.locator(".keep").click()
    look.get_by_role("button", name="Restyle around what you keep").click()
    expect(look.locator(".turns li")).to_have_count(2)
    assert pieces(page)[0] == before[0]
    assert set(skus(page)) & set(worn) == {worn[0]}

    last = pieces(page)[-1]
    count = len(pieces(page))
    look.get_by_role("button", name=f"Remove {last}").click()
    expect(look.locator(".piece")).to_have_count(count - 1)
    assert last not in pieces(page)
    expect(look.locator(".turns li").last).to_contain_text("−")

    look.get_by_text("Add a piece").click()
    look.locator(".adds button").first.click()
    expect(look.locator(".piece")).to_have_count(count)
    expect(look.locator(".turns li").last).to_contain_text("+")


def test_opinions_become_feedback(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop), WISH)
    look = page.locator(".look").first
    liked = look.get_attribute("data-look")
    look.get_by_role("button", name="Like").click()
    expect(look.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    look.get_by_role("button", name="Not for me").click()
    expect(look.get_by_role("button", name="Not for me")).to_have_attribute("aria-pressed", "true")
    export = httpx.get(
        f"{shop.url}/v1/admin/feedback/export", headers={"Authorization": f"Bearer {shop.staff_key}"}
    )
    told = [line for line in export.text.splitlines() if f'"outfit_id":"{liked}"' in line]
    assert [re.search(r'"type":"(\w+)"', line)[1] for line in told] == ["impression", "like", "dislike"]


def test_looks_are_saved_in_the_browser(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop), WISH)
    look = page.locator(".look").nth(1)
    title = look.locator(".look__title").inner_text()
    look.get_by_role("button", name="Save").click()
    expect(look.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    page.reload()
    composed(page)
    page.locator("[data-saved]").click()
    expect(page.locator("#sheet .found li")).to_have_count(1)
    expect(page.locator("#sheet .found b")).to_have_text(title)
    page.locator("#sheet [data-forget]").click()
    expect(page.locator("#sheet")).to_contain_text("Nothing is saved yet")


def test_a_look_is_shared_by_its_address(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop, permissions=["clipboard-read", "clipboard-write"]), WISH)
    look = page.locator(".look").first
    before = pieces(page)
    look.get_by_role("button", name="Share").click()
    expect(look.locator(".look__note")).to_have_text("The link is copied.")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{shop.url}/looks/{look.get_attribute('data-look')}"
    other = browsing.page(shop, urlsplit(address).path)
    assert pieces(other) == before
    expect(other.locator(".status")).to_have_text("Exactly as composed, and still available.")
    other.get_by_role("button", name=f"Swap {before[-1]}").click()
    other.locator("#sheet .found button").first.click()
    expect(other.locator(".turns li")).to_have_count(2)


def test_all_pieces_go_into_the_basket_by_one_link(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop), WISH)
    link = page.locator(".look").first.get_by_role("link", name="Add all to basket")
    address = link.get_attribute("href") or ""
    assert address == f"https://shop.example/cart/{','.join(skus(page))}"


def test_a_look_is_built_around_a_piece_that_was_found(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop)
    page.get_by_role("button", name="Start from a piece in the shop").click()
    page.keyboard.type("pleated skirt")
    found = page.locator("#found li").first
    name = found.locator("b").inner_text()
    found.get_by_role("button").click()
    expect(page.locator("#given li")).to_contain_text(name)
    composed(page, "gallery opening")
    for n in range(3):
        assert name in pieces(page, n)
    page.reload()
    expect(page.locator("#given li")).to_contain_text(name)
    page.locator("#given [data-remove]").click()
    expect(page.locator("#given li")).to_have_count(0)


def test_what_cannot_be_had_is_said_and_can_be_lifted(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop, "/?wish=black+tie+gala&department=women&budget=20"))
    expect(page.locator("#lacks h2")).to_have_text("Nothing in stock fits all of that.")
    expect(page.locator(".look")).to_have_count(0)
    page.get_by_role("button", name="Drop this").click()
    composed(page)
    expect(page.locator("#budget")).to_have_value("")
    assert titles(page)


def test_what_goes_wrong_is_said_and_the_page_goes_on(browsing: Browsing, shop: Served) -> None:
    browsing.expected += ["422", "Failed to load resource", "htmx", "503"]
    page = browsing.page(shop, "/?budget=nonsense")
    page.fill("#wish-text", WISH)
    page.click("#go")
    expect(page.locator("#lacks [role=alert]")).to_contain_text("budget.max")
    page.fill("#wish-text", WISH)
    page.click("[data-facet=budget] summary")
    page.fill("#budget", "")
    page.context.set_offline(True)
    page.click("#go")
    expect(page.locator("#lacks [role=alert]")).to_have_text("No connection. Try again.")
    page.context.set_offline(False)
    composed(page, WISH)
    expect(page.locator("#lacks [role=alert]")).to_have_count(0)
    assert titles(page)


def test_what_was_understood_can_be_taken_back_or_said_otherwise(browsing: Browsing, shop: Served) -> None:
    wish = "dressed for a garden party with friends"
    page = browsing.page(shop, "/?size_shoes=39&count=1")
    composed(page, f"{wish}, no heels, 4711, under 200")
    shown = [text.split("\n")[0].split(":")[0] for text in page.locator("#read .chip__say").all_inner_texts()]
    assert {"No heel", "Up to 200", "Shoes 39", "Women"} <= {*shown}
    expect(page.locator("#read")).to_contain_text("Not understood: 4711")

    page.get_by_role("button", name="Leave out No heel", exact=True).click()
    composed(page)
    expect(page.locator("#wish-text")).to_have_value(f"{wish}, 4711, under 200")

    page.locator(".chip__say", has_text="Up to 200").click()
    page.locator(".chip__edit:popover-open input").fill("under 300")
    assert violations(page) == []
    page.keyboard.press("Enter")
    composed(page)
    expect(page.locator("#wish-text")).to_have_value(f"{wish}, 4711, under 300")

    page.locator(".chip__say", has_text="Women").click()
    page.locator(".chip__edit:popover-open select").select_option("men")
    page.locator(".chip__edit:popover-open").get_by_role("button", name="Compose again").click()
    composed(page)
    expect(page.locator("[data-facet=department] [data-facet-value]")).to_have_text("Men")

    page.get_by_role("button", name="Leave out Shoes 39").click()
    composed(page)
    expect(page.locator("#size-shoes")).to_have_value("")


def test_a_piece_of_ones_own_is_dressed_around(browsing: Browsing, shop: Served) -> None:
    page = browsing.page(shop, "/?department=women&count=1")
    page.get_by_role("button", name="Name a piece you own").click()
    page.keyboard.type("red leather ankle boots")
    page.keyboard.press("Enter")
    expect(page.locator("#given li")).to_contain_text("red leather ankle boots")
    composed(page, "dinner with friends, my black leather jacket")
    look = page.locator(".look")
    owned = ["Yours: red leather ankle boots", "Yours: black leather jacket"]
    expect(look.locator(".own")).to_have_text(owned)
    about = " ".join(look.locator(".piece__about").all_inner_texts())
    assert "Shoes" not in about
    assert "Coat or jacket" not in about
    look.locator(".piece").first.get_by_role("button", name="Swap").click()
    page.locator("#sheet .found button").first.click()
    expect(look.locator(".turns li")).to_have_count(2)
    expect(look.locator(".own")).to_have_text(owned)


def test_a_look_is_refined_in_words_turn_by_turn(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop, "/?wish=office&department=women&count=1&seed=3"))
    look = page.locator(".look")
    before = pieces(page)
    box = look.get_by_label("What should change?")
    box.fill("another bag")
    page.keyboard.press("Enter")
    expect(look.locator(".turns li")).to_have_count(2)
    expect(look.locator(".turns li").last).to_have_text("another bag")
    assert len(set(before) - set(pieces(page))) == 1
    look.get_by_label("What should change?").fill("cheaper")
    look.get_by_role("button", name="Change").click()
    expect(look.locator(".turns li").last).to_have_text("cheaper")
    look.locator(".turns button").first.click()
    expect(look.locator(".turns")).to_have_count(0)
    assert pieces(page) == before


def test_hostile_and_endless_titles_stay_text_and_in_their_place(browsing: Browsing, hostile: Served) -> None:
    page = composed(browsing.page(hostile, "/?department=women&count=10", width=360), "garden party")
    assert page.locator(".look").count() >= 3
    assert overflow(page) == 0
    assert page.evaluate("window.harm") is None
    assert "<script>" in " ".join(pieces(page, n)[0] for n in range(page.locator(".look").count()))
    assert violations(page) == []
    wide = composed(browsing.page(hostile, "/?department=women&count=10"), "garden party")
    assert overflow(wide) == 0


def test_the_documents_work_without_the_internet(browsing: Browsing, hostile: Served) -> None:
    page = browsing.page(hostile, "/docs")
    page.locator(".opblock", has_text="/v1/styles").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_everybody_can_use_it(browsing: Browsing, shop: Served, theme: str, width: int) -> None:
    page = browsing.page(shop, color_scheme=theme, width=width, reduced_motion="reduce")
    assert violations(page) == []
    assert overflow(page) == 0
    page.click("[data-facet=style] summary")
    assert violations(page) == []
    page.keyboard.press("Escape")
    composed(page, "an exceedinglylongwordthatnobodywouldeverwritebutstill " + WISH)
    assert violations(page) == []
    assert overflow(page) == 0
    page.locator(".look").first.get_by_role("button", name="Swap").first.click()
    page.wait_for_selector("#sheet .found")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.goto(f"{shop.url}/?wish=gala&budget=1&department=women")
    composed(page)
    assert violations(page) == []
    assert overflow(page) == 0
    browsing.expected.append("404")
    page.goto(f"{shop.url}/looks/nothing")
    assert violations(page) == []


def test_the_theme_can_be_chosen(browsing: Browsing, shop: Served) -> None:
    page = composed(browsing.page(shop, color_scheme="light"), WISH)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    expect(page.locator(".look img").first).to_have_attribute("src", re.compile("theme=dark"))
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
