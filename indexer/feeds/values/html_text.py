"""HTML fragments -> plain text, in time linear in their length. Knows no feed."""

from __future__ import annotations

import html
import re

_MAX_CHARS = 60_000  # of markup read; far above any product description

_DROPPED = tuple(
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (("<!--", "-->"), (r"<script\b", r"</script\s*>"), (r"<style\b", r"</style\s*>"))
)
_BREAK = re.compile(r"<(?:br|/p|/li|/div|/h[1-6]|/tr|/ul|/ol)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def html_to_text(markup: str) -> str:
    """The words of `markup`, one line per block. Text without markup comes back unchanged but trimmed."""
    text = markup[:_MAX_CHARS]
    if "&lt;" in text and "<" not in text:
        text = html.unescape(text)  # exports that escape the markup itself
    if "<" in text:
        for opening, closing in _DROPPED:
            text = _without(text, opening, closing)
        text = _TAG.sub(" ", _BREAK.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _without(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """The text outside each pair of marks. One that is never closed stays: a lazy regex would look for its end
    from every opening anew, which takes quadratic time."""
    kept, at = [], 0
    while (start := opening.search(text, at)) and (end := closing.search(text, start.end())):
        kept.append(text[at : start.start()])
        at = end.end()
    return " ".join([*kept, text[at:]])
