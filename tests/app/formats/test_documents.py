import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.formats.documents import _Cutter
from app.formats.errors import FileUnreadable
from app.formats.rows import MAX_ROW_BYTES
from tests.app.formats.reading import rows_of, written

ITEMS = [{"item_id": "a", "title": 'x "]},['}, {"item_id": "b", "title": "y\\"}]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ITEMS),
        json.dumps(ITEMS, indent=2),
        json.dumps({"items": ITEMS}),
        json.dumps({"shop": {"items": "no"}, "products": ITEMS, "next": None}, indent=1),
        "\ufeff" + json.dumps(ITEMS),
        "\ufeff" + json.dumps({"items": ITEMS}),
        " \n" + json.dumps(ITEMS[0]) + "\n" + json.dumps(ITEMS[1]),
    ],
    ids=["array", "indented", "holder", "other holder", "mark", "mark and holder", "lines"],
)
def test_each_shape_of_json_gives_its_items(tmp_path: Path, content: str) -> None:
    source = written(tmp_path, "feed.json", content)

    rows = rows_of(source)

    assert list(rows.values()) == ITEMS


def test_an_item_that_holds_items_is_one_item(tmp_path: Path) -> None:
    bundle = {"item_id": "set", "title": "x", "attributes": {"items": [1, 2]}}
    source = written(tmp_path, "a.json", json.dumps(bundle) + "\n" + json.dumps(ITEMS[0]))

    assert list(rows_of(source).values()) == [bundle, ITEMS[0]]


@pytest.mark.parametrize("content", ["[", '[{"item_id": "a"}', '[{"item_id": "a"},', '[{"a'])
def test_an_array_that_is_cut_short_is_refused(tmp_path: Path, content: str) -> None:
    source = written(tmp_path, "a.json", content)

    with pytest.raises(FileUnreadable, match="cut short after entry"):
        rows_of(source)


@pytest.mark.parametrize(
    ("content", "reason"),
    [('{\n"catalogue": {"a": []}}', "holds no array of items"), ("null", "not JSON")],
)
def test_json_of_no_known_shape_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    source = written(tmp_path, "a.json", content)

    with pytest.raises(FileUnreadable, match=reason):
        rows_of(source)


def test_an_empty_array_has_no_rows(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, "a.json", "[ \n]")) == {}


def test_an_overlong_entry_does_not_swallow_the_next(tmp_path: Path) -> None:
    overlong = {"item_id": "long", "title": "x" * (2 * MAX_ROW_BYTES)}
    source = written(tmp_path, "a.json", json.dumps([ITEMS[0], overlong, ITEMS[1]]))

    rows = rows_of(source)

    assert rows == {1: ITEMS[0], 2: "longer than 1,000,000 bytes", 3: ITEMS[1]}


def test_foreign_names_in_json_are_translated(tmp_path: Path) -> None:
    product = {
        "id": 12,
        "name": "Mug",
        "price": "19,90 €",
        "in_stock": 3,
        "images": ["https://a.b/1"],
    }
    source = written(tmp_path, "a.json", json.dumps([product]))

    rows = rows_of(source)

    assert rows == {
        1: {
            "item_id": "12",
            "title": "Mug",
            "price": 19.9,
            "available": True,
            "image_url": "https://a.b/1",
        }
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=6), st.integers(1, 7), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_cutting_an_array_gives_back_its_elements_whatever_the_chunks(
    elements: list[object], size: int, indented: bool
) -> None:
    content = json.dumps(elements, indent=2 if indented else None, ensure_ascii=False).encode()[1:]
    cutter = _Cutter()

    cut = [
        each
        for start in range(0, len(content), size)
        if not cutter.over
        for each in cutter.cut(content[start : start + size])
    ]

    assert cutter.over
    assert [json.loads(each or b"null") for each in cut] == elements
