"""A rebuild: a new generation beside the live one, checked, then swapped in; and the way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from embedders.spaces import Array
from indexer.batch import Indexer
from indexer.catalogue import Catalogue
from indexer.errors import JobFailed
from indexer.fitting import Fitting, Teach
from indexer.generation import Generation, Phase, SpaceModel
from indexer.generations import Generations
from indexer.isolation import sparing
from indexer.items import StoredItem
from indexer.joined import Joiner
from indexer.learned import LearnedVectors
from indexer.mending import AT_ONCE, Mending, Progress
from indexer.overlap import Overlap
from indexer.pipeline import Pipeline
from indexer.queue import WorkQueue
from indexer.reconcile import differences
from indexer.store import VectorStore
from indexer.throttle import Throttle
from indexer.vectors import KeptVectors

PAGE = 256
"""Items embedded or written between two notes of how far the rebuild has come."""


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What the check of a finished generation found.

    Attributes:
        generation: Its number.
        replaced: The generation it replaced, kept for a rollback, or None.
        items: Items in the catalogue.
        indexed: Rows in the collection; less than `items` by those nothing could be embedded of.
        fitted_on: Items its means were fitted on.
        overlap: Mean share of a sample's ten nearest the two generations agree on, 0 to 1; None
            when there was none to compare with.
        mended: Items that changed meanwhile and were done again.
        training: What its behaviour space was learned from, and how it did; None without one.
    """

    generation: int
    replaced: int | None
    items: int
    indexed: int
    fitted_on: int
    overlap: float | None
    mended: int
    training: Mapping[str, object] | None = None


class Rebuild:
    """Builds, checks and swaps generations. Every step can be killed and taken up again."""

    def __init__(
        self,
        catalogue: Catalogue,
        queue: WorkQueue,
        generations: Generations,
        kept: KeptVectors,
        learned: LearnedVectors,
        joiner: Joiner,
        pipeline: Pipeline,
        indexer: Indexer,
        store: VectorStore,
        priors: Callable[[str], Array | None],
        *,
        clock: Callable[[], datetime],
        throttle: Callable[[], Throttle] = Throttle,
    ) -> None:
        # One for each kind of work: how long a step should be for one says nothing of another.
        self._embedding, self._writing = throttle(), throttle()
        self._catalogue = catalogue
        self._queue = queue
        self._generations = generations
        self._kept = kept
        self._learned = learned
        self._joiner = joiner
        self._pipeline = pipeline
        self._indexer = indexer
        self._store = store
        self._clock = clock
        self._fitting = Fitting(
            catalogue, generations, kept, joiner, store.engine, priors, throttle()
        )
        self._overlap = Overlap(catalogue, kept, joiner, store)
        self._mending = Mending(
            catalogue, generations, kept, indexer, store, throttle(), clock=clock
        )

    def reindex(
        self,
        spaces: Sequence[SpaceModel],
        progress: Progress,
        *,
        job: int | None = None,
        teach: Teach | None = None,
    ) -> RebuildReport:
        """Build a generation with these models and make it live; take up an unfinished one of them.

        Args:
            spaces: Its models. One for behaviour that is the live generation's keeps what was
                learned, carried over to the new geometry.
            progress: Told how far it is.
            job: Whose work this is, for `swapped_by`.
            teach: Learns the behaviour space; needed where its model is a new one.

        Raises:
            JobFailed: The check found it incomplete, or what was learned is not to be used; the
                live generation stays.
            StoreUnavailable, DatabaseUnavailable, ModelUnavailable: Call again to go on.
        """
        building = self._begin(spaces)
        steps: Mapping[Phase, Callable[[Generation, Progress], None]] = {
            "embedding": self._embed,
            "fitting": partial(self._fit, teach=teach),
            "writing": self._write,
        }
        for phase, step in steps.items():
            building = self._again(building)
            if building.phase == phase:
                step(building, progress)
        building = self._again(building)
        mended = self._mending.mend(building, progress)
        return self._swap(building, mended, progress, job)

    def swapped_by(self, job: int) -> RebuildReport | None:
        """Finish what a job killed after its swap left to do; None if it swapped nothing yet.

        Doing the whole job again would build everything twice, and undo a rollback.
        """
        live = self._generations.live(self._store.engine)
        report: Mapping[str, Any] = (live.report if live is not None else None) or {}
        if live is None or report.get("job") != job:
            return None
        self._queue_rest(live)
        held: dict[str, Any] = {each.name: report.get(each.name) for each in fields(RebuildReport)}
        return RebuildReport(**held)

    def rollback(self, progress: Progress, *, job: int | None = None) -> RebuildReport:
        """Bring the generation before this one up to date and make it live again.

        Meanwhile new items are written to it too.

        Raises:
            JobFailed: No generation was kept, or it could not be brought up to date.
        """
        previous = self._generations.previous(self._store.engine)
        if previous is None:
            message = (
                "no earlier generation is kept on this engine, so there is nothing to go back to"
            )
            raise JobFailed(message)
        self._store.create(previous.collection, previous.dimensions)
        self._generations.advance(previous.generation_id, phase="checking")
        try:
            mended = self._mending.catch_up(previous, progress) + self._mending.mend(
                previous, progress
            )
            return self._swap(previous, mended, progress, job)
        except Exception:
            if self._again(previous).state == "kept":
                self._generations.advance(previous.generation_id, phase="done")
            raise

    def _begin(self, spaces: Sequence[SpaceModel]) -> Generation:
        engine = self._store.engine
        building = self._generations.building(engine)
        if building is None or building.spaces != tuple(spaces):
            building = self._generations.start(
                engine, spaces, geometry=None, live=False, now=self._clock()
            )
        self.clean()
        # Nobody reads it before it is whole; mending loads it then.
        self._store.create(building.collection, building.dimensions, load=False)
        return building

    def _again(self, generation: Generation) -> Generation:
        found = self._generations.get(generation.generation_id)
        if found is None or found.state == "dropped":
            message = f"generation {generation.generation_id} was given up for another one"
            raise JobFailed(message)
        return found

    def _embed(self, building: Generation, progress: Progress) -> None:
        """Keep a vector of every item in every space; what is kept already costs a look-up."""
        total = self._catalogue.count()
        last = building.cursor
        done = self._catalogue.count(up_to=last)
        for page in self._catalogue.pages(after=last, limit=PAGE):
            for some in self._embedding.steps(page, most=AT_ONCE):
                failed = sparing(some, lambda part: self._keep_vectors(part, building))
                self._mending.judge(failed)
            self._generations.advance(
                building.generation_id, phase="embedding", cursor=page[-1].key
            )
            last = page[-1].key
            done += len(page)
            progress("embedding", done, total)
        self._generations.advance(building.generation_id, phase="fitting", cursor=last)

    def _keep_vectors(self, items: Sequence[StoredItem], building: Generation) -> None:
        self._pipeline.embed(items, building.content, now=self._clock())

    def _fit(self, building: Generation, progress: Progress, *, teach: Teach | None) -> None:
        try:
            geometry, behaviour = self._fitting.fit(building, progress, teach)
        except JobFailed:
            # Nothing else is waiting to be built with what could not be learned or used.
            self._generations.give_up(building.generation_id)
            self.clean()
            raise
        # What teaching noted is kept; otherwise what the live one knows of its training holds on.
        report = self._again(building).report or {}
        if behaviour is not None and teach is None:
            live = self._generations.live(self._store.engine)
            known = (live.report or {}).get("training") if live is not None else None
            report = {**report, "training": known}
        self._generations.advance(
            building.generation_id,
            phase="writing",
            geometry=geometry.to_bytes(),
            behaviour=None if behaviour is None else behaviour.to_bytes(),
            fitted_on=geometry.fitted_on,
            # What came later is not in the means, unless the worker was quicker.
            report={**report, "counted": self._catalogue.count(up_to=building.cursor)},
        )

    def _write(self, building: Generation, progress: Progress) -> None:
        total = self._catalogue.count()
        done = self._catalogue.count(up_to=building.cursor)
        for page in self._catalogue.pages(after=building.cursor, limit=PAGE):
            for some in self._writing.steps(page, most=PAGE):
                troubled = self._write_some(building, some)
                if troubled:
                    # A worker may have had their pictures since they were read, and been quicker.
                    self._write_some(building, troubled)
            self._generations.advance(building.generation_id, phase="writing", cursor=page[-1].key)
            done += len(page)
            progress("writing", done, total)
        self._store.flush(building.collection)
        self._generations.advance(building.generation_id, phase="checking")

    def _write_some(self, building: Generation, page: Sequence[StoredItem]) -> list[StoredItem]:
        """Write items by their kept vectors; return those whose vectors may get better any time."""
        raw = self._kept.of_items([item.key for item in page], building.models)
        made = self._joiner.kept_rows(building, page, raw)
        if made:
            failed = sparing(made, lambda part: self._store.upsert(building.collection, part))
            self._mending.judge(failed)
        return [item for item in page if item.key in raw and raw[item.key].troubled]

    def _swap(
        self, generation: Generation, mended: int, progress: Progress, job: int | None
    ) -> RebuildReport:
        live = self._generations.live(self._store.engine)
        overlap = None if live is None else self._overlap.of(live, generation)
        items = self._catalogue.count()
        indexed = self._store.count(generation.collection)
        progress("swapping", items, items)
        known = self._again(generation).report or {}
        training = known.get("training")
        report = RebuildReport(
            generation=generation.generation_id,
            replaced=live.generation_id if live is not None else None,
            items=items,
            indexed=indexed,
            fitted_on=generation.fitted_on,
            overlap=overlap,
            mended=mended,
            training=training if isinstance(training, dict) else None,
        )
        remembered = {**known, "job": job, **asdict(report)}
        self._generations.promote(generation.generation_id, now=self._clock(), report=remembered)
        self._queue_rest(generation)
        return report

    def _queue_rest(self, generation: Generation) -> None:
        """Leave to the worker what a swap cannot settle.

        A write that saw the old list of generations may have missed this one until the swap; some
        items become searchable with it; those that failed alone are for the worker to set aside
        with the reason; and problems of the content deserve another try.
        """
        for page in differences(self._catalogue, self._store, generation):
            self._queue.add({**page.keys, **page.unstamped}, now=self._clock())
        after = 0
        while troubled := self._kept.troubled(generation.models, after=after, limit=PAGE):
            self._queue.add(troubled, now=self._clock())
            after = max(troubled)

    def clean(self) -> None:
        """Drop the collections of generations given up; what cannot be dropped is tried later."""
        for generation in self._generations.droppable(self._store.engine):
            self._store.drop(generation.collection)
            self._generations.forget(generation.generation_id)
        used = {each.training for each in self._generations.all() if each.training is not None}
        self._learned.purge(used)
