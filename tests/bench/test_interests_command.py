"""The whole command, on small data sets of the right form and without models."""

import contextlib
import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.interests import fashion, films, retail
from bench.interests.__main__ import main
from tests.shared_data import shared_data

THINGS = ("Mug", "Lamp", "Chair", "Clock", "Candle")
COLOURS = ("Red", "Blue", "Green", "White", "Black", "Pink")
BEGIN = datetime(2011, 6, 1)  # noqa: DTZ001 - as the file has it


def a_retailer(folder: Path) -> None:
    """Twenty people who come back, and some lines that are to be cleaned away."""
    titles = [f"{colour} {thing}" for thing in THINGS for colour in COLOURS]
    dice = np.random.default_rng(2)
    lines: list[tuple[str, str, str, int, datetime, float, float | None]] = []
    for person in range(20):
        for visit, day in enumerate(range(0, 190, 14)):
            when = BEGIN + timedelta(days=day + int(dice.integers(0, 10)), hours=person)
            for item in dice.choice(len(titles), size=4, replace=False).tolist():
                code = f"{10_000 + item}"
                invoice = f"{500_000 + 100 * person + visit}"
                lines.append((invoice, code, titles[item], 2, when, 1.5, 12_000.0 + person))
    lines += [lines[0], lines[1]]
    when = BEGIN + timedelta(days=3)
    lines += [
        ("C500001", "10001", "Blue Mug", -1, when, 1.5, 12_000.0),
        ("600001", "10002", "Green Mug", 1, when, 0.0, 12_000.0),
        ("600002", "10003", "White Mug", 1, when, 1.5, None),
        ("600003", "POST", "POSTAGE", 1, when, 18.0, 12_000.0),
        ("600004", "10000", "Red  Mug ", 1, when, 1.5, 12_000.0),
        ("600004", "10000", "wet?", 1, when, 1.5, 12_000.0),
    ]
    names = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price")
    columns = list(zip(*lines, strict=True))
    table = pa.table(dict(zip((*names, "Customer ID"), map(list, columns), strict=True)))
    folder.mkdir()
    pq.write_table(table, folder / retail.FILE)


def a_cinema(folder: Path) -> None:
    """Sixteen people of two times, who rate ten films a sitting."""
    folder.mkdir()
    lines = ["movieId,title,genres"]
    lines += [f'{film},"Film {film}, The (1999)",Drama|Comedy' for film in range(1, 60)]
    lines += ["60,Sixty (2001),(no genres listed)"]
    (folder / "movies.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    dice = np.random.default_rng(4)
    lines = ["userId,movieId,rating,timestamp"]
    for person in range(1, 17):
        begins = 1_200_000_000 if person % 2 else 1_450_000_000
        chosen = iter((dice.permutation(60) + 1).tolist())
        for sitting in range(5):
            for place in range(10):
                stars = dice.choice([1.0, 3.0, 4.0, 5.0])
                time = begins + 1_000_000 * sitting + 60 * place
                lines.append(f"{person},{next(chosen)},{stars},{time}")
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def a_boutique(folder: Path) -> None:
    folder.mkdir()
    lines = ["id,articleType,productDisplayName"]
    lines += [
        f"{number},{THINGS[number % 5]},{COLOURS[number % 6]} {THINGS[number % 5]} {number}"
        for number in range(150)
    ]
    (folder / "products.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    a_retailer(folder / "online-retail")
    a_cinema(folder / "movielens-small")
    a_boutique(folder / "fashion")
    return folder


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "lists.html"


@pytest.fixture(scope="module")
def printed(data: Path, lists: Path) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(
            [
                *("--data", str(data), "--html", str(lists)),
                *("--text", "hash:text:64", "--people", "2"),
            ]
        )
    return said.getvalue()


def test_every_way_is_compared_in_every_scene(printed: str) -> None:
    reported = printed.partition("## Reported")[2].partition("## Chosen by")[0]

    assert reported.count("### online-retail: ") == 3
    assert reported.count("### movielens-small: ") == 2
    assert reported.count("### fashion (synthetic people): ") == 1
    for way in ("popular", "like the last item", "one mean vector", "the product's defaults"):
        assert len(re.findall(rf"^\| {way} \| [01]\.", reported, re.MULTILINE)) == 6


def test_every_setting_is_varied_where_defaults_are_chosen(printed: str) -> None:
    chosen = printed.partition("### Settings, one at a time")[2]

    titles = re.findall(r"^\| ([^|]+) \| (?:online-retail|movielens-small), ", chosen, re.MULTILINE)
    assert titles == [
        "nearness and most",
        "Ward's method instead",
        "emphasis",
        "balance",
        "session_share",
        "session_fade",
        "dislike_strength",
        "dislike_nearness",
        "half_life",
        "repeat_share",
        "diversity",
        "history_limit",
    ]


def test_machine_and_data_are_named_and_made_up_people_are_called_so(printed: str) -> None:
    assert "- Machine: " in printed
    assert "CC BY 4.0" in printed
    assert "no commercial use" in printed
    assert "with people made up" in printed


def test_the_page_shows_what_was_known_what_came_and_every_way(printed: str, lists: Path) -> None:
    assert printed
    page = lists.read_text(encoding="utf-8")

    assert page.count("<h2>") == 6
    assert page.count("before, newest first") == page.count("<h3>")
    assert page.count("<h4>one mean vector</h4>") == page.count("<h3>")
    assert "src=" not in page
    assert "href=" not in page


def test_a_data_set_that_is_absent_is_left_out(data: Path, tmp_path: Path) -> None:
    (tmp_path / "fashion").symlink_to(data / "fashion")
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        main(
            [
                *("--data", str(tmp_path), "--text", "hash:text:64"),
                *("--people", "2", "--part", "reported"),
            ]
        )

    assert "### fashion" in said.getvalue()
    assert "### online-retail" not in said.getvalue()


def test_purchases_are_cleaned_and_titles_are_the_most_frequent(data: Path) -> None:
    held = retail.read(data / "online-retail")

    assert len(held.items) == len(THINGS) * len(COLOURS)
    assert held.items[0].title == "Red Mug"
    assert len(held.people) == 20
    lines = list(zip(held.who.tolist(), held.what.tolist(), held.visit.tolist(), strict=True))
    assert len(lines) == len(set(lines)) == 20 * 14 * 4 + 1
    assert (np.diff(held.when) >= 0).all()


def test_films_have_titles_as_people_say_them_and_sittings(data: Path) -> None:
    held = films.read(data / "movielens-small")

    assert held.items[0].title == "The Film 1"
    assert held.items[0].categories == ("Drama", "Comedy")
    assert held.items[-1].categories == ()
    assert len(set(held.visit.tolist())) == 16 * 5


def test_made_up_people_buy_more_of_the_types_they_bought(data: Path) -> None:
    held = fashion.read(data / "fashion")

    first: dict[int, set[str]] = {}
    for who, what, visit in zip(held.who, held.what, held.visit, strict=True):
        types = first.setdefault(int(who), set())
        if visit % 2:
            assert held.items[what].categories[0] in types
        types.add(held.items[what].categories[0])
    assert {len(types) for types in first.values()} == {2, 3}


@pytest.mark.shared_data
def test_the_purchases_are_those_of_the_readme() -> None:
    held = retail.read(shared_data("online-retail"))

    # 4,631 codes and 5,878 customers, less postage, charges and whoever bought nothing else.
    assert len(held.items) == 4_619
    assert len(held.people) == 5_852
    assert len(held.who) == 766_087


@pytest.mark.shared_data
def test_the_ratings_are_all_there() -> None:
    held = films.read(shared_data("movielens-small"))

    assert (len(held.items), len(held.people), len(held.who)) == (9_742, 610, 100_836)
