"""The widget as a store embeds it: one element on a page of another origin, in Chromium, over the sample store."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import unquote

import httpx
import pytest
from browsing import Browsing, Served, violations
from playwright.sync_api import Page, expect

WIDGET_BYTES = 30_000
_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>A product</title>
<style>stylist-look {{ --stylist-accent: rgb(90, 20, 60); --stylist-height: 40rem }}
stylist-look:not(:defined) {{ display: block; block-size: 40rem }}</style></head>
<body><main><h1>A product</h1><stylist-look sku="{sku}" key="{key}" {more}></stylist-look>
<p id="after">Delivery and returns</p></main><script src="{url}/widget.js"></script></body></html>"""
_SHIFTS = """window.shifts = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({ type: 'layout-shift', buffered: true });"""


@pytest.fixture(scope="module")
def sku(shop: Served) -> str:
    """A piece of the store."""
    headers = {"Authorization": f"Bearer {shop.shopper_key}"}
    query = {"q": "satin midi skirt", "in_stock": "true", "limit": "1"}
    found = httpx.get(f"{shop.url}/v1/items", params=query, headers=headers)
    return str(found.json()["items"][0]["sku"])


def embedded(browsing: Browsing, shop: Served, sku: str, more: str = "", **options: str) -> Page:
    """The store's product page, with the widget on it."""
    origin = options.get("origin", shop.site.origin)
    browsing.expected += [f"a request left the origin: {origin}"]
    page = browsing.page(shop, "/healthz")
    page.add_init_script(_SHIFTS)
    language = options.get("language", "en")
    shop.site.html = _PAGE.format(
        sku=escape(sku), key=shop.shopper_key, url=shop.url, more=more, language=language
    )
    page.goto(f"{origin}/product")
    return page


def test_a_look_is_completed_without_moving_the_page(browsing: Browsing, shop: Served, sku: str) -> None:
    page = embedded(browsing, shop, sku)
    before = page.evaluate("document.querySelector('#after').getBoundingClientRect().top")
    rows = page.locator("stylist-look li:not(.wait)")
    expect(page.locator("stylist-look li.this")).to_have_count(1)
    expect(page.locator("stylist-look .plate img")).to_be_visible()
    assert page.evaluate("document.querySelector('#after').getBoundingClientRect().top") == before
    assert page.evaluate("window.shifts") == 0
    assert rows.count() >= 3
    assert violations(page) == []

    basket = page.locator("stylist-look .basket")
    address = unquote(basket.get_attribute("href") or "")
    assert address.startswith("https://shop.example/cart/")
    assert len(address.removeprefix("https://shop.example/cart/").split(",")) == rows.count()
    assert basket.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(90, 20, 60)"

    titles = rows.all_inner_texts()
    page.get_by_role("button", name="Another look").click()
    expect(page.locator("stylist-look li.this")).to_have_count(1)
    assert rows.all_inner_texts() != titles
    expect(page.get_by_role("button", name="Another look")).to_be_focused()


def test_it_speaks_the_language_of_the_page(browsing: Browsing, shop: Served, sku: str) -> None:
    page = embedded(browsing, shop, sku, language="de")
    expect(page.get_by_role("heading", level=2)).to_have_text("Den Look vervollständigen")
    expect(page.locator("stylist-look .total span").last).to_have_text(re.compile(r"^\d+,\d\d\s€$"))


def test_what_cannot_be_had_is_said_in_its_place(browsing: Browsing, shop: Served) -> None:
    browsing.expected += ["404"]
    page = embedded(browsing, shop, '"><img src=x onerror="window.harm=1">')
    expect(page.locator("stylist-look .note")).to_have_text("No look for this piece right now.")
    assert page.evaluate("window.harm") is None
    assert page.evaluate("window.shifts") == 0


def test_a_site_that_is_not_configured_gets_nothing(browsing: Browsing, shop: Served, sku: str) -> None:
    browsing.expected += ["CORS", "Failed to load resource"]
    page = embedded(browsing, shop, sku, origin=shop.site.elsewhere)
    expect(page.locator("stylist-look .note")).to_have_text("No look for this piece right now.")


def test_it_is_small(shop: Served) -> None:
    script = httpx.get(f"{shop.url}/widget.js")
    assert len(script.content) < WIDGET_BYTES
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    known = {"If-None-Match": script.headers["etag"]}
    assert httpx.get(f"{shop.url}/widget.js", headers=known).status_code == 304
