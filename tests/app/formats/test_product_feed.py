import tracemalloc
from pathlib import Path

import pytest

from app.formats.errors import FileUnreadable
from app.formats.opening import opened
from app.formats.rows import MAX_ROW_BYTES
from tests.app.formats.reading import rows_of, written

HEAD = '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
TAIL = "</channel></rss>"


def rss(*entries: str) -> str:
    return HEAD + "<title>Shop</title>" + "".join(f"<item>{each}</item>" for each in entries) + TAIL


def test_an_rss_feed_with_googles_names_is_read(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        "feed.xml",
        rss(
            "<g:id>mug-1</g:id><title>Plain</title><g:title>Mug &amp; saucer</g:title>"
            "<link>https://shop.example/mug</link>"
            "<g:image_link>https://shop.example/mug.jpg</g:image_link>"
            "<g:price>15.00 EUR</g:price><g:availability>in_stock</g:availability>"
            "<g:product_type>Home &gt; Kitchen</g:product_type>"
            "<g:product_type>Gifts</g:product_type>"
            "<g:brand>Tonwerk</g:brand><g:shipping><g:price>4.90 EUR</g:price></g:shipping>"
        ),
    )

    rows = rows_of(source)

    assert rows == {
        1: {
            "item_id": "mug-1",
            "title": "Mug & saucer",
            "image_url": "https://shop.example/mug.jpg",
            "price": 15.0,
            "available": True,
            "categories": ["Home", "Kitchen", "Gifts"],
            "attributes": {"brand": "Tonwerk"},
        }
    }


def test_an_atom_feed_is_read(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        "feed.atom",
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
        "<entry><g:id>a</g:id><title>Mug</title><link href='https://shop.example/a'/>"
        "<g:availability>out of stock</g:availability></entry></feed>",
    )

    assert rows_of(source) == {1: {"item_id": "a", "title": "Mug", "available": False}}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (rss("<g:id>a</g:id>")[:-8], "cut short, after entry 1"),
        (HEAD + "<item><a></item>", "not XML"),
        ("not XML at all", "not XML"),
        (HEAD + "<a>" * 100, "nested deeper than 32"),
        (HEAD + "<item><g:id>" + "x" * (2 * MAX_ROW_BYTES), "without the end of an entry"),
        (
            '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss><item>&b;</item></rss>',
            "declares entities",
        ),
        (
            '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
            "declares entities",
        ),
    ],
    ids=["cut short", "wrong", "text", "deep", "large", "bomb", "file"],
)
def test_xml_that_is_broken_or_means_harm_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    source = written(tmp_path, "feed.xml", content)

    with pytest.raises(FileUnreadable, match=reason):
        rows_of(source)


def test_many_entries_need_no_more_memory_than_few(tmp_path: Path) -> None:
    entry = "<g:id>a</g:id><g:title>" + "x" * 1_000 + "</g:title>"
    source = written(tmp_path, "feed.xml", rss(*[entry] * 20_000))  # 21 MB

    tracemalloc.start()
    with opened(source) as file:
        rows = sum(1 for _ in file.table.rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert rows == 20_000
    assert peak < 5_000_000
