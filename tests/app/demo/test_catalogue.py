import base64
import io
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from PIL import Image

from app.demo.catalogue import OF_EACH_KIND, OLDEST, SEED, catalogue
from app.demo.dice import Dice
from app.demo.kinds import KINDS, Kind
from app.demo.paint import COLOURS, PATTERNS, Paint, texture
from app.demo.pictures import PICTURE_SIDE, picture
from app.demo.shapes import DRAWN
from app.demo.tour import UNILLUSTRATED
from app.demo.wording import description
from indexer import data_urls
from indexer.items import Item, checked
from tests.app.demo.conftest import NOW

MAX_PICTURE_BYTES = 8_192


def pictures(items: list[Item]) -> list[bytes]:
    urls = [item.image_url for item in items if item.image_url is not None]
    return [data_urls.content(url, max_bytes=MAX_PICTURE_BYTES) for url in urls]


def test_there_are_four_hundred_items_of_twenty_kinds(items: list[Item]) -> None:
    by_kind = Counter(item.item_id.rpartition("-")[0] for item in items)

    assert len({item.item_id for item in items}) == len(items) == 400
    assert by_kind == {kind.name: OF_EACH_KIND for kind in KINDS}


def test_every_item_obeys_the_rules_of_items(items: list[Item]) -> None:
    held = [checked(item) for item in items]

    assert held == items


def test_the_same_seed_gives_the_same_goods(items: list[Item]) -> None:
    again = catalogue(SEED, NOW + timedelta(hours=3))

    assert again == items


def test_titles_are_nearly_all_different(items: list[Item]) -> None:
    titles = {item.title for item in items}

    assert len(titles) > 380


def test_items_came_into_being_in_the_months_before_now(items: list[Item]) -> None:
    times = [item.created_at for item in items if item.created_at is not None]

    assert len(times) == 400
    assert NOW - OLDEST - timedelta(days=1) <= min(times) <= max(times) <= NOW
    assert sum(time > NOW - timedelta(days=30) for time in times) > 80


def test_about_a_fifth_has_no_picture_and_some_no_description(items: list[Item]) -> None:
    bare = [item.item_id for item in items if item.image_url is None]
    brief = [item.item_id for item in items if item.description is None]

    assert 60 <= len(bare) <= 100
    assert 30 <= len(brief) <= 70
    assert UNILLUSTRATED in set(bare) & set(brief)


def test_pictures_are_small_and_of_all_three_formats(items: list[Item]) -> None:
    opened = [Image.open(io.BytesIO(data)) for data in pictures(items)]

    assert {image.format for image in opened} == {"WEBP", "PNG", "JPEG"}
    assert {image.size for image in opened} == {(PICTURE_SIDE, PICTURE_SIDE)}


def test_pictures_are_told_apart_by_their_declared_type(items: list[Item]) -> None:
    for item in items:
        if item.image_url is not None:
            declared = item.image_url.removeprefix("data:image/").partition(";")[0]
            data = base64.b64decode(item.image_url.partition(",")[2])
            assert Image.open(io.BytesIO(data)).format == declared.upper()


def test_no_two_pictures_are_the_same(items: list[Item]) -> None:
    drawn = pictures(items)

    assert len(set(drawn)) == len(drawn)


def test_descriptions_are_varied(items: list[Item]) -> None:
    texts = [item.description for item in items if item.description is not None]

    assert len(set(texts)) > 0.95 * len(texts)
    assert len({text.count(".") for text in texts}) >= 4


def test_words_and_picture_speak_of_the_same_colour(items: list[Item]) -> None:
    named = [
        str((item.attributes or {})["colour"]) in f"{item.title} {item.description}".lower()
        for item in items
    ]

    assert sum(named) > 0.75 * len(items)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_noun_of_a_kind_can_be_drawn(kind: Kind) -> None:
    paint = Paint("red", "cream", "plain")

    drawn = [picture(kind.name, noun, paint, Dice(noun)) for noun in kind.nouns]

    assert all(len(each.getcolors(maxcolors=100_000) or []) > 50 for each in drawn)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_description_begins_with_what_fits_the_kind(kind: Kind) -> None:
    paint = Paint("red", "cream", "plain")

    texts = [description(kind, paint, each, "gift", Dice(each)) for each in kind.materials]

    assert all(text.startswith(kind.openings) for text in texts)


def test_every_kind_has_a_drawing_and_every_drawing_a_kind() -> None:
    kinds = {kind.name for kind in KINDS}

    assert set(DRAWN) == kinds


def test_patterns_are_told_apart_by_more_than_chance() -> None:
    painted = [texture(Paint("red", "white", pattern), Dice("swatch")) for pattern in PATTERNS]

    swatches = [image.tobytes() for image in painted]

    assert len(set(swatches)) == len(PATTERNS)
    assert all(one != other for one, other in pairwise(swatches))
    assert len(set(COLOURS.values())) == len(COLOURS)
