"""Code pages: other scripts are told apart, and what western Europe writes is never taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.feeds.files.encodings import UTF8, encoding_of, errors_of
from indexer.feeds.open import open_feed

TITLES = {
    "cp1251": ["Платье летнее с цветами", "Брюки мужские чёрные", "Свитер шерстяной", "Рубашка белая"],
    "cp1253": ["Φόρεμα καλοκαιρινό", "Παντελόνι ανδρικό μαύρο", "Πουλόβερ μάλλινο", "Πουκάμισο λευκό"],
    "cp1250": [
        "Sukienka letnia, żółta",
        "Spodnie dżinsowe męskie",
        "Płaszcz wełniany",
        "Koszula w kratę, źdźbło",
    ],
    "cp932": ["花柄ワンピース", "メンズ黒パンツ", "ウールセーター", "長袖シャツ"],
    "gb18030": ["碎花连衣裙", "男士黑色长裤", "羊毛衫", "长袖衬衫"],
    "big5": ["碎花洋裝", "男士黑色長褲", "羊毛衫", "長袖襯衫"],
    "cp949": ["꽃무늬 원피스", "남성 검정 바지", "울 스웨터", "긴팔 셔츠"],
}
WESTERN = [
    "Weiße Bluse, Größe 38, 59,90 €",
    "Robe d’été à fleurs",
    "Camisa de algodón, niño",
    "Calça de lã com botões",
    "Qualità superiore, più morbida",
    "Ladies’ “Paris” dress – crêpe",
    "Kjole med ærmer, blå, størrelse",
    "Écharpe tissée",
]


@pytest.mark.parametrize("encoding", TITLES)
def test_other_scripts_are_read_and_the_report_says_how(feed_file: WriteFeed, encoding: str) -> None:
    text = "sku,title\n" + "".join(f"{n},{title!r}\n" for n, title in enumerate(TITLES[encoding] * 3))
    feed = open_feed(feed_file(text.replace("'", '"').encode(encoding)))
    assert [row.title for row in feed.rows()][:4] == TITLES[encoding]
    assert f"not UTF-8: read as {encoding}" in feed.notes


@pytest.mark.parametrize("title", WESTERN)
@pytest.mark.parametrize("count", [1, 30])
def test_western_texts_are_windows_1252(read_feed: ReadFeed, title: str, count: int) -> None:
    text = "sku;title\n" + "".join(f"{n};{title}\n" for n in range(count))
    assert {row.title for row in read_feed(text.encode("cp1252"))} == {title}


def test_a_file_that_mixes_utf8_and_windows_1252_is_read_line_by_line(read_feed: ReadFeed) -> None:
    content = "sku,title\n1,Größe\n2,Übergangsjacke für Mädchen\n".encode() + "3,Straße\n".encode("cp1252")
    assert [row.title for row in read_feed(content)] == ["Größe", "Übergangsjacke für Mädchen", "Straße"]


@given(st.text(), st.integers(0, 3))
def test_utf8_is_utf8_wherever_it_is_cut(text: str, cut: int) -> None:
    head = text.replace("\0", "").encode("utf-8", "ignore")
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert encoding_of(head[: len(head) - cut]) == UTF8


@given(st.binary(max_size=300))
def test_no_bytes_make_it_stumble(head: bytes) -> None:
    encoding = encoding_of(head)
    assert isinstance(head.decode(encoding, errors_of(encoding)), str)
