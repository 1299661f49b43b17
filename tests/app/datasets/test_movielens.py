"""MovieLens is read in each of its layouts to the same log."""

from pathlib import Path

import pytest

from app.datasets.movielens import movielens
from app.datasets.sources import told
from app.evaluation.errors import DatasetUnreadable
from app.evaluation.log import Log
from tests.shared_data import shared_data

FLAGS = "|".join("1" if place in (3, 5) else "0" for place in range(19))
LAYOUTS = {
    "csv": {
        "ratings.csv": "userId,movieId,rating,timestamp\n1,7,4.0,200\n2,7,3,100\n",
        "movies.csv": 'movieId,title,genres\n7,"Été, L\' (1995)",Animation|Comedy\n'
        "8,Other,(no genres listed)\n",
    },
    "dat": {
        "ratings.dat": "1::7::4::200\n2::7::3::100\n",
        "movies.dat": "7::Été, L' (1995)::Animation|Comedy\n8::Other::\n",
    },
    "tab": {
        "u.data": "1\t7\t4\t200\n2\t7\t3\t100\n",
        "u.item": f"7|Été, L' (1995)|01-Jan-1995||http://x|{FLAGS}\n"
        f"8|Other|||http://x|1{'|0' * 18}\n",
    },
}


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        encoding = "utf-8" if name.endswith(".csv") else "latin-1"
        (tmp_path / name).write_text(content, encoding=encoding)
    return tmp_path


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_layout_says_the_same(layout: str, tmp_path: Path) -> None:
    held: Log = movielens(folder(tmp_path, LAYOUTS[layout]))

    assert told(tmp_path) == "movielens"
    assert held.people == ("1", "2")
    assert held.person.tolist() == [1, 0]
    assert held.value.tolist() == [3.0, 4.0]
    assert held.when.tolist() == [100, 200]
    assert held.kinds == ("rating",)
    seven, eight = held.things
    assert (seven.title, seven.categories) == ("Été, L' (1995)", ("Animation", "Comedy"))
    assert (eight.title, eight.categories) == ("Other", ())


@pytest.mark.parametrize(
    ("layout", "name", "content", "message"),
    [
        ("csv", "ratings.csv", "a,b\n", r"ratings.csv line 1: the header is 'a,b'"),
        (
            "csv",
            "ratings.csv",
            "userId,movieId,rating,timestamp\n1,7,4,2\n1,7,4\n",
            "ratings.csv line 3: 3 fields where 4 were expected",
        ),
        ("dat", "ratings.dat", "1::7::good::2\n", "ratings.dat line 1: rating 'good' is not"),
        ("tab", "u.data", "\n1\t7\t4\tnan\n", "u.data line 2: timestamp 'nan' is not a number"),
        ("tab", "u.item", "7|x\n", "u.item line 1: 2 fields where 24 were expected"),
    ],
)
def test_a_bad_line_is_named(
    layout: str, name: str, content: str, message: str, tmp_path: Path
) -> None:
    where = folder(tmp_path, {**LAYOUTS[layout], name: content})

    with pytest.raises(DatasetUnreadable, match=message):
        movielens(where)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    where = folder(tmp_path, LAYOUTS["csv"])
    (where / "movies.csv").write_bytes(b"movieId,title,genres\n7,\xff\xfe,x\n")

    with pytest.raises(DatasetUnreadable, match=r"movies\.csv is not text in utf-8"):
        movielens(where)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnreadable, match="holds no MovieLens"):
        told(tmp_path)


@pytest.mark.shared_data
def test_movielens_small_is_read_whole() -> None:
    held = movielens(shared_data("movielens-small"))

    assert (len(held), len(held.people), len(held.things)) == (100_836, 610, 9_742)
