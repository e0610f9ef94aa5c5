"""The console as staff use it: in Chromium, over the sample store."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from browsing import Browsing, Served, overflow, violations
from playwright.sync_api import Page, expect

import inventory_samples
from service.settings import Settings

FEED = Path(inventory_samples.__file__).parent / "store.jsonl"
PAGES = (
    "",
    "/feed",
    "/stock?q=MV-1201-CHP-38",
    "/pieces?q=silk",
    "/pieces?list=doubtful",
    "/rules",
    "/styles",
    "/styles/compare?vibe=rooftop+jazz+night&department=women",
    "/looks",
    "/looks/new",
    "/grading",
    "/charts",
    "/reports",
)


@pytest.fixture(scope="module")
def console(sample_store: Settings, serve) -> Served:
    """A service of its own: staff change what others would see."""
    return serve(sample_store.data_dir, staff=True)


def signed_in(browsing: Browsing, served: Served, path: str = "", **options: object) -> Page:
    page = browsing.page(served, "/staff", **options)
    page.get_by_label("Staff key").fill(served.staff_key)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    if path:
        page.goto(f"{served.url}/staff{path}")
    return page


def asked(served: Served, method: str, path: str, **options: object) -> httpx.Response:
    """What the API says to a staff key."""
    headers = {"Authorization": f"Bearer {served.staff_key}"}
    return httpx.request(method, served.url + path, headers=headers, timeout=60, **options)


def test_staff_log_in_and_out(browsing: Browsing, console: Served) -> None:
    browsing.expected.append("401")
    page = browsing.page(console, "/staff/rules")
    page.get_by_label("Staff key").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("this key is not known")
    page.get_by_label("Staff key").fill(console.staff_key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.locator(".state")).to_have_text("Outfits can be composed.")
    (cookie,) = (c for c in page.context.cookies() if c["name"] == "stylist_staff")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/staff")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Staff key")).to_be_visible()
    page.goto(f"{console.url}/staff/rules")
    expect(page.get_by_label("Staff key")).to_be_visible()


def test_stock_is_edited(browsing: Browsing, console: Served) -> None:
    page = signed_in(browsing, console, "/stock")
    page.get_by_label("A piece, by its name or SKU").fill("MV-1201-CHP-38")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("In stock of size 38").fill("0")
    page.get_by_label("Price of size 40").fill("49,50")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".said")).to_have_text("2 sizes changed; shoppers see it from now on.")
    sizes = {v["size"]: v for v in asked(console, "GET", "/v1/items/MV-1201-CHP-38").json()["variants"]}
    assert (sizes["38"]["quantity"], sizes["38"]["in_stock"], sizes["40"]["price"]) == (0, False, 49.5)


def test_a_rule_is_previewed_made_and_ended(browsing: Browsing, console: Served) -> None:
    page = signed_in(browsing, console, "/rules")
    wish = {"vibe": "rooftop jazz night", "department": "women", "seed": 1, "count": 3}
    before = asked(console, "POST", "/v1/outfits", json=wish).json()["outfits"]
    worn = before[0]["items"][0]
    page.get_by_label("Exclude").check()
    page.get_by_label("SKUs").fill(worn["sku"])
    page.get_by_label("Note").fill("On loan")
    page.get_by_label("Wish").fill(wish["vibe"])
    page.locator("#for").select_option("women")
    page.get_by_role("button", name="Preview").click()
    sides = page.locator("[data-preview] .sides > section")
    expect(sides).to_have_count(2)
    assert worn["title"] in sides.nth(0).inner_text()
    expect(sides.nth(1).locator(".plate img").first).to_be_visible()
    assert page.locator(".worn--changed").count() >= 2
    assert asked(console, "GET", "/v1/admin/rules").json() == []
    page.get_by_role("button", name="Make the rule").click()
    expect(page.get_by_role("cell", name="now")).to_be_visible()
    (rule,) = asked(console, "GET", "/v1/admin/rules").json()
    assert (rule["action"], rule["match"]["skus"], rule["note"]) == ("exclude", [worn["sku"]], "On loan")
    after = asked(console, "POST", "/v1/outfits", json=wish).json()["outfits"]
    assert worn["title"] not in [item["title"] for item in after[0]["items"] if item["sku"] == worn["sku"]]
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="End").click()
    expect(page.get_by_text("There is no rule")).to_be_visible()
    assert asked(console, "GET", "/v1/admin/rules").json() == []


def test_why_a_piece_is_not_shown(browsing: Browsing, console: Served) -> None:
    page = signed_in(browsing, console, "/pieces?q=MV-1201-CHP-40")
    page.get_by_text("Why was this never shown?").click()
    page.get_by_label("For the wish").fill("first snow walk")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("[data-why] p").first).not_to_be_empty()
    why = asked(
        console, "GET", "/v1/admin/items/MV-1201-CHP-40/why", params={"vibe": "first snow walk"}
    ).json()
    expect(page.locator("[data-why]")).to_contain_text(why["sentence"])


def test_a_look_is_authored(browsing: Browsing, console: Served) -> None:
    page = signed_in(browsing, console, "/looks/new")
    for words, slot in (("silk blouse", "top"), ("wide trousers", "bottom"), ("loafers", "shoes")):
        page.get_by_label("Name or SKU").fill(words)
        page.locator("#slot").select_option(slot)
        page.get_by_role("button", name="Find").click()
        shown = {"top": "Top", "bottom": "Trousers or skirt", "shoes": "Shoes"}[slot]
        expect(page.locator("#found .card--do").first).to_contain_text(shown)
        lay = page.locator("#found .card--do").first
        title = lay.locator(".card__title").inner_text()
        lay.get_by_role("button", name="Lay down").click()
        expect(page.locator("#table .worn")).to_contain_text(title)
    expect(page.locator("#table .worn li")).to_have_count(3)
    expect(page.locator("#table .plate img")).to_be_visible()
    page.get_by_role("button", name="Take away").last.click()
    expect(page.locator("#table .worn li")).to_have_count(2)
    page.get_by_label("The wish that it answers").fill("first day at the gallery")
    page.get_by_label("Why it works").fill("Quiet colours.")
    page.locator("#season").select_option("autumn")
    page.get_by_role("button", name="Save and approve").click()
    expect(page.locator(".laid__title")).to_have_text("first day at the gallery")
    (look,) = asked(console, "GET", "/v1/admin/looks").json()["looks"]
    assert (look["status"], look["season"], look["why"]) == ("approved", "autumn", "Quiet colours.")
    assert set(look["pieces"]) == {"top", "bottom"}
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".tag")).to_have_text("rejected")


def test_two_looks_are_graded(browsing: Browsing, console: Served) -> None:
    page = signed_in(browsing, console, "/grading")
    page.get_by_label("Wish").fill("rooftop jazz night")
    page.locator("#department").select_option("women")
    page.get_by_role("button", name="Compose two").click()
    expect(page.locator(".pair .plate img")).to_have_count(2)
    page.locator(".pair").get_by_text("Fault").first.click()
    page.get_by_label("wrong season").first.check()
    page.get_by_role("radio", name="B", exact=True).check()
    page.get_by_label("5, a stylist would sign it").check()
    assert violations(page) == []
    page.get_by_role("button", name="Keep, and the next two").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    expect(page.locator(".pair .plate img")).to_have_count(2)
    (line,) = asked(console, "GET", "/v1/admin/grades").text.splitlines()
    grade = json.loads(line)
    assert (grade["vibe"], grade["chosen"], grade["grade"]) == ("rooftop jazz night", "b", 5)
    assert [*grade["faults"]["a"].values()] == [["season"]]
    assert {i["sku"] for i in grade["a"]["items"]} != {i["sku"] for i in grade["b"]["items"]}


def test_charts_are_drawn_and_told(browsing: Browsing, console: Served) -> None:
    asked(console, "POST", "/v1/outfits", json={"vibe": "gala", "budget": {"max": 1}, "experiment": "arm-b"})
    page = signed_in(browsing, console, "/charts")
    expect(page.locator(".chart canvas")).to_have_count(2)
    expect(
        page.locator("section", has_text="What could not be had").get_by_role(
            "row", name=re.compile("Budget")
        )
    ).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("arm-b"))).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    expect(page.locator(".chart canvas")).to_have_count(2)


def test_a_feed_is_tried_applied_and_rolled_back(browsing: Browsing, console: Served, tmp_path: Path) -> None:
    lines = FEED.read_text(encoding="utf-8").splitlines()
    feed = tmp_path / "spring.jsonl"
    feed.write_text("\n".join([*lines[:-3], '{"sku": "BROKEN-1", "price": "a lot"}']), encoding="utf-8")
    before = asked(console, "GET", "/v1/admin/index").json()["version"]
    page = signed_in(browsing, console, "/feed")
    page.get_by_label("Files").set_input_files(feed)
    page.get_by_role("button", name="Try it").click()
    job = page.locator("[data-job=done]")
    expect(job.get_by_role("heading", name="What would change")).to_be_visible(timeout=180_000)
    expect(job).to_contain_text("spring.jsonl")
    expect(job).to_contain_text("BROKEN-1")
    assert asked(console, "GET", "/v1/admin/index").json()["version"] == before
    assert violations(page) == []
    page.get_by_role("button", name="Apply it").click()
    expect(page.get_by_role("heading", name="The new index is served")).to_be_visible(timeout=180_000)
    after = asked(console, "GET", "/v1/admin/index").json()["version"]
    assert after != before
    page.goto(f"{console.url}/staff")
    expect(page.locator("#rejected")).to_contain_text("BROKEN-1")
    assert violations(page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"Roll back to {before}").click()
    expect(page.locator(".facts")).to_contain_text(before)
    assert asked(console, "GET", "/v1/admin/index").json()["version"] == before


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_everybody_can_work_with_it(browsing: Browsing, console: Served, theme: str, width: int) -> None:
    page = browsing.page(console, "/staff", color_scheme=theme, width=width)
    assert violations(page) == []
    page = signed_in(browsing, console, color_scheme=theme, width=width)
    for path in PAGES:
        page.goto(f"{console.url}/staff{path}")
        assert violations(page) == [], path
        assert overflow(page) <= 0, path


def test_hostile_and_endless_titles_stay_text(browsing: Browsing, hostile: Served) -> None:
    for path in (
        "/staff/stock?q=dress",
        "/staff/pieces?q=dress",
        "/staff/styles/compare?vibe=party&department=women",
    ):
        page = browsing.page(hostile, path, width=360)
        assert page.evaluate("window.harm") is None
        text = page.locator("main").inner_text()  # looks are composed of other pieces than the search finds
        assert "<script>" in text or '"> gone' in text
        assert overflow(page) <= 0, path
