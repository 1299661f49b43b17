import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.exports import STDOUT, export_interactions, export_items
from app.formats.errors import ExtraMissing, FileError, FileExists
from app.formats.rows import Format
from app.formats.writers import WRITTEN
from app.imports import import_interactions, import_items
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.schema import upgrade
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Delete, Item, Put

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

ITEMS = [
    Item("007", title="Mug", price=8.0, categories=("Kitchen", "Mugs"), created_at=NOW),
    Item(
        "küche,1",
        title='Heavy, "blue"; mug\nwith\ttwo\tlines',
        description="=SUM(A1:A9)",
        image_url="https://shop.example/a,b;c.jpg?d=1|2",
        categories=("A > B", "C; D", "[E]"),
        price=1234.5,
        available=False,
        created_at=NOW,
        attributes={"brand": "Tonwerk", "sizes": [38, 39.5], "new": True, "of": {"a": None}},
    ),
    Item("1e5", title="#N/A", price=0.001, created_at=NOW),
    Item("true", title="NULL", price=1.234, created_at=NOW, categories=("R&D", " spaced ")),
]
INTERACTIONS = [
    Interaction("ada", "007", "view", None, NOW, "s-1", "i-1", "r-1"),
    Interaction("0012", "küche,1", "rating", 4.5, NOW - timedelta(days=1), interaction_id="2"),
    Interaction("ada", "gone", "purchase", 2.0, NOW, interaction_id="3"),
]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    """Another installation."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(database)
    yield database
    database.close()


def interactions_of(database: Database) -> Interactions:
    return Interactions(database, Popularity(database))


@pytest.mark.parametrize("form", WRITTEN)
def test_items_come_back_the_same_from_every_format(
    tmp_path: Path, sqlite_database: Database, other: Database, form: Format
) -> None:
    catalogue, fresh = Catalogue(sqlite_database), Catalogue(other)
    catalogue.write([Put(item, as_of=NOW) for item in ITEMS], now=NOW)
    target = tmp_path / f"items.{form}"

    before = catalogue.page()
    written = export_items(catalogue, target)
    report = import_items(target, fresh, now=NOW)
    again = import_items(target, catalogue, now=NOW)

    assert written == len(ITEMS)
    assert (report.landed, report.bad) == (len(ITEMS), 0)
    assert [each.item for each in fresh.page()] == [each.item for each in before]
    assert (again.landed, again.unchanged) == (0, len(ITEMS))


@pytest.mark.parametrize("form", WRITTEN)
def test_interactions_come_back_the_same_from_every_format(
    tmp_path: Path, sqlite_database: Database, other: Database, form: Format
) -> None:
    held, fresh = interactions_of(sqlite_database), interactions_of(other)
    held.record(INTERACTIONS, now=NOW)
    target = tmp_path / f"interactions.{form}"

    written = export_interactions(held, target)
    report = import_interactions(target, fresh, now=NOW)
    again = import_interactions(target, held, now=NOW)

    assert written == len(INTERACTIONS)
    assert (report.landed, report.bad) == (len(INTERACTIONS), 0)
    assert [each for _, each in fresh.page()] == [each for _, each in held.page()]
    assert again.landed == 0


def test_deleted_items_are_not_written(tmp_path: Path, sqlite_database: Database) -> None:
    catalogue = Catalogue(sqlite_database)
    catalogue.write([Put(item, as_of=NOW) for item in ITEMS], now=NOW)
    catalogue.write([Delete("007", as_of=NOW)], now=NOW)

    assert export_items(catalogue, tmp_path / "a.jsonl") == len(ITEMS) - 1


def test_more_than_a_page_is_written(tmp_path: Path, sqlite_database: Database) -> None:
    catalogue = Catalogue(sqlite_database)
    items = [Item(f"i{number}", title="x") for number in range(250)]
    catalogue.write([Put(item, as_of=NOW) for item in items], now=NOW)
    told: list[int] = []

    export_items(catalogue, tmp_path / "a.csv", progress=told.append)

    assert told == [100, 200, 250]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 251


def test_a_file_is_not_written_over_unless_told_to(
    tmp_path: Path, sqlite_database: Database
) -> None:
    catalogue = Catalogue(sqlite_database)
    target = tmp_path / "a.csv"
    target.write_text("mine")

    with pytest.raises(FileExists, match="--overwrite"):
        export_items(catalogue, target)
    kept = target.read_text()
    export_items(catalogue, target, overwrite=True)

    assert kept == "mine"
    assert target.read_text().startswith("item_id,")


@pytest.mark.parametrize(
    ("description", "reason"),
    [("x" * 40_000, "longer than a cell"), ("bell \x07", "control character")],
)
def test_what_excel_cannot_hold_is_refused_and_leaves_no_file(
    tmp_path: Path, sqlite_database: Database, description: str, reason: str
) -> None:
    catalogue = Catalogue(sqlite_database)
    catalogue.write([Put(Item("a", description=description), as_of=NOW)], now=NOW)

    with pytest.raises(FileError, match=reason):
        export_items(catalogue, tmp_path / "a.xlsx")

    assert not list(tmp_path.glob("a.xlsx*"))


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ExtraMissing, match=r"pip install 'kindred\[files\]'"):
        export_items(Catalogue(sqlite_database), tmp_path / f"a.{form}")


def test_a_format_that_is_only_read_is_refused(tmp_path: Path, sqlite_database: Database) -> None:
    with pytest.raises(FileError, match="nothing is written as xml"):
        export_items(Catalogue(sqlite_database), tmp_path / "a.xml")


def test_a_dash_writes_to_standard_output(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue(sqlite_database)
    catalogue.write([Put(ITEMS[0], as_of=NOW)], now=NOW)
    held = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(held))

    export_items(catalogue, STDOUT, chosen="csv")

    assert held.getvalue().startswith(b"item_id,title")
