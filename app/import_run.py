"""One import of one file: batch after batch, counted, taken up again where it was broken off."""

import hashlib
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from pydantic import ValidationError

from app.feeds.checkpoints import Checkpoint, Checkpoints
from app.formats.names import Kind
from app.formats.opening import OpenFile, opened
from app.formats.plan import How, Plan, RowReader
from app.formats.rows import BadRowError, Row, batches
from app.repeats import SeenIds
from app.tally import ImportReport, Repeat, Tally
from indexer.errors import InvalidItem
from indexer.items import checked_id

MAX_REASONS = 5
"""Fields told of in one bad row."""

Progress = Callable[[int, int, int], None]
"""Done, in all, rows done; what stdin holds is not known, so there the first two are equal."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Who is told what while an import runs.

    Attributes:
        plan: Told how the file will be read, before anything is written.
        progress: Told after each batch.
        item_ids: Told after each batch of the items in it, those of bad rows included.
    """

    plan: Callable[[Plan], None] = lambda _: None
    progress: Progress = lambda *_: None
    item_ids: Callable[[Sequence[str]], None] = lambda _: None


Ready = TypeVar("Ready")


@dataclass(frozen=True, slots=True)
class Rows(Generic[Ready]):
    """One kind of row.

    Attributes:
        kind: Its name.
        read: Makes a row ready to be written, of its number, its JSON object and when the import
            began; raises BadRowError.
        write: Writes rows, and tells of each whether it was new (True), there already (False), or
            why it was refused.
        item_id: The id of which there is one in a file; None where there may be many.
    """

    kind: Kind
    read: Callable[[int, object, datetime], Ready]
    write: Callable[[list[Ready]], list[bool | str]]
    item_id: Callable[[Ready], str | None]


@dataclass(slots=True)
class _Batch(Generic[Ready]):
    """Rows of a batch: those ready to be written, why others were refused, ids that came again."""

    ready: dict[int, Ready] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


class Import(Generic[Ready]):
    """One import of one file."""

    def __init__(
        self,
        rows: Rows[Ready],
        now: datetime,
        how: How | None,
        checkpoints: Checkpoints | None,
        attention: Attention | None,
        purpose: str,
    ) -> None:
        self._rows = rows
        self._now = now
        self._how = how or How()
        self._checkpoints = checkpoints
        self._attention = attention or Attention()
        self._purpose = purpose

    def run(self, source: Path) -> ImportReport:
        """Import a file from where it was broken off to its end."""
        with opened(source, self._how.format, self._how.encoding) as file, SeenIds() as seen:
            reader = RowReader(file.table, self._rows.kind, self._how.reading)
            name, start = self._start(file)
            self._attention.plan(_resumed(reader.plan, start.position))
            tally = Tally(start.tally, unit=file.table.unit, resumed_after=start.position)
            for batch in batches(reader.rows()):
                rest = [row for row in batch if row.number > start.position]
                if not rest:
                    continue
                self._take(rest, reader, start.began_at, seen, tally)
                self._remember(name, Checkpoint(rest[-1].number, tally.state(), start.began_at))
                done = batch[-1].done
                self._attention.progress(done, max(file.table.total or 0, done), tally.rows)
            if name is not None and self._checkpoints is not None:
                self._checkpoints.drop(name, now=self._now)
        return tally.report()

    def _start(self, file: OpenFile) -> tuple[str | None, Checkpoint]:
        """Find where to begin; with it, what this import is remembered by, if it can be."""
        beginning = Checkpoint(0, {}, self._now)
        if self._checkpoints is None or file.survey is None:
            return None, beginning
        of = [self._rows.kind, file.survey.digest, asdict(self._how), self._purpose]
        name = hashlib.sha256(orjson.dumps(of, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return name, self._checkpoints.get(name, now=self._now) or beginning

    def _remember(self, name: str | None, checkpoint: Checkpoint) -> None:
        if name is not None and self._checkpoints is not None:
            self._checkpoints.put(name, checkpoint, now=self._now)

    def _take(
        self, rows: list[Row], reader: RowReader, began: datetime, seen: SeenIds, tally: Tally
    ) -> None:
        """Write the good rows of a batch, and count every one in the order of the file."""
        batch = self._read(rows, reader, began)
        item_ids = [*batch.places]
        written = self._rows.write([*batch.ready.values()]) if batch.ready else []
        outcomes = dict(zip(batch.ready, written, strict=True))
        for repeat in batch.repeats:
            tally.again(repeat, dropped=True)
        good = [
            (each, place)
            for each, place in batch.places.items()
            if not isinstance(outcomes[place], str)
        ]
        for item_id, earlier in seen.note(good).items() if good else ():
            tally.again(Repeat(item_id, batch.places[item_id], earlier), dropped=False)
        for row in rows:
            outcome = batch.refused.get(row.number) or outcomes.get(row.number)
            if outcome is not None:
                tally.add(row.number, outcome)
            if row.number in batch.refused and self._rows.kind == "items":
                named = _valid_id(reader.item_id(row))
                item_ids += [named] if named else []
                if named is None:
                    tally.nameless()
        self._attention.item_ids(item_ids)

    def _read(self, rows: list[Row], reader: RowReader, began: datetime) -> _Batch[Ready]:
        """Make rows ready; of one id the last row stays."""
        batch: _Batch[Ready] = _Batch()
        for row in rows:
            try:
                ready = self._rows.read(row.number, reader.read(row), began)
            except ValidationError as error:
                batch.refused[row.number] = _reason(error)
                continue
            except BadRowError as error:
                batch.refused[row.number] = str(error)
                continue
            item_id = self._rows.item_id(ready)
            if item_id is not None:
                earlier = batch.places.get(item_id)
                if earlier is not None:
                    del batch.ready[earlier]
                    batch.repeats.append(Repeat(item_id, row.number, earlier))
                batch.places[item_id] = row.number
            batch.ready[row.number] = ready
        return batch


def _resumed(plan: Plan, position: int) -> Plan:
    """Note in a plan where an import goes on."""
    if not position:
        return plan
    note = f"going on after {plan.unit} {position:,}, where it was broken off (--anew begins again)"
    return replace(plan, notes=(*plan.notes, note))


def _valid_id(item_id: str | None) -> str | None:
    try:
        return None if item_id is None else checked_id("item_id", item_id)
    except InvalidItem:
        return None


def _reason(error: ValidationError) -> str:
    """Say what is wrong with each field: name, rule and the value, shortened."""
    reasons = []
    for each in error.errors(include_url=False)[:MAX_REASONS]:
        location = ".".join(str(part) for part in each["loc"])[:200] or "row"
        rule = each["msg"].removeprefix("Value error, ")
        given = "" if each["type"] == "missing" else f" ({reprlib.repr(each['input'])})"
        reasons.append(f"{location}: {rule}{given}")
    return "; ".join(reasons)
