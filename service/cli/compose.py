"""`stylist compose`: options into a request, the answer into a table or JSON. Composes nothing itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from service.errors import InvalidError, UnavailableError
from service.recommender.localization import localised, tongue, worded
from service.schemas.outfits import (
    Outfit,
    OutfitItem,
    OutfitRequest,
    OutfitResponse,
    RefineRequest,
    Understood,
)
from service.settings import Settings

if TYPE_CHECKING:
    from service.pictures.piece import Piece

_HEAD = ("SLOT", "PIECE", "BRAND", "SIZE", "PRICE")
_TITLE_CHARS = 48
PICTURES = (".svg", ".png")

# Where each option goes in the request, and so which option an error in the request is about.
_FIELDS = {
    "count": "count",
    "style": "style",
    "department": "department",
    "occasion": "occasion",
    "season": "season",
    "budget": "budget.max",
    "currency": "budget.currency",
    "temperature": "weather.temperature_c",
    "rain": "weather.rain",
    "snow": "weather.snow",
    "anchor": "anchors",
    "slot": "slots",
    "size": "sizes",
    "seed": "seed",
    "explain": "explain",
    "exclude_sku": "exclude.skus",
    "exclude_brand": "exclude.brands",
    "exclude_color": "exclude.colors",
    "exclude_material": "exclude.materials",
    "exclude_kind": "exclude.kinds",
    "exclude_pattern": "exclude.patterns",
    "exclude_attribute": "exclude.attributes",
    "include_kind": "include.kinds",
    "include_color": "include.colors",
    "include_material": "include.materials",
    "include_brand": "include.brands",
    "include_pattern": "include.patterns",
    "attribute": "attributes",
    "own": "own",
}


def run(settings: Settings, options: Mapping[str, Any], *, as_json: bool, image: Path | None = None) -> str:
    """Composes in this process. `options` are the command's, by name; unset ones are None, False or empty.

    With an `image`, what was composed is drawn there as well. Raises InvalidError for values that cannot be,
    UnavailableError when there is nothing to compose from, and OSError when the picture cannot be written.
    """
    refined = options.get("refine")
    if refined is not None:
        turn = build_turn(options)
    else:
        request = build_request(options)
    if image is not None and image.suffix.lower() not in PICTURES:
        raise InvalidError.at("image", f"{image.name!r} ends neither in .svg nor in .png")
    from service.db.repositories.corrections import CorrectionRepository
    from service.db.repositories.outfits import read_made
    from service.db.repositories.rules import RuleRepository
    from service.db.repositories.stock import StockRepository
    from service.db.repositories.styles import StylePolicyRepository
    from service.db.session import State
    from service.recommender.recommender import open_recommender  # loads torch

    with (
        closing(State.of(settings)) as state,
        closing(
            open_recommender(
                settings,
                RuleRepository(state).nudges,
                StockRepository(state),
                StylePolicyRepository(state).choices,
                CorrectionRepository(state),
            )
        ) as recommender,
    ):
        reason = recommender.not_ready()
        if reason is not None:
            raise UnavailableError(reason)
        if refined is not None:
            order = recommender.refine(read_made(state, refined), turn)
            request = order.request
            said = [turn.say, request.vibe]
            response = recommender.swap(order, uuid.uuid4().hex)
        else:
            said = [request.vibe]
            response = recommender.compose(request, uuid.uuid4().hex)
        language = tongue("", *said).language
        response = worded(response, language)
        state.save_response(request, response)  # so that an outfit can be refined by its id
        if image is not None and response.outfits:
            drawn = [(outfit.title, recommender.pieces(outfit)) for outfit in response.outfits]
            _write_picture(image, drawn)
    if as_json:
        return localised(response, language).model_dump_json()
    pictured = f"\npicture {image}" if image is not None and response.outfits else ""
    return render(response) + pictured


def _write_picture(file: Path, outfits: Sequence[tuple[str, Sequence[Piece]]]) -> None:
    """One picture: of several outfits, a sheet. Raises OSError when the file cannot be written."""
    from service.pictures.laydown import sheet
    from service.pictures.raster import png

    svg = sheet(outfits)
    if file.suffix.lower() == ".svg":
        file.write_text(svg, encoding="utf-8")
    else:
        file.write_bytes(png(svg, width=1000 if len(outfits) == 1 else 700 * min(len(outfits), 3)))


def build_turn(options: Mapping[str, Any]) -> RefineRequest:
    """What is said of an outfit, in the place of the vibe. Raises InvalidError naming fields."""
    body = {"say": options["vibe"], "explain": options.get("explain") or None, "seed": options.get("seed")}
    if options.get("count") is not None:
        body["count"] = options["count"]
    try:
        return RefineRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def build_request(options: Mapping[str, Any]) -> OutfitRequest:
    """The request that the options mean. Raises InvalidError naming fields."""
    body: dict[str, Any] = {"vibe": options["vibe"]}
    for option, path in _FIELDS.items():
        value = options.get(option)
        if value is None or value is False or value == []:
            continue
        group, dot, name = path.partition(".")
        if dot:
            body.setdefault(group, {})[name] = value
        else:
            body[group] = _sizes(value) if option == "size" else value
    if "budget" in body and "max" not in body["budget"]:
        raise InvalidError.at("budget.currency", "goes with --budget")
    try:
        return OutfitRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def option_of(field: str) -> str:
    """What the field of a request is called on the command line: "budget.max" is --budget."""
    if field in ("vibe", "shopper"):
        return field.upper()
    for option, path in _FIELDS.items():
        if field == path or field.startswith(f"{path}."):
            return f"--{option.replace('_', '-')}"
    return f"--{field}"


def render(response: OutfitResponse) -> str:
    """The answer for a person, without a newline at the end."""
    lines: list[str] = []
    for number, outfit in enumerate(response.outfits, start=1):
        lines += [*_outfit_lines(number, outfit), ""]
    if not response.outfits:
        lines += ["No outfit.", ""]
    for unmet in response.unmet:
        hint = f" ({unmet.hint})" if unmet.hint else ""
        lines.append(f"unmet: {unmet.constraint}: {unmet.reason}{hint}")
    if said := [_understood(one) for one in response.understood if one.source != "field"]:
        lines.append(f"understood: {'; '.join(said)}")
    if response.unread:
        lines.append(f"not understood: {'; '.join(map(_plain, response.unread))}")
    style = response.style
    made_by = f"{style.name}@{style.version}" if style.version else style.name
    lines.append(
        f"composed by {response.composer}, style {made_by}, index {response.index.version}, seed {response.seed}"
    )
    return "\n".join(lines)


def _understood(one: Understood) -> str:
    """The shopper's own words and what they were taken for; what nobody said is called a guess."""
    meaning = f"{one.field} {one.value}"
    return f'"{_plain(one.text)}" as {meaning}' if one.text else f"{meaning} (a guess)"


def _outfit_lines(number: int, outfit: Outfit) -> list[str]:
    rows = [_HEAD, *(_cells(item) for item in outfit.items)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [f"{number}. {_plain(outfit.title)}"]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("   " + "  ".join([*cells, row[-1].rjust(widths[-1])]).rstrip())
    lines.append(f"   total {_money(outfit.total_price, outfit.currency)}   id {outfit.id}")
    if outfit.explanation:
        lines.append(f"   why: {_plain(outfit.explanation)}")
    return lines


def _cells(item: OutfitItem) -> tuple[str, ...]:
    title = _plain(item.title)
    if len(title) > _TITLE_CHARS:
        title = title[: _TITLE_CHARS - 1] + "…"
    return (item.slot, title, _plain(item.brand), item.size or "-", _money(item.price, item.currency))


def _money(amount: float | None, currency: str) -> str:
    return "-" if amount is None else f"{amount:.2f} {currency}"


def _plain(text: str) -> str:
    # A feed's text may hold control characters that a terminal would obey.
    return "".join(c for c in text if c.isprintable())


def _sizes(pairs: Iterable[str]) -> dict[str, list[str]]:
    sizes: dict[str, list[str]] = {}
    for pair in pairs:
        slot, equals, size = (part.strip() for part in pair.partition("="))
        if not (slot and equals and size):
            raise InvalidError.at("sizes", f"{pair!r} is not SLOT=SIZE, as in top=M")
        sizes.setdefault(slot, []).append(size)
    return sizes
