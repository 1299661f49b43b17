"""Bulk import from JSON Lines: one item or one interaction a line, as HTTP takes them.

A row is held to the rules HTTP holds it to. A bad one is reported with its line and its reason, and
the good ones around it land. Memory stays bounded whatever the file holds. Importing a file again
changes nothing:

- items whose content is there already are left as they are, and a write that reached the catalogue
  after the import began is never undone by it;
- an interaction without `interaction_id` is given one made from its content and its line number, so
  the same line of the same file is the same interaction, while two equal lines are two. Whoever
  moves lines about between imports should give ids.
"""

import hashlib
import reprlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import orjson
from pydantic import ValidationError

from app.api.bodies import parsed
from app.api.interactions import InteractionBody, Known
from app.api.item_bodies import ItemBody
from app.errors import BadRequest
from app.interactions.interaction import BUILT_IN_KINDS, Interaction, InteractionReceipt
from app.json_lines import MAX_LINE_BYTES, STDIN, Line, batches, opened
from indexer.items import Change, Put, Receipt

MAX_PROBLEMS = 100
MAX_REASONS = 5
"""Fields told of in one bad row."""

Progress = Callable[[int, int, int], None]
"""Bytes done, bytes in all, rows done; what stdin holds is not known, so there bytes are equal."""


class ItemWriter(Protocol):
    """Where items go; the catalogue."""

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        """Apply changes (`Catalogue.write`)."""
        ...


class InteractionWriter(Protocol):
    """Where interactions go."""

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        """Keep interactions (`Interactions.record`)."""
        ...


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that did not land; lines count from 1, blank ones included."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file.

    Attributes:
        landed: Rows written.
        unchanged: Rows that were there already, or had been overtaken by a newer write.
        bad: Rows that did not land.
        problems: The first of them, at most MAX_PROBLEMS, in order.
    """

    landed: int
    unchanged: int
    bad: int
    problems: tuple[BadRow, ...]


class _BadRowError(Exception):
    """A row breaks a rule; the message is the reason."""


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Row]):
    """One kind of file.

    Attributes:
        read: Makes a row of a line's number and its JSON object; raises _BadRowError.
        write: Writes rows, and tells of each whether it was new (True), there already (False), or
            why it was refused.
    """

    read: Callable[[int, object], Row]
    write: Callable[[list[Row]], list[bool | str]]


def import_items(
    source: Path, catalogue: ItemWriter, *, now: datetime, progress: Progress | None = None
) -> ImportReport:
    """Import items, each a line as `POST /v1/items:batch` takes them.

    Args:
        source: A file, or STDIN.
        catalogue: Where they go.
        now: When the import began; writes that are newer are not overwritten.
        progress: Told after each batch.

    Raises:
        OSError: The file cannot be read.
        DatabaseUnavailable, StorageFull: Batches before this one landed; import again.
    """

    def read(_number: int, row: object) -> Put:
        body = ItemBody.model_validate(row)
        return Put(body.item(body.item_id), as_of=now)

    def write(rows: list[Put]) -> list[bool | str]:
        receipts = catalogue.write(rows, now=now, recorded=False)
        return [
            receipt.problem or "breaks a rule"
            if receipt.status == "invalid"
            else receipt.status == "accepted"
            for receipt in receipts
        ]

    return _import(source, _Kind(read, write), progress)


def import_interactions(
    source: Path,
    interactions: InteractionWriter,
    *,
    now: datetime,
    kinds: Collection[str] = BUILT_IN_KINDS,
    progress: Progress | None = None,
) -> ImportReport:
    """Import interactions, each a line as `POST /v1/interactions` takes them.

    Args:
        source: A file, or STDIN.
        interactions: Where they go.
        now: The time of arrival.
        kinds: What "type" may be.
        progress: Told after each batch.

    Raises:
        OSError: The file cannot be read.
        DatabaseUnavailable, StorageFull: Batches before this one landed; import again.
    """
    known = Known(tuple(kinds), now)

    def read(number: int, row: object) -> Interaction:
        body = InteractionBody.model_validate(row, context=known)
        if body.timestamp is None:  # over HTTP that means now, but a file is about the past
            raise _BadRowError("timestamp: Field required")
        given = body.interaction(now)
        return replace(given, interaction_id=given.interaction_id or _derived_id(number, body))

    def write(rows: list[Interaction]) -> list[bool | str]:
        return [each.status == "recorded" for each in interactions.record(rows, now=now)]

    return _import(source, _Kind(read, write), progress)


def _derived_id(number: int, body: InteractionBody) -> str:
    # What is not set is left out, so that a field added one day changes no id.
    said = body.model_dump(mode="json", exclude_none=True)
    content = orjson.dumps([number, said], option=orjson.OPT_SORT_KEYS)
    return f"import-{hashlib.sha256(content).hexdigest()}"


def _import(source: Path, kind: _Kind[Row], progress: Progress | None) -> ImportReport:
    tally = _Tally()
    with opened(source) as file:
        total = None if source == STDIN else source.stat().st_size
        done = 0
        for lines, done in batches(file):
            _import_batch(lines, kind, tally)
            if progress is not None:
                progress(done, done if total is None else max(total, done), tally.rows)
    return tally.report()


def _import_batch(lines: Sequence[Line], kind: _Kind[Row], tally: "_Tally") -> None:
    """Write the good rows of a batch, and count every one in the order of the file."""
    numbers: list[int] = []
    rows: list[Row] = []
    refused: dict[int, str] = {}
    for line in lines:
        try:
            rows.append(kind.read(line.number, _parsed(line)))
            numbers.append(line.number)
        except ValidationError as error:
            refused[line.number] = _reason(error)
        except (_BadRowError, BadRequest) as error:
            refused[line.number] = str(error)
    outcomes = dict(zip(numbers, kind.write(rows) if rows else [], strict=True))
    for line in lines:
        tally.add(line.number, refused.get(line.number) or outcomes[line.number])


def _parsed(line: Line) -> object:
    if line.content is None:
        raise _BadRowError(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        row = parsed(line.content)
    except BadRequest as error:
        # The row is one line, so only the column says anything.
        reason = error.detail.replace("The body", "the row").replace("line 1 column", "column")
        raise _BadRowError(reason) from error
    if not isinstance(row, dict):
        raise _BadRowError("the row is JSON, but must be an object")
    return row


def _reason(error: ValidationError) -> str:
    """Say what is wrong with each field: name, rule and the value, shortened."""
    reasons = []
    for each in error.errors(include_url=False)[:MAX_REASONS]:
        field = ".".join(str(part) for part in each["loc"])[:200] or "row"
        rule = each["msg"].removeprefix("Value error, ")
        given = "" if each["type"] == "missing" else f" ({reprlib.repr(each['input'])})"
        reasons.append(f"{field}: {rule}{given}")
    return "; ".join(reasons)


class _Tally:
    """Counts what becomes of rows."""

    def __init__(self) -> None:
        self._landed = self._unchanged = self._bad = 0
        self._problems: list[BadRow] = []

    @property
    def rows(self) -> int:
        """How many were counted."""
        return self._landed + self._unchanged + self._bad

    def add(self, line: int, outcome: bool | str) -> None:  # noqa: FBT001 - an outcome, not a flag
        """Count a row: new (True), there already (False), or bad, with the reason."""
        if isinstance(outcome, str):
            self._bad += 1
            if len(self._problems) < MAX_PROBLEMS:
                self._problems.append(BadRow(line, outcome))
        elif outcome:
            self._landed += 1
        else:
            self._unchanged += 1

    def report(self) -> ImportReport:
        """Sum up."""
        return ImportReport(self._landed, self._unchanged, self._bad, tuple(self._problems))
