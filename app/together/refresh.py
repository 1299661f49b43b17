"""Counting what goes together anew, from the service's own interactions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice

from app.behaviour.together import Together, together
from app.together.gathering import Gathered, gather
from app.together.pairs import WRITTEN_AT_ONCE, Claim, Pair, Pairs
from app.together.reading import Reader
from app.together.settings import TogetherSettings
from indexer.database import Database
from indexer.throttle import Throttle

Progress = Callable[[str, int, int], None]
"""Told the phase ("read", "count KIND", "write KIND"), and how much of how much is done."""

LEASE = timedelta(minutes=2)
"""A step takes seconds; a killed process's count is begun anew by another after this."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a count came to.

    Attributes:
        interactions: Read.
        people: Who did them.
        dropped: Rule of cleaning to interactions it took.
        items: Touched by anybody.
        pairs: Sort of basket to rows written: an item, and one that goes with it.
    """

    interactions: int
    people: int
    dropped: Mapping[str, int]
    items: int
    pairs: Mapping[str, int]


def refresh(
    database: Database,
    settings: TogetherSettings,
    *,
    owner: str,
    clock: Callable[[], datetime],
    unless_within: timedelta | None = None,
    progress: Progress = lambda *_: None,
    throttle: Callable[[], Throttle] = Throttle,
) -> Report | None:
    """Count what goes together, and let it answer from then on, all at once.

    Memory: about 60 bytes an interaction at the worst moment, 150 an item, 60 MB for the pairs
    being counted, and 50 bytes a pair kept, of which there are at most `per_item` an item; nothing
    grows with the number of people. Ten million interactions took 675 MB
    (docs/benchmarks/together.md). Reads SQL in short transactions in the order of people, and
    writes it in short ones.

    Args:
        database: With the interactions; pairs are kept there, too.
        settings: What is counted.
        owner: Who counts: one process does at a time.
        clock: Gives the time, with an offset.
        unless_within: Not if there is a count that is no older.
        progress: Called every second or so; what it raises ends the count, and what answered before
            goes on to answer.
        throttle: Makes what paces the reading, and what paces the writing.

    Returns:
        None where somebody else counts, or it need not be done.

    Raises:
        CountLost: Somebody else took over after a step took longer than LEASE.
        DatabaseUnavailable, StorageFull: What answered before goes on to answer.
    """
    kept = Pairs(database)
    now = clock()
    since = None if unless_within is None else now - unless_within
    claim = kept.claim(owner, lease=LEASE, now=now, unless_since=since)
    if claim is None:
        return None
    try:
        return _counted(Count(database, settings, kept, claim, clock, progress, throttle))
    except BaseException:
        kept.release(claim)
        raise
    finally:
        kept.sweep()


class Count:
    """One count in hand.

    Args:
        database: With the interactions.
        settings: What is counted.
        kept: Where it goes.
        claim: The right to do it.
        clock: Gives the time.
        progress: Told how far it is.
        throttle: Makes what paces it.
    """

    def __init__(
        self,
        database: Database,
        settings: TogetherSettings,
        kept: Pairs,
        claim: Claim,
        clock: Callable[[], datetime],
        progress: Progress,
        throttle: Callable[[], Throttle],
    ) -> None:
        self.reader = Reader(database, settings.evidence, throttle=throttle())
        self.writing = throttle()
        self.settings = settings
        self.kept = kept
        self.claim = claim
        self.clock = clock
        self._progress = progress
        self._renewed_at = clock()

    def step(self, phase: str, done: int, total: int) -> None:
        """Tell how far it is, and hold the right to count for longer."""
        self._progress(phase, done, total)
        now = self.clock()
        if now - self._renewed_at > LEASE / 4:
            self.kept.renew(self.claim, lease=LEASE, now=now)
            self._renewed_at = now


def _counted(count: Count) -> Report:
    total = count.reader.count()
    count.step("read", 0, total)
    gathered = gather(
        count.reader, count.settings, step=lambda done: count.step("read", done, max(done, total))
    )
    written = {
        kind: _of_kind(count, gathered, kind, mark)
        for mark, kind in enumerate(count.settings.kinds)
    }
    report = Report(
        gathered.read, gathered.people, gathered.dropped, len(gathered.item_keys), written
    )
    count.kept.publish(count.claim, count.settings.kinds, asdict(report), now=count.clock())
    return report


def _of_kind(count: Count, gathered: Gathered, kind: str, mark: int) -> int:
    """Count the pairs of one sort of basket and write them; return how many."""
    found = together(
        gathered.visits.marked(mark),
        len(gathered.item_keys),
        count.settings.rules,
        step=lambda done, total: count.step(f"count {kind}", done, total),
    )
    total, done = len(found.others), 0
    written = _rows(found, gathered.item_keys)
    while rows := list(islice(written, count.writing.room(WRITTEN_AT_ONCE))):
        count.step(f"write {kind}", done, total)
        with count.writing.work(len(rows)):
            count.kept.write(count.claim, kind, rows)
        done += len(rows)
    return total


def _rows(found: Together, item_keys: Sequence[int]) -> Iterator[Pair]:
    """Write out every item's list, items in the order of their numbers."""
    for number, key in enumerate(item_keys):
        first = int(found.starts[number])
        for place in range(first, int(found.starts[number + 1])):
            yield Pair(
                item_key=key,
                place=place - first,
                other_key=item_keys[int(found.others[place])],
                people=int(found.people[place]),
                baskets=int(found.baskets[place]),
                lift=float(found.lift[place]),
                llr=float(found.llr[place]),
            )
