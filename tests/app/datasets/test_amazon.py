"""Amazon reviews are read in each of their layouts to the same log."""

import gzip
import json
from pathlib import Path

import pytest

from app.datasets.amazon import amazon
from app.datasets.sources import told
from app.evaluation.errors import DatasetUnreadable

ITEM, USER = "B00000JHAF", "A3SGXH7AUHU8GW"

OLD = {"reviewerID": USER, "asin": ITEM, "overall": 4.0, "unixReviewTime": 1_400_000_000}
NEW = {"user_id": USER, "parent_asin": ITEM, "rating": 4, "timestamp": 1_400_000_000_000}
FILES = {
    "2014.json": json.dumps(OLD),
    "2023.jsonl": json.dumps(NEW),
    "user-first.csv": f"{USER},{ITEM},4.0,1400000000",
    "item-first.csv": f"{ITEM},{USER},4.0,1400000000",
    "2023.csv": f"user_id,parent_asin,rating,timestamp\n{USER},{ITEM},4.0,1400000000000",
}


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("packed", [False, True])
def test_every_layout_says_the_same(name: str, tmp_path: Path, *, packed: bool) -> None:
    file = tmp_path / (f"{name}.gz" if packed else name)
    content = f"{FILES[name]}\n".encode()
    file.write_bytes(gzip.compress(content) if packed else content)

    held = amazon(file)

    assert told(file) == "amazon"
    assert held.people == (USER,)
    assert [each.item_id for each in held.things] == [ITEM]
    assert held.value.tolist() == [4.0]
    assert held.when.tolist() == [1_400_000_000]


def test_titles_and_categories_come_from_the_metadata_of_items_that_were_reviewed(
    tmp_path: Path,
) -> None:
    reviews, metadata = tmp_path / "reviews.jsonl", tmp_path / "meta.jsonl"
    reviews.write_text(json.dumps(OLD))
    described = [
        {"asin": ITEM, "title": "Lamp", "categories": [["Home", "Light"], ["Home", "Desk"]]},
        {"asin": "B000000000", "title": "Other"},
    ]
    metadata.write_text("\n".join(json.dumps(each) for each in described))

    held = amazon(reviews, metadata)

    assert [(each.title, each.categories) for each in held.things] == [
        ("Lamp", ("Home", "Light", "Desk"))
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", json.dumps(OLD) + "\n{", "a.jsonl line 2: not JSON"),
        ("a.jsonl", json.dumps(OLD) + "\n[]", "a.jsonl line 2: not a JSON object"),
        ("a.jsonl", json.dumps(OLD) + '\n{"asin": "x"}', "a.jsonl line 2: no reviewerID"),
        ("a.jsonl", json.dumps({**OLD, "overall": "?"}), "line 1: the rating '\\?' is not"),
        ("a.csv", f"{USER},{ITEM},4.0,1\n{USER},{ITEM}", "a.csv line 2|a.csv line 1: neither"),
        ("a.csv", "x,y,z,1", "a.csv line 1: neither user,item"),
    ],
)
def test_a_bad_line_is_named(name: str, content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(content)

    with pytest.raises(DatasetUnreadable, match=message):
        amazon(file)


def test_a_file_that_is_not_packed_as_its_name_says_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_text(json.dumps(OLD))

    with pytest.raises(DatasetUnreadable, match="is not text"):
        amazon(file)
