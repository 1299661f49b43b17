import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.formats.rows import MAX_BATCH_BYTES, MAX_BATCH_ROWS
from app.import_run import Attention
from app.imports import import_interactions, import_items
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction, InteractionReceipt
from app.interactions.tables import interactions as kept
from app.json_lines import MAX_LINE_BYTES, STDIN
from app.schema import upgrade
from app.tally import MAX_PROBLEMS, ImportReport
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Change, Item, Put, Receipt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'kindred.db'}")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def interactions(database: Database) -> Interactions:
    return Interactions(database, Popularity(database))


class Watched:
    """Takes everything, and remembers how much came at a time."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        assert now == NOW
        assert not recorded
        self.batches.append(len(changes))
        return [Receipt("x", "accepted", None, 1) for _ in changes]

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        assert now == NOW
        self.batches.append(len(batch))
        return [InteractionReceipt("recorded", item_known=False) for _ in batch]


def lines(*rows: object) -> bytes:
    return b"".join(
        row + b"\n" if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows
    )


def file(folder: Path, content: bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return path


def interaction(**changes: object) -> dict[str, object]:
    row = {"user_id": "ada", "item_id": "a", "type": "view", "timestamp": "2026-02-01T00:00:00Z"}
    return {**row, **changes}


def how_many(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(kept)) or 0


def test_items_land_as_the_file_says(tmp_path: Path, catalogue: Catalogue) -> None:
    source = file(
        tmp_path,
        lines(
            {"item_id": "a", "title": "Mug", "price": 8, "categories": ["Kitchen", "Mugs"]},
            {
                "item_id": "b",
                "description": "Tea",
                "attributes": {"brand": "x"},
                "available": False,
            },
            {"item_id": "c", "title": "Cup", "created_at": "2025-01-01T01:00:00+01:00"},
        ),
    )

    report = import_items(source, catalogue, now=NOW)

    assert report == ImportReport(landed=3, unchanged=0, bad=0, problems=())
    stored = [each.item for each in catalogue.page()]
    assert [each.item_id for each in stored] == ["a", "b", "c"]
    assert stored[0].price == 8.0
    assert stored[0].categories == ("Kitchen", "Mugs")
    assert stored[1].attributes == {"brand": "x"}
    assert stored[2].created_at == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[1]", "must be an object"),
        (b"null", "must be an object"),
        (b"7", "must be an object"),
        (b'{"item_id": "a", "title": "x", "price": NaN}', "NaN"),
        (b'{"item_id": "a", "item_id": "b", "title": "x"}', "twice"),
        (b'{"item_id": "a", "title": "\\ud800"}', "surrogate"),
        (b"[" * 100_000, "deeper"),
        (b'{"a":' * 100_000, "deeper"),
        (b'{"item_id": "a", "title": "' + b"x" * MAX_LINE_BYTES + b'"}', "longer than 1,000,000"),
        ({"title": "x"}, "item_id: Field required"),
        ({"item_id": 7, "title": "x"}, "item_id"),
        ({"item_id": "a/b", "title": "x"}, "item_id"),
        ({"item_id": "a"}, "title, description or image_url"),
        ({"item_id": "a", "title": 3}, "title: .*3"),
        ({"item_id": "a", "title": "x\0"}, "title"),
        ({"item_id": "a", "title": "x", "price": -1}, "price"),
        ({"item_id": "a", "title": "x", "price": "1"}, "price"),
        ({"item_id": "a", "title": "x", "price": True}, "price"),
        ({"item_id": "a", "title": "x", "available": "yes"}, "available"),
        ({"item_id": "a", "title": "x", "created_at": "yesterday"}, "created_at"),
        ({"item_id": "a", "title": "x", "created_at": "2026-01-01T00:00:00"}, "created_at"),
        ({"item_id": "a", "title": "x", "categories": "Mugs"}, "categories"),
        ({"item_id": "a", "title": "x", "attributes": [1]}, "attributes"),
        ({"item_id": "a", "title": "x", "image_url": "file:///etc/passwd"}, "image_url"),
        ({"item_id": "a", "title": "x", "colour": "red"}, "colour"),
    ],
)
def test_a_bad_item_is_reported_with_its_line_and_the_good_ones_land(
    tmp_path: Path, catalogue: Catalogue, row: object, reason: str
) -> None:
    good = [{"item_id": "good-1", "title": "x"}, {"item_id": "good-2", "title": "x"}]
    source = file(tmp_path, lines(good[0], b"", row, good[1]))

    report = import_items(source, catalogue, now=NOW)

    assert (report.landed, report.bad) == (2, 1)
    assert report.problems[0].line == 3
    assert re.search(reason, report.problems[0].reason)
    assert catalogue.count() == 2


def test_a_reason_stays_short_whatever_the_row_holds(tmp_path: Path, catalogue: Catalogue) -> None:
    names = {f"{'x' * 50_000}{number}": number for number in range(10)}
    source = file(tmp_path, lines({"item_id": "a", "title": ["y" * 100_000], **names}))

    report = import_items(source, catalogue, now=NOW)

    assert len(report.problems[0].reason) < 3_000


def test_importing_items_again_changes_nothing(tmp_path: Path, catalogue: Catalogue) -> None:
    source = file(tmp_path, lines(*({"item_id": f"i{n}", "title": "x"} for n in range(5))))
    import_items(source, catalogue, now=NOW)
    before = catalogue.page()

    report = import_items(source, catalogue, now=NOW + timedelta(hours=1))

    assert report == ImportReport(landed=0, unchanged=5, bad=0, problems=())
    assert [each.revision for each in catalogue.page()] == [each.revision for each in before]


def test_a_write_newer_than_the_import_is_not_undone(tmp_path: Path, catalogue: Catalogue) -> None:
    newer = NOW + timedelta(seconds=1)
    catalogue.write([Put(Item("a", title="new"), as_of=newer)], now=newer)
    source = file(tmp_path, lines({"item_id": "a", "title": "old"}))

    report = import_items(source, catalogue, now=NOW)

    stored = catalogue.get("a")
    assert report.unchanged == 1
    assert stored is not None
    assert stored.item.title == "new"


def test_of_one_id_twice_in_a_file_the_last_line_stays(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    source = file(
        tmp_path, lines({"item_id": "a", "title": "first"}, {"item_id": "a", "title": "second"})
    )

    import_items(source, catalogue, now=NOW)

    stored = catalogue.get("a")
    assert stored is not None
    assert stored.item.title == "second"


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"item_id": "a", "title": "x"}\n',
        b'{"item_id": "a", "title": "x"}\r\n\r\n',
        b'\n \t\n  {"item_id": "a", "title": "x"}',
        b'{"item_id": "a", "title": "' + b"x" * 100 + b'"}' + b" " * (MAX_LINE_BYTES - 200) + b"\n",
    ],
    ids=["byte order mark", "Windows line ends", "blank lines, no last line end", "padded"],
)
def test_files_of_other_programs_are_read(
    tmp_path: Path, catalogue: Catalogue, content: bytes
) -> None:
    source = file(tmp_path, content)

    report = import_items(source, catalogue, now=NOW)

    assert report == ImportReport(landed=1, unchanged=0, bad=0, problems=())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_no_error(tmp_path: Path, catalogue: Catalogue, content: bytes) -> None:
    source = file(tmp_path, content)

    report = import_items(source, catalogue, now=NOW)

    assert report == ImportReport(landed=0, unchanged=0, bad=0, problems=())


def test_an_overlong_line_does_not_swallow_the_next(tmp_path: Path, catalogue: Catalogue) -> None:
    overlong = b"x" * (3 * MAX_LINE_BYTES + 7)
    source = file(tmp_path, lines(overlong, {"item_id": "a", "title": "x"}, overlong)[:-1])

    report = import_items(source, catalogue, now=NOW)

    assert (report.landed, report.bad) == (1, 2)
    assert [each.line for each in report.problems] == [1, 3]


def test_all_bad_rows_are_counted_and_the_first_hundred_told(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    source = file(tmp_path, b"nonsense\n" * (MAX_BATCH_ROWS + 500))

    report = import_items(source, catalogue, now=NOW)

    assert report.bad == MAX_BATCH_ROWS + 500
    assert [each.line for each in report.problems] == list(range(1, MAX_PROBLEMS + 1))


def test_rows_go_in_batches_bounded_in_number_and_progress_is_told_of_each(tmp_path: Path) -> None:
    watched = Watched()
    rows = [{"item_id": f"{n:06}", "title": "x"} for n in range(2 * MAX_BATCH_ROWS + 5)]
    source = file(tmp_path, lines(*rows))
    told: list[tuple[int, int, int]] = []

    import_items(
        source, watched, now=NOW, attention=Attention(progress=lambda *each: told.append(each))
    )

    size = source.stat().st_size
    row = len(lines(rows[0]))
    assert watched.batches == [MAX_BATCH_ROWS, MAX_BATCH_ROWS, 5]
    assert told == [
        (MAX_BATCH_ROWS * row, size, MAX_BATCH_ROWS),
        (2 * MAX_BATCH_ROWS * row, size, 2 * MAX_BATCH_ROWS),
        (size, size, 2 * MAX_BATCH_ROWS + 5),
    ]


def test_rows_go_in_batches_bounded_in_bytes(tmp_path: Path) -> None:
    watched = Watched()
    picture = "data:," + "y" * 900_000
    rows = [{"item_id": f"{n:06}", "title": "x", "image_url": picture} for n in range(30)]
    source = file(tmp_path, lines(*rows))

    import_items(source, watched, now=NOW)

    assert sum(watched.batches) == 30
    assert max(watched.batches) <= MAX_BATCH_BYTES // len(picture) + 1


def test_a_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> None:
    given = io.TextIOWrapper(io.BytesIO(lines({"item_id": "a", "title": "x"})))
    monkeypatch.setattr("sys.stdin", given)
    told: list[tuple[int, int, int]] = []

    report = import_items(
        STDIN, catalogue, now=NOW, attention=Attention(progress=lambda *each: told.append(each))
    )

    assert report.landed == 1
    assert [(done, total) for done, total, _ in told] == [(31, 31)]
    assert not given.closed


def test_interactions_land_as_the_file_says(
    tmp_path: Path, catalogue: Catalogue, interactions: Interactions
) -> None:
    catalogue.write([Put(Item("a", title="x"), as_of=NOW)], now=NOW)
    source = file(
        tmp_path,
        lines(interaction(), interaction(type="rating", value=4, timestamp="2026-02-02T00:00:00Z")),
    )

    report = import_interactions(source, interactions, now=NOW)

    recent = interactions.recent("ada", limit=10)
    assert report == ImportReport(landed=2, unchanged=0, bad=0, problems=())
    assert [(each.kind, each.value) for each in recent.interactions] == [
        ("rating", 4.0),
        ("view", None),
    ]


def test_importing_interactions_again_counts_nothing_twice(
    tmp_path: Path, database: Database, interactions: Interactions
) -> None:
    source = file(tmp_path, lines(interaction(), interaction(), interaction(interaction_id="one")))
    first = import_interactions(source, interactions, now=NOW)

    second = import_interactions(source, interactions, now=NOW + timedelta(days=1))

    assert (first.landed, first.unchanged) == (3, 0)
    assert (second.landed, second.unchanged) == (0, 3)
    assert how_many(database) == 3


def test_a_mended_file_adds_only_the_mended_line(
    tmp_path: Path, database: Database, interactions: Interactions
) -> None:
    broken = file(tmp_path, lines(interaction(), interaction(type="gaze"), interaction()))
    import_interactions(broken, interactions, now=NOW)
    mended = file(tmp_path, lines(interaction(), interaction(type="like"), interaction()))

    report = import_interactions(mended, interactions, now=NOW)

    assert (report.landed, report.unchanged) == (1, 2)
    assert how_many(database) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (interaction(user_id=""), "user_id"),
        (interaction(item_id=None), "item_id"),
        (interaction(type="gaze"), "view.*gaze"),
        (interaction(type=None), "type"),
        (interaction(value="5"), "value"),
        (interaction(value=True), "value"),
        (interaction(type="rating", value=6), "rating"),
        (interaction(timestamp=None), "timestamp"),
        (interaction(timestamp=1_700_000_000), "timestamp"),
        (interaction(timestamp="2026-02-01T00:00:00"), "timestamp"),
        (interaction(timestamp="2026-03-01T12:06:00Z"), "five minutes ahead"),
        (interaction(session_id="x" * 129), "session_id"),
        (interaction(interaction_id="x\0"), "interaction_id"),
        (interaction(mood="good"), "mood"),
        ({"user_id": "ada", "item_id": "a", "type": "view"}, "timestamp: Field required"),
    ],
)
def test_a_bad_interaction_is_reported_with_its_line_and_the_good_ones_land(
    tmp_path: Path, interactions: Interactions, row: dict[str, object], reason: str
) -> None:
    source = file(tmp_path, lines(interaction(), row, interaction(type="like")))

    report = import_interactions(source, interactions, now=NOW)

    assert (report.landed, report.bad, report.problems[0].line) == (2, 1, 2)
    assert re.search(reason, report.problems[0].reason)


def test_configured_kinds_of_interaction_are_taken(
    tmp_path: Path, interactions: Interactions
) -> None:
    source = file(tmp_path, lines(interaction(type="wish"), interaction(type="view")))

    report = import_interactions(source, interactions, now=NOW, kinds=("view", "wish"))

    assert report.landed == 2


def test_interactions_go_in_bounded_batches(tmp_path: Path) -> None:
    watched = Watched()
    source = file(tmp_path, lines(interaction()) * (MAX_BATCH_ROWS + 1))

    import_interactions(source, watched, now=NOW)

    assert watched.batches == [MAX_BATCH_ROWS, 1]
