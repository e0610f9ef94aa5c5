"""Google Merchant feeds: RSS, Atom, tab-separated; hostile and broken XML."""

from __future__ import annotations

import pytest
from reading_feeds import ReadFeed, WriteFeed

from indexer.errors import FeedError
from indexer.feeds.open import open_feed
from indexer.record import Reject, Row

ITEM = """
    <item>
      <g:id>h-1-s</g:id><title>Hoodie</title>
      <description>&lt;p&gt;Heavy &amp;amp; warm&lt;/p&gt;</description>
      <link>https://x.test/h</link><g:image_link>https://x.test/h.jpg</g:image_link>
      <g:availability>in_stock</g:availability>
      <g:price>75.00 USD</g:price>{extra}
      <g:google_product_category>212</g:google_product_category>
      <g:product_type>Apparel &gt; Hoodies</g:product_type>
      <g:color>Black</g:color><g:size>S</g:size><g:gender>female</g:gender><g:age_group>kids</g:age_group>
      <g:item_group_id>h-1</g:item_group_id>
      <g:shipping><g:country>US</g:country><g:price>4.99 USD</g:price></g:shipping>
    </item>"""


def rss(*items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n'
        "<channel><title>Shop</title><link>https://x.test</link>" + "".join(items) + "\n</channel></rss>\n"
    )


def item(extra: str = "") -> str:
    return ITEM.format(extra=extra)


def test_rss_items_with_their_line(read_feed: ReadFeed) -> None:
    rows = read_feed(rss(item(), item("<g:quantity>4</g:quantity>")))
    assert [r.line for r in rows] == [4, 16]
    first, second = rows
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.sku, first.group_id, first.title, first.size, first.color) == (
        "h-1-s",
        "h-1",
        "Hoodie",
        "S",
        "Black",
    )
    assert (first.price, first.currency, first.quantity) == (75.0, "USD", None)
    assert first.category == "Apparel & Accessories > Clothing > Shirts & Tops"
    assert (first.product_type, first.department) == ("Apparel > Hoodies", "female kids")
    assert (first.description, first.url) == ("Heavy & warm", "https://x.test/h")
    assert second.quantity == 4


@pytest.mark.parametrize(
    ("dates", "price"),
    [
        ("", 60.0),
        ("2026-05-01T00:00+0100/2026-05-31T23:59+0100", 60.0),
        ("2026-05-01/2026-05-10", 60.0),
        ("2026-06-01/2026-06-30", 75.0),
        ("2025-06-01T10:00Z/2026-05-10T11:59Z", 75.0),
        ("next week", 75.0),
    ],
)
def test_a_sale_price_holds_within_its_dates(read_feed: ReadFeed, dates: str, price: float) -> None:
    extra = "<g:sale_price>60.00 USD</g:sale_price>"
    if dates:
        extra += f"<g:sale_price_effective_date>{dates}</g:sale_price_effective_date>"
    (row,) = read_feed(rss(item(extra)))
    assert isinstance(row, Row)
    assert row.price == price


@pytest.mark.parametrize(("word", "quantity"), [("out of stock", 0), ("preorder", 0), ("backorder", 0)])
def test_what_cannot_be_had_now_has_no_stock(read_feed: ReadFeed, word: str, quantity: int) -> None:
    text = rss(item("<g:quantity>9</g:quantity>")).replace("in_stock", word)
    (row,) = read_feed(text)
    assert isinstance(row, Row)
    assert row.quantity == quantity


def test_an_unknown_availability_is_rejected(read_feed: ReadFeed) -> None:
    (row,) = read_feed(rss(item()).replace("in_stock", "perhaps"))
    assert isinstance(row, Reject)
    assert (row.line, row.field, row.value, row.reason, row.sku) == (
        (4, "availability", "perhaps", "availability unknown", "h-1-s")
    )


def test_atom_entries(read_feed: ReadFeed) -> None:
    (row,) = read_feed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>'
        '<link rel="self" href="https://x.test/feed"/><entry><g:id>1</g:id><title>Plain</title>'
        '<g:title>Linen Shirt</g:title><link href="https://x.test/1"/><g:price>12,50 EUR</g:price></entry></feed>'
    )
    assert isinstance(row, Row)
    assert (row.sku, row.title, row.url, row.price) == ("1", "Linen Shirt", "https://x.test/1", 12.5)


def test_the_tab_separated_flavour(read_feed: ReadFeed) -> None:
    header = "id\ttitle\titem group id\tprice\tsale price\tavailability\timage link\tgender\tgoogle product category"
    (row,) = read_feed(
        f"{header}\n1-s\tTee\t1\t20.00 EUR\t15 EUR\tin stock\thttps://x.test/t.jpg\tmale\t187\n"
    )
    assert isinstance(row, Row)
    assert (row.sku, row.group_id, row.price, row.category) == (
        "1-s",
        "1",
        15.0,
        "Apparel & Accessories > Shoes",
    )


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_declared_encodings(read_feed: ReadFeed, encoding: str) -> None:
    text = rss(item()).replace("UTF-8", encoding).replace("Black", "Écru")
    (row,) = read_feed(text.encode(encoding))
    assert isinstance(row, Row)
    assert row.color == "Écru"


def test_blank_lines_before_the_declaration_are_counted_but_forgiven(read_feed: ReadFeed) -> None:
    (row,) = read_feed("\n\n" + rss(item()))
    assert row.line == 6


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://x.test/evil.dtd">',
    ],
)
def test_entities_and_document_types_are_refused(feed_file: WriteFeed, prolog: str) -> None:
    text = (
        rss(item())
        .replace("<rss", prolog + "<rss", 1)
        .replace("Hoodie", "&b;" if "ENTITY b" in prolog else "H")
    )
    with pytest.raises(FeedError, match="document type or entity"):
        open_feed(feed_file(text))


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_xml_cut_off_fails_before_its_first_item(feed_file: WriteFeed, kept: float) -> None:
    whole = rss(*[item()] * 400)
    cut = whole[: int(len(whole) * kept)]
    with pytest.raises(FeedError, match=rf"line {cut.count(chr(10)) + 1}: the XML is broken or cut off"):
        open_feed(feed_file(cut))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rss(), "no <item> or <entry>"),
        (rss("<item><title>x</title></item>"), "attribute 'id' is nowhere given"),
        (rss("<item><title>a & b</title></item>"), "line 3: the XML is broken"),
    ],
)
def test_xml_that_is_no_feed(feed_file: WriteFeed, text: str, message: str) -> None:
    with pytest.raises(FeedError, match=message):
        open_feed(feed_file(text))
