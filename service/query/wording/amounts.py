"""Numbers in a wish, with the money, degrees or years that stand beside them. Decides nothing of what they are for.

Written in digits of any script or in words, grouped or not: "1.200,50 €", "£80", "1k", "a hundred quid", "1万5千円",
"٢٠٠ درهم", "minus ten". What is said of a garment's size is another module's business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from indexer.taxonomy.phrases import parse_table
from service.query.wording.number_words import spelled_numbers
from service.query.wording.words import key_of

_MARKS = {"٫": ".", "٬": ",", "￥": "¥", "＄": "$", "％": "%"}
_WIDE_MARK = re.compile(r"(?<=\d)[．，](?=\d)")
"""A wide comma parts clauses, unless digits stand on both sides."""
_GAP = r"[ \u00a0\u2009\u202f]"
_DIGITS = re.compile(
    rf"(?<![\d.,])(?:\d{{1,3}}(?:{_GAP}\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,3}}(?:['’]\d{{3}})+(?:\.\d{{1,2}})?"
    r"|\d+(?:[.,]\d+)*)(?!\d)"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+")
_TIMES = {"k": 1000.0, "K": 1000.0, "千": 1000.0, "仟": 1000.0, "百": 100.0, "万": 10_000.0, "萬": 10_000.0}
_TIMES_WORDS = re.compile(
    r"\s?(?P<k>[kK])(?![\w])|\s?(?P<thousand>mille?|mila|mil|tys\.?|tysi[aą]c\w*|tausend|duizend|thousand|grand"
    r"|ألف|الف|آلاف|الاف)(?!\w)",
    re.IGNORECASE,
)
_IDEOGRAPHIC_TIMES = re.compile(
    r"(?P<big>[万萬千仟百]|まん)(?:(?P<rest>\d+)(?P<small>[千仟百]?)|(?P<half>半))?"
)
_MINUS = re.compile(
    r"(?:(?<![\w\d])[-−–]|\b(?:minus|moins|menos|meno|min)\s|零下|負|氷点下|マイナス|سالب\s?|تحت الصفر\s?)\s?$",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r"\s?(?:°\s?(?P<scale>[cf])?|º\s?(?P<scale2>[cf])?|(?P<bare>[cf])(?![\w])"
    r"|(?:degrees?|grad|degr[eé]s?|grados?|gradi|graus?|graden|stopni\w*|度|درج[ةات]+)(?:\s(?P<scale3>c|f|celsius|fahrenheit)\b)?"
    r"|(?P<scale4>celsius|fahrenheit)\b)",
    re.IGNORECASE,
)
_FAHRENHEIT_FROM = 50.0
"""Nobody dresses for 50 °C: degrees without a scale from here on are Fahrenheit."""
_YEARS = re.compile(
    r"[- ]?(?:years?|yrs?|y/?o\b|yo\b|ans?\b|jahr\w*|j[äa]hrig\w*|a[ñn]os?|a[nñ]itos|anni|anos?|jaar"
    r"|lat(?:ek|a)?\b|latk\w+|岁|歲|歳|才|سن\w+|عام\w*|months?|monat\w*|mois|meses|mesi|maanden|miesi\w+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number at characters `start` up to `end`. `currency` and its characters, where money stands beside it.

    `celsius` is the number as a temperature, with its sign and scale. `degrees` and `years` say that such a word
    follows.
    """

    value: float
    start: int
    end: int
    celsius: float
    currency: str | None = None
    money_start: int = -1
    money_end: int = -1
    degrees: bool = False
    years: bool = False
    percent: bool = False
    in_words: bool = False
    negative: bool = False


def amounts(text: str, language: str) -> list[Amount]:
    """Every number of a text, in order. Never fails: what is no number is not found."""
    plain = digits_as_ascii(text)
    found = [_amount(plain, *number) for number in _numerals(plain)]
    taken = [(a.start, a.end) for a in found]
    for value, start, end in spelled_numbers(text, language):
        if not any(start < b and a < end for a, b in taken):
            found.append(_amount(plain, value, start, end, in_words=True))
    return sorted(found, key=lambda a: a.start)


def digits_as_ascii(text: str) -> str:
    """The text, character for character, with the digits of every script as 0 to 9 and their marks as "." and ",".

    Fractions stay what they are.
    """
    plain = "".join(_ascii(c) for c in text)
    return _WIDE_MARK.sub(lambda mark: unicodedata.normalize("NFKC", mark[0]), plain)


def _ascii(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return _MARKS.get(character, character)


def _numerals(plain: str) -> list[tuple[float, int, int]]:
    found: list[tuple[float, int, int]] = []
    for match in _DIGITS.finditer(plain):
        start, end = match.span()
        if found and start < found[-1][2]:
            continue
        value = parse_number(match[0])
        if times := _IDEOGRAPHIC_TIMES.match(plain, end):
            value, end = _times_ideographic(value, times), times.end()
        elif times := _TIMES_WORDS.match(plain, end):
            value, end = value * 1000.0, times.end()
        found.append((value, start, end))
    return found


def _times_ideographic(value: float, times: re.Match[str]) -> float:
    big = 10_000.0 if times["big"] == "まん" else _TIMES[times["big"]]
    if times["half"]:
        return value * big + big / 2
    if not times["rest"]:
        return value * big
    rest = float(times["rest"])
    if times["small"]:
        rest *= _TIMES[times["small"]]
    elif rest < 10:
        rest *= big / 10
    return value * big + rest


def parse_number(digits: str) -> float:
    """ASCII digits with separators. A lone separator before three digits groups thousands, else the last is decimal.

    "1.200,50" and "1,200.50" are the same; so are "1 200", "1'200" and "1200".
    """
    text = re.sub(_GAP, "", digits).replace("’", "'")
    if _GROUPED.fullmatch(text) and not text.startswith("0") and len(set(re.findall(r"[.,']", text))) == 1:
        return float(re.sub(r"[.,']", "", text))
    text = text.replace("'", "")
    whole, mark, cents = (
        text.rpartition(max(".,", key=text.rfind)) if re.search(r"[.,]", text) else (text, "", "")
    )
    return float(re.sub(r"[.,]", "", whole) + ("." + cents if mark else "")) if mark else float(text)


def _amount(plain: str, value: float, start: int, end: int, in_words: bool = False) -> Amount:
    currency, money_start, money_end = _money(plain, start, end)
    minus = _MINUS.search(plain[max(0, start - 12) : start])
    degrees = _DEGREES.match(plain, end)
    negative = minus is not None and value <= 70
    scale = next((s for s in (degrees.groups() if degrees else ()) if s), "")[:1].lower()
    signed = -value if negative else value
    fahrenheit = scale == "f" or (not scale and degrees is not None and signed >= _FAHRENHEIT_FROM)
    return Amount(
        value=value,
        start=start,
        end=end,
        celsius=round((signed - 32) / 1.8, 1) if fahrenheit else signed,
        currency=currency,
        money_start=money_start,
        money_end=money_end,
        degrees=degrees is not None,
        years=_YEARS.match(plain, end) is not None,
        percent=plain[end : end + 1] == "%",
        in_words=in_words,
        negative=negative,
    )


@lru_cache(maxsize=1)
def _currencies() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Folded word -> code, and what stands before and after a number, longest first."""
    text = (files(__package__) / "currencies.tsv").read_text(encoding="utf-8")
    codes: dict[str, str] = {}
    for _, code, spellings in parse_table(text, "currencies.tsv"):
        for word in spellings:
            codes.setdefault(_currency_key(word), code)
            codes.setdefault(_currency_key(word.rstrip(".")), code)
    words = "|".join(_bounded(w) for w in sorted(codes, key=len, reverse=True))
    return (
        codes,
        re.compile(rf"(?:{words})[\s.]*$"),
        re.compile(rf"(?:[.,][-–—]{{1,2}})?\s*(?P<money>{words})"),
    )


def _bounded(word: str) -> str:
    escaped = re.escape(word)
    before = r"(?<![^\W\d_])" if word[0].isalpha() and not _is_sign(word) else ""
    after = r"(?![^\W\d_])" if word[-1].isalpha() and not _is_sign(word) else ""
    return f"{before}{escaped}{after}"


def _is_sign(word: str) -> bool:
    return any("\u3000" <= c <= "\u9fff" for c in word)


def _currency_key(word: str) -> str:
    return "".join(key_of(c) or c for c in word.lower())


def _money(plain: str, start: int, end: int) -> tuple[str | None, int, int]:
    """The currency beside a number, and its characters."""
    codes, before, after = _currencies()
    folded = "".join(_one_character(c) for c in plain)
    low = max(0, start - 14)
    if match := before.search(folded[low:start]):
        word = match[0].strip()
        if code := codes.get(word) or codes.get(word.rstrip(".")):
            return code, low + match.start(), low + match.start() + len(match[0].rstrip())
    if match := after.match(folded, end):
        return codes[match["money"]], match.start("money"), match.end()
    return None, -1, -1


def _one_character(character: str) -> str:
    """A character folded to one, so that places in the text stay."""
    folded = _currency_key(character)
    return folded if len(folded) == 1 else character
