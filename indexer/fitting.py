"""What a generation fixes: its geometry, and how behaviour is read, learned or carried over."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from embedders.behaviour import BehaviourModel
from embedders.fitting import fit
from embedders.joining import translated
from embedders.layout import Geometry, Layout, RawBatch
from embedders.spaces import Array, Space
from indexer.catalogue import Catalogue
from indexer.errors import JobFailed
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.items import StoredItem
from indexer.joined import Joiner, raw_batch
from indexer.mending import Progress
from indexer.throttle import Throttle
from indexer.vectors import KeptVectors, RawVectors

Teach = Callable[[Generation, Geometry, Progress], BehaviourModel]
"""Learns the behaviour space of a generation that is being built, on its geometry, and keeps what
it learned of single items under `Generation.training`; raises JobFailed when it is not to be used.
"""

PAGE = 256
"""Items whose vectors are read at once."""

KEYS_AT_ONCE = 20 * PAGE

CARRIED = 20_000
"""Items by which what was learned is carried over to another geometry: some 20 for each number of
a content block, so that the maps are determined well."""


class Fitting:
    """Fits generations to the catalogue, from the vectors kept in SQL."""

    def __init__(
        self,
        catalogue: Catalogue,
        generations: Generations,
        kept: KeptVectors,
        joiner: Joiner,
        engine: str,
        priors: Callable[[str], Array | None],
        throttle: Throttle,
    ) -> None:
        self._catalogue = catalogue
        self._generations = generations
        self._kept = kept
        self._joiner = joiner
        self._engine = engine
        self._priors = priors
        self._throttle = throttle

    def fit(
        self, building: Generation, progress: Progress, teach: Teach | None
    ) -> tuple[Geometry, BehaviourModel | None]:
        """Fit the means and maps of a generation's content, and see to its behaviour space.

        Args:
            building: Its items have their vectors.
            progress: Told how far it is.
            teach: Learns the behaviour space; without it, what the live generation has is kept.

        Returns:
            The geometry, and how behaviour is read, or None when the generation has no such space.

        Raises:
            JobFailed: What was learned cannot be used.
        """
        total = self._catalogue.count()
        progress("fitting", 0, total)
        layout = Layout(tuple(Space(each.space, each.dimensions) for each in building.content))
        priors: Mapping[str, Array] = {
            each.space: prior
            for each in building.content
            if (prior := self._priors(each.model)) is not None
        }
        # Both passes must see the same items, so they end where the first one ended.
        last = self._catalogue.last_key()

        def batches() -> Iterator[RawBatch]:
            for batch in self._kept_batches(building, last):
                progress("fitting", 0, total)  # so that it can be interrupted
                yield batch

        geometry = fit(layout, batches, priors)
        progress("fitting", total, total)
        return geometry, self._behaviour(building, geometry, progress, teach)

    def _kept_batches(self, building: Generation, last: int) -> Iterator[RawBatch]:
        for page in self._catalogue.keys(limit=KEYS_AT_ONCE, up_to=last):
            for keys in self._throttle.steps(page, most=PAGE):
                raw = self._kept.of_items(keys, building.models)
                if raw:
                    yield raw_batch([raw[key].vectors for key in sorted(raw)], building.content)

    def _behaviour(
        self, building: Generation, geometry: Geometry, progress: Progress, teach: Teach | None
    ) -> BehaviourModel | None:
        """Learn the behaviour space, or carry over what the live generation has."""
        if building.training is None:
            return None
        if teach is not None:
            return teach(building, geometry, progress)
        live = self._generations.live(self._engine)
        if live is None or live.training != building.training:
            message = (
                f"what was learned as {building.training} is not the live generation's any more: "
                "start again"
            )
            raise JobFailed(message)
        before = self._joiner.joining(live)
        if before.behaviour is None:
            message = f"generation {live.generation_id} has lost what was learned for it"
            raise JobFailed(message)
        same = live.content == building.content and live.geometry == geometry.to_bytes()
        if same:
            return before.behaviour
        was, now = self._blocks(live, before.geometry, building, geometry)
        return translated(before.behaviour, was, now)

    def _blocks(
        self, live: Generation, before: Geometry, building: Generation, after: Geometry
    ) -> tuple[Array, Array]:
        """Content blocks of the same items in two geometries: shapes (n, c) and (n, e)."""
        was = [np.zeros((0, before.layout.dimensions), dtype=np.float32)]
        now = [np.zeros((0, after.layout.dimensions), dtype=np.float32)]
        for page in self._spread():
            keys = [item.key for item in page]
            old = self._kept.of_items(keys, live.models)
            new = self._kept.of_items(keys, building.models)
            both = sorted(old.keys() & new.keys())
            was.append(before.evidence(raw_batch(_vectors(old, both), live.content)))
            now.append(after.evidence(raw_batch(_vectors(new, both), building.content)))
        return np.concatenate(was), np.concatenate(now)

    def _spread(self) -> Iterator[list[StoredItem]]:
        """Pages of about CARRIED items, spread evenly over the catalogue; all of a smaller one."""
        if self._catalogue.count() <= CARRIED:
            yield from self._catalogue.pages(limit=PAGE)
            return
        last, probes = self._catalogue.last_key(), CARRIED // PAGE
        after = 0
        for step in range(probes):
            page = self._catalogue.page(after=max(after, last * step // probes), limit=PAGE)
            if not page:
                return
            after = page[-1].key
            yield page


def _vectors(raw: Mapping[int, RawVectors], keys: list[int]) -> list[Mapping[str, Array]]:
    return [raw[key].vectors for key in keys]
