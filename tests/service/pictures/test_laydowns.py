"""Whole pictures: well-formed and harmless whatever titles say, the same each time, and of the right colours."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wardrobe import DRESSED, FULL, SEPARATES, SVG, packshot, parsed, pixels

from indexer.item import SLOTS
from service.pictures.alt_text import legible, spoken
from service.pictures.laydown import POLICY, STYLE, laydown, sheet
from service.pictures.photo import photo
from service.pictures.piece import Piece
from service.pictures.raster import png, png_apart

HOSTILE = '</title><script>alert(1)</script>&amp;"\'<image href="https://evil.example/x"/>\x00\x1b[31m\ud800'


def texts(svg: str) -> tuple[str, str]:
    root = parsed(svg)
    return root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or ""


@pytest.mark.parametrize("pieces", [SEPARATES, FULL, DRESSED, ()])
def test_a_picture_is_one_well_formed_document_with_ids_of_its_own(pieces):
    svg = laydown(pieces, "A look")
    root = parsed(svg)
    assert root.get("role") == "img"
    ids = re.findall(r' id="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    assert used <= set(ids)


def test_two_pictures_share_no_id():
    one, other = (set(re.findall(r' id="([^"]+)"', laydown(p, "x"))) for p in (SEPARATES, DRESSED))
    assert not one & other


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("shape", ["square", "portrait"])
def test_the_same_outfit_gives_the_same_bytes(theme, shape):
    assert laydown(FULL, "A look", theme, shape) == laydown(FULL, "A look", theme, shape)
    width, height = {"square": (1000, 1000), "portrait": (1000, 1250)}[shape]
    root = parsed(laydown(FULL, "A look", theme, shape))
    assert root.get("viewBox") == f"0 0 {width} {height}"


def test_hostile_titles_stay_text():
    svg = laydown([replace(p, title=HOSTILE) for p in FULL], HOSTILE)
    title, desc = texts(svg)
    assert "<script>alert(1)</script>" in title
    assert "<script>alert(1)</script>" in desc
    tags = {element.tag for element in parsed(svg).iter()}
    assert f"{SVG}script" not in tags
    assert f"{SVG}image" not in tags
    assert all(h.startswith("#") for h in re.findall(r'\shref="([^"]*)"', re.sub(r">[^<]*<", "><", svg)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Piece,
            slot=st.sampled_from(SLOTS),
            title=st.text(max_size=60),
            kind=st.text(max_size=12),
            colors=st.lists(st.text(max_size=12), max_size=3).map(tuple),
            material=st.text(max_size=12),
            pattern=st.text(max_size=12),
        ),
        max_size=4,
    ),
    st.text(max_size=80),
)
def test_any_words_give_a_well_formed_picture_that_says_them(pieces, title):
    svg = laydown(pieces, title)
    said, desc = texts(svg)
    assert said.split() == legible(title).split()
    assert desc == spoken(pieces) or desc.split() == spoken(pieces).split()


def test_a_picture_reads_itself_aloud():
    _, desc = texts(laydown(SEPARATES, "A look"))
    assert desc == (
        "Three pieces, laid out on a plain ground: Poplin shirt (white, cotton);"
        " Straight jeans (blue, denim); Loafers (brown, leather)."
    )


def test_a_picture_refers_to_nothing_outside_itself():
    svg = laydown([*FULL[:4], replace(FULL[4], photo=packshot())], "x")
    assert set(re.findall(r"(?:https?|file|ftp):[^\"' ]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert "on" not in {name[:2] for element in parsed(svg).iter() for name in element.attrib}
    assert re.findall("<style>(.*?)</style>", svg) == [STYLE]
    assert "style-src 'sha256-" in POLICY
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    ("color", "expected"), [("red", (183, 45, 51)), ("navy", (37, 51, 83)), ("white", (252, 251, 248))]
)
def test_a_garment_has_its_colour_at_its_heart(color, expected):
    """Between pattern, light and shade, it stays near the colour's own."""
    image = pixels(laydown([Piece("dress", "Dress", "sheath-dress", (color,))], "x"))
    found = image.getpixel((image.width // 2, image.height // 2))
    assert all(abs(a - b) < 40 for a, b in zip(found, expected, strict=True)), found


def test_a_white_dress_can_be_told_from_the_ground():
    image = pixels(laydown([Piece("dress", "Dress", "sheath-dress", ("white",))], "x"))
    row = [sum(image.getpixel((x, image.height // 2))) / 3 for x in range(image.width)]
    assert min(row) < 215 < max(row)  # its outline and its shadow


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pattern_shows_on_the_cloth(theme):
    def shirt(pattern: str) -> bytes:
        return pixels(
            laydown([Piece("top", "x", "shirt", ("blue",), "", pattern)], "x", theme), 250
        ).tobytes()

    plain = shirt("")
    for pattern in (
        "striped",
        "checked",
        "floral",
        "polka dot",
        "animal print",
        "camouflage",
        "paisley",
        "graphic",
    ):
        assert shirt(pattern) != plain, pattern


def test_png_is_drawn_alike_in_another_process():
    svg = laydown(DRESSED, "x")
    assert png_apart(svg, 240) == png(svg, 240)
    assert pixels(svg, 240).size == (240, 240)


def test_packshots_become_part_of_the_ground():
    piece = replace(SEPARATES[0], photo=packshot())
    image = pixels(laydown([piece], "x"))
    middle = image.getpixel((image.width // 2, image.height // 2))
    assert abs(middle[0] - 176) < 25
    assert middle[1] < 90
    assert (255, 255, 255) not in {image.getpixel((x, image.height // 2)) for x in range(image.width)}


def test_other_images_are_shown_as_they_are():
    piece = replace(SEPARATES[0], photo=packshot(ground="#204060"))
    image = pixels(laydown([piece], "x"))
    colors = {image.getpixel((x, image.height // 2)) for x in range(image.width)}
    assert any(abs(r - 32) < 8 and abs(g - 64) < 8 and abs(b - 96) < 8 for r, g, b in colors)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", packshot()[:200]])
def test_what_is_no_image_is_drawn(data):
    assert photo(data) is None
    assert "<image" not in laydown([replace(SEPARATES[0], photo=data)], "x")


def test_margins_of_a_packshot_are_cut_off():
    shot = photo(packshot())
    assert shot is not None
    assert shot.is_packshot
    assert (shot.width, shot.height) == pytest.approx((121, 201), abs=12)


def test_several_outfits_make_a_sheet():
    one = sheet([("A", SEPARATES)])
    assert one == laydown(SEPARATES, "A")
    root = parsed(sheet([("A", SEPARATES), ("B", DRESSED), ("C", FULL), ("D", DRESSED)]))
    inner = root.findall(f"{SVG}svg")
    assert [(i.get("x"), i.get("y")) for i in inner] == [
        ("40", "40"),
        ("1080", "40"),
        ("2120", "40"),
        ("40", "1080"),
    ]
    assert pixels(sheet([("A", SEPARATES), ("B", DRESSED)]), 400).size == (400, 204)
