"""Pulling a catalogue from a shop: fetch what changed, import it, delete what vanished."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from app.feeds.checkpoints import Checkpoints
from app.feeds.membership import Feed, Pulled
from app.formats.plan import How
from app.import_run import Attention
from app.imports import ItemWriter, import_items
from app.tally import ImportReport
from indexer.fetching import Answer, Fetcher
from indexer.items import Delete
from indexer.network import Deadline

MAX_FEED_BYTES = 2_000_000_000
"""Of one feed, unpacked: ten million short items. It is kept on disk, not in memory."""

TIMEOUT = timedelta(minutes=15)
MAX_REDIRECTS = 5
ACCEPT = "application/json, application/xml, text/csv, text/tab-separated-values, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Deletion:
    """That items which vanished from the feed shall be deleted.

    Attributes:
        max_share: Of the feed's items; when more have vanished, none is deleted, since a feed cut
            short looks the same as a shop that closed.
    """

    max_share: float


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did.

    Attributes:
        imported: What became of its rows; None when nothing had changed.
        members: How many items the feed has, with those that vanished.
        vanished: How many are in the feed no more; 0 unless their deletion was asked for.
        deleted: How many of these were deleted; those that another feed has are not.
        refused: Why none was deleted though it was asked for, with what to do.
    """

    imported: ImportReport | None
    members: int = 0
    vanished: int = 0
    deleted: int = 0
    refused: str | None = None


def feed_fetcher(*, allow_private: bool) -> Fetcher:
    """Make a fetcher with the limits of feeds."""
    return Fetcher(
        "feed",
        allow_private=allow_private,
        max_bytes=MAX_FEED_BYTES,
        max_redirects=MAX_REDIRECTS,
        accept=ACCEPT,
    )


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls feeds into a catalogue.

    Attributes:
        catalogue: Where the items go.
        fetcher: Fetches, by the rules pictures are fetched by.
        checkpoints: Where it is remembered how far an import came.
        how: How the feed is to be read, as far as somebody said.
        anew: Whether to fetch and import it even if nothing has changed.
        timeout: For the fetch.
    """

    catalogue: ItemWriter
    fetcher: Fetcher
    checkpoints: Checkpoints
    how: How
    anew: bool = False
    timeout: timedelta = TIMEOUT

    def pull(
        self,
        url: str,
        feed: Feed,
        *,
        now: datetime,
        attention: Attention,
        deletion: Deletion | None = None,
    ) -> PullReport:
        """Pull a feed.

        What it said of itself (ETag, Last-Modified) goes with the next request, so that a feed that
        did not change costs one answer without content.

        Args:
            url: http or https.
            feed: That address's.
            now: When the pull began; writes that are newer are not overwritten.
            attention: Who is told what meanwhile.
            deletion: Whether and how far to delete what vanished.

        Raises:
            FetchError: It cannot be fetched; nothing was changed.
            FileError: It cannot be read, or not to its end; nothing was deleted.
            DatabaseUnavailable, StorageFull: Batches before this one landed; pull again.
        """
        last = feed.last()
        reading = hashlib.sha256(
            orjson.dumps(asdict(self.how), option=orjson.OPT_SORT_KEYS)
        ).hexdigest()
        same = last.reading == reading and not self.anew
        imported: ImportReport | None = None
        with tempfile.TemporaryDirectory(prefix="kindred-feed-") as folder:
            file = Path(folder) / "feed"
            answer, digest = self._fetched(url, file, last if same else Pulled())
            if answer.modified and not (same and digest == last.digest):
                pull = last.pull + 1
                imported = self._import(file, feed, pull, now=now, attention=attention)
                last = Pulled(pull, reading, nameless=imported.nameless)
        if answer.modified:
            # A 304 need not repeat what it stands for.
            last = replace(
                last,
                etag=answer.headers.get("etag"),
                last_modified=answer.headers.get("last-modified"),
                digest=digest,
            )
            feed.finish(last, now=now)
        if deletion is None:
            return PullReport(imported)
        return self._delete(feed, last, deletion, imported, now=now)

    def rehearse(
        self,
        url: str,
        feed: Feed,
        *,
        now: datetime,
        attention: Attention,
        deletion: Deletion | None = None,
    ) -> PullReport:
        """Fetch a feed and tell what pulling it would do; `catalogue` is a rehearsal.

        Arguments and errors are those of `pull`; nothing is written or remembered. Items of the
        feed that come twice in it may make what vanished look less.
        """
        found = 0

        def look(item_ids: Sequence[str]) -> None:
            nonlocal found
            found += feed.members_among(item_ids)

        with tempfile.TemporaryDirectory(prefix="kindred-feed-") as folder:
            file = Path(folder) / "feed"
            self._fetched(url, file, Pulled())
            watching = replace(attention, item_ids=look)
            imported = import_items(file, self.catalogue, now=now, how=self.how, attention=watching)
        if deletion is None:
            return PullReport(imported)
        members, _ = feed.count(0)
        vanished = max(members - found, 0)
        refused = _refusal(members, vanished, imported.nameless, deletion.max_share)
        return PullReport(imported, members, vanished, 0 if refused else vanished, refused)

    def _fetched(self, url: str, file: Path, last: Pulled) -> tuple[Answer, str]:
        conditions = {
            name: value
            for name, value in (
                ("If-None-Match", last.etag),
                ("If-Modified-Since", last.last_modified),
            )
            if value is not None
        }
        digest = hashlib.sha256()
        with file.open("wb") as into:

            def take(piece: bytes) -> None:
                digest.update(piece)
                into.write(piece)

            deadline = Deadline.after(self.timeout)
            answer = self.fetcher.fetch(url, deadline, take, conditions=conditions)
        return answer, digest.hexdigest()

    def _import(
        self, file: Path, feed: Feed, pull: int, *, now: datetime, attention: Attention
    ) -> ImportReport:
        def mark(item_ids: Sequence[str]) -> None:
            feed.mark(item_ids, pull)
            attention.item_ids(item_ids)

        return import_items(
            file,
            self.catalogue,
            now=now,
            how=self.how,
            checkpoints=self.checkpoints,
            attention=replace(attention, item_ids=mark),
            purpose=f"pull {pull} of {feed.key}",
        )

    def _delete(
        self,
        feed: Feed,
        last: Pulled,
        deletion: Deletion,
        imported: ImportReport | None,
        *,
        now: datetime,
    ) -> PullReport:
        members, vanished = feed.count(last.pull)
        report = PullReport(imported, members, vanished)
        refused = _refusal(members, vanished, last.nameless, deletion.max_share)
        if refused is not None:
            return replace(report, refused=refused)
        deleted = 0
        for gone, only_here in feed.vanished(last.pull):
            deletes = [Delete(item_id, as_of=now) for item_id in only_here]
            receipts = self.catalogue.write(deletes, now=now, recorded=False)
            deleted += sum(receipt.status == "accepted" for receipt in receipts)
            feed.forget(gone)
        return replace(report, deleted=deleted)


def _refusal(members: int, vanished: int, nameless: int, max_share: float) -> str | None:
    """Say why what vanished must not be deleted, or None."""
    if not vanished:
        return None
    said = f"{vanished:,} of the feed's {members:,} items are not in it any more"
    if nameless:
        return (
            f"{said}, but {nameless:,} bad rows have no id and may be some of them: nothing was "
            "deleted. Mend these rows, then pull again"
        )
    if vanished > max_share * members:
        return (
            f"{said} ({vanished / members:.1%}), more than --max-delete-share {max_share:g} "
            "allows: nothing was deleted. If they are gone for good, pull again with a larger share"
        )
    return None
