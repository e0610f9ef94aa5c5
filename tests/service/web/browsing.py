"""Pages as a browser shows them, held to what holds for all: one origin, no inline script, nothing in the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from store_site import StoreSite

_SERIOUS = ("serious", "critical")
_WAIT_MS = 60_000


@dataclass(frozen=True)
class Served:
    """A running service. Keys are empty where none were made."""

    url: str
    staff_key: str
    root: Path
    shopper_key: str
    site: StoreSite
    """The one other site that may ask."""


@dataclass
class Browsing:
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of lines of the console that a test brings about on purpose."""

    def page(self, served: Served, path: str = "/", **options: Any) -> Page:
        """A page of its own browser profile, opened at a path."""
        width = options.pop("width", 1440)
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, locale=options.pop("locale", "en-GB"), **options
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_WAIT_MS)
        page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._sent(request.url, served.url))
        page.goto(served.url + path)
        return page

    def _sent(self, url: str, origin: str) -> None:
        if not url.startswith((origin + "/", "data:", "blob:")):
            self.faults.append(f"a request left the origin: {url}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        faults = [fault for fault in self.faults if not any(part in fault for part in self.expected)]
        assert faults == []


def composed(page: Page, wish: str | None = None) -> Page:
    """Asks for a wish, or for what the address says, and waits for the whole answer."""
    if wish is not None:
        page.fill("#wish-text", wish)
        page.keyboard.press("Enter")
    page.wait_for_selector("#state", state="attached")
    page.wait_for_selector("#answer:not([aria-busy])")
    return page


def violations(page: Page) -> list[str]:
    """What of the page is seriously hard to use for some, as axe-core sees it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['help']}: {[node['html'][:160] for node in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in _SERIOUS
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
