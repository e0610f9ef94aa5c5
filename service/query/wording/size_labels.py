"""What in a wish is written like a garment's size: "M", "UK 10", "W32 L34", "42R", "24.5cm", "39号", "extra large".

Decides nothing: whether "M" is a size the words around tell. Plain numbers are no labels here, unless a word for size
stands before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.query.wording.amounts import digits_as_ascii

_WORD_FOR_SIZE = re.compile(
    r"(?:\b(?:size|sizes|sz|größe|grösse|groesse|grösse|gr|taille|tailles|pointure|talla|tallas|talle|n[uú]mero|num"
    r"|taglia|taglie|misura|tamanho|manequim|maat|maten|schoenmaat|rozmiar|rozmiaru|rozm|numer|chest|waist|collar"
    r"|kragenweite|schuhgröße|konfektionsgröße|calzo|cal[cç]o|visto|porto|porte|chausse|trage|noszę)\b\.?[\s:]*(?:de|ist|is|la|el|the|a|un|ca\.?)?\s*"
    r"|サイズ|尺码|尺碼|码数|鞋码|مقاسي?ه?|قياسي?|نمرة|نمره|رقم)\s*$",
    re.IGNORECASE,
)
_WORDS = {
    "extra extra large": "XXL",
    "extra small": "XS",
    "extra large": "XL",
    "x-large": "XL",
    "small": "S",
    "medium": "M",
    "large": "L",
    "اكس لارج": "XL",
    "إكس لارج": "XL",
    "دبل اكس لارج": "XXL",
    "لارج": "L",
    "ميديم": "M",
    "ميديوم": "M",
    "وسط": "M",
    "سمول": "S",
}
_LETTERS = r"(?:[2-9]X{1,2}[LS]?|[3-9]L|X{1,5}[LS]|LL)"
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "waist",
        r"(?<![\w])W\s?(?P<w>\d\d)(?:[\s/x-]*L\s?(?P<l>\d\d))?(?!\w)|(?<!\w)(?P<w2>\d\d)W[\s/x-]*(?P<l2>\d\d)L(?!\w)",
    ),
    (
        "country",
        r"(?<![\w])(?P<country>(?i:EU|EUR|UK|US)|FR|IT|JP)[\s.:]?(?P<of>\d{1,3}(?:[.,]5)?)(?![\w.,]\d)(?!\w)",
    ),
    ("country last", r"(?<![\w.,])(?P<of2>\d{1,2}(?:[.,]5)?)\s?(?P<country2>EU|UK|US)(?!\w)"),
    ("pair", r"(?<![A-Za-z\d.,/-])\d{2,3}[/x]\d{2,3}[A-D]?(?![\w/])"),
    ("build", r"(?<![\w.,])\d{2}\s?(?:regular|long|short|lang|kurz)(?!\w)|(?<![\w.,])\d{2}[RSLT](?!\w)"),
    ("cup", r"(?<![\w.,/])\d{2,3}[A-H]{1,2}(?!\w)"),
    (
        "half",
        r"(?<![A-Za-z\d.,])(?P<whole>\d{1,2})(?:\s?½|\s1/2|半|\s(?:e mezzo|y medio|et demi|e meio|1/2))",
    ),
    ("centimetres", r"(?<![A-Za-z\d.,])\d{2,3}(?:[.,]5)?\s?cm(?!\w)"),
    ("numbered", r"(?<![A-Za-z\d.,])\d{2,3}(?:[.,]5)?\s?[号號码碼]|(?<![A-Za-z])X{0,3}[SML]\s?[号號码碼]"),
    ("letters pair", r"(?<![\w])(?:X{0,3}[SML])/(?:X{0,3}[SML])(?!\w)"),
    ("letters", rf"(?<![A-Za-z\d]){_LETTERS}(?![A-Za-z\d])"),
    ("arabic", r"(?P<times>[2-9]|[٢-٩])\s?(?:اكس|إكس)(?:\s?لارج)?"),
)
_ANY_CASE = frozenset({"waist", "build", "letters", "country last", "centimetres", "half"})
_UNSURE = frozenset({"centimetres", "pair", "cup", "half"})
"""Written like a size, and like other things too: heights, odds, degrees Fahrenheit."""
_COMPILED = tuple((name, re.compile(p, re.IGNORECASE if name in _ANY_CASE else 0)) for name, p in _PATTERNS)
_ONE_LETTER = re.compile(r"(?<![\w'’.])(?P<letter>[SMLsml]|GG|G|P|PP)(?![\w'’]|\.\w)")
_ONE_LETTER_JAPANESE = re.compile(r"(?<![A-Za-z\d'’.])(?P<letter>[SML])(?![A-Za-z\d'’])")
_PORTUGUESE = frozenset({"P", "PP", "G", "GG"})
_SPELLED = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, _WORDS), key=len, reverse=True))})(?!\w)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SizeLabel:
    """A label at characters `start` up to `end`, in the form that size charts know. `said`: "size" stands before it.

    `plain`: the label alone could be something else as well: one letter, a word, centimetres.
    """

    label: str
    start: int
    end: int
    said: bool = False
    plain: bool = False


def size_labels(text: str, language: str) -> list[SizeLabel]:
    """Every label of a text, in order and apart from each other."""
    ascii_text = digits_as_ascii(text)
    found: list[SizeLabel] = []
    for name, pattern in _COMPILED:
        for match in pattern.finditer(ascii_text):
            plain = name in _UNSURE and not (name == "pair" and _is_waist_and_length(match[0]))
            _add(found, ascii_text, _label(name, match), match.start(), match.end(), plain)
    for match in _SPELLED.finditer(text):
        _add(found, text, _WORDS[match[0].lower()], match.start(), match.end(), True)
    one = _ONE_LETTER_JAPANESE if language in ("ja", "zh") else _ONE_LETTER
    for match in one.finditer(text):
        letter = match["letter"]
        said = size_said_before(text, match.start())
        if (letter in _PORTUGUESE and language != "pt") or (letter.islower() and not said):
            continue
        _add(found, text, letter.upper(), match.start(), match.end(), True)
    return sorted(found, key=lambda s: s.start)


def size_said_before(text: str, at: int) -> bool:
    """Whether a word for size stands right before a place of the text."""
    return _WORD_FOR_SIZE.search(text[max(0, at - 24) : at]) is not None


def _is_waist_and_length(pair: str) -> bool:
    parts = [int(p) for p in re.findall(r"\d+", pair)]
    return len(parts) == 2 and all(26 <= p <= 46 for p in parts)


def _add(found: list[SizeLabel], text: str, label: str, start: int, end: int, plain: bool) -> None:
    if not any(start < f.end and f.start < end for f in found):
        found.append(SizeLabel(label, start, end, size_said_before(text, start), plain))


def _label(name: str, match: re.Match[str]) -> str:
    named = {k: v for k, v in match.groupdict().items() if v}
    if name == "waist":
        waist, length = named.get("w") or named.get("w2"), named.get("l") or named.get("l2")
        return f"{waist}/{length}" if length else f"{waist}"
    if name == "country":
        return f"{named['country'].upper()} {named['of'].replace(',', '.')}"
    if name == "country last":
        return f"{named['country2'].upper()} {named['of2'].replace(',', '.')}"
    if name == "half":
        return f"{named['whole']}.5"
    if name == "arabic":
        return f"{digits_as_ascii(named['times'])}XL"
    bare = re.sub(r"\s?(?:cm|[号號码碼])$", "", match[0].replace(",", "."), flags=re.IGNORECASE)
    return bare if name == "build" and " " in bare else bare.upper()
