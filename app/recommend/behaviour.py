"""A person in the space of behaviour: all they did, in its order, as one part of every aspect.

    block = Σ over interactions j of a_j ⊙ evidence_j,   of unit length

Its decays run over the whole sequence, so it is not cut up by interests. Interactions become rows
as they do for training (`app.behaviour`), so that what is asked is what was learned to be answered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from app.behaviour.cleaning import Rules, repeats
from app.behaviour.collecting import Collected, Happened, collect, day_of
from app.recommend.answers import Evidence
from app.recommend.evidence import EvidenceSettings, Liking, deed_weight, kind_weight
from app.recommend.interests import Interest, voice_of
from app.recommend.mix import Mix, Voice
from app.recommend.person import Interests, Person
from app.recommend.profile import SESSION
from app.recommend.sources import PastInteraction, Snapshot
from embedders.behaviour import SPACE, BehaviourModel
from embedders.layout import Layout
from embedders.spaces import Array

RULES = Rules()
"""Training's; of its rules only that on repeats is for one person's newest interactions."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a person's interactions say in one generation.

    Attributes:
        person: Who.
        interests: Theirs.
        snapshot: The generation.
        settings: What each kind of interaction weighs.
        now: From which ages are counted.
    """

    person: Person
    interests: Interests
    snapshot: Snapshot
    settings: EvidenceSettings
    now: datetime

    def whole(self) -> Mix | None:
        """Mix everything but what belongs to a muted interest; None when it says nothing."""
        silent = self.interests.silent
        visit: frozenset[PastInteraction] = frozenset()
        if any(each.name == SESSION and each.factor == 0 for each in self.interests.all):
            visit = frozenset(self.person.visit)
        return self._mix(lambda each: each.item_key not in silent and each not in visit)

    def of(self, interest: Interest) -> Mix | None:
        """Mix what is behind an interest; a seed was given, not done, and has no behaviour."""
        members = {each.item_key for each in interest.members}
        visit = frozenset(self.person.visit) if interest.name == SESSION else None
        return self._mix(lambda each: each.item_key in members and (visit is None or each in visit))

    def _mix(self, speaks: Callable[[PastInteraction], bool]) -> Mix | None:
        model = self.snapshot.behaviour
        if model is None or not self.interests.says:
            return None
        past = [each for each in self.person.remembered if speaks(each)]
        return behaviour_mix(
            past,
            self.interests.says,
            self.snapshot.layout,
            model,
            self.settings,
            now=self.now,
            known=self.person.likings or {},
        )


def told(past: Iterable[PastInteraction], settings: EvidenceSettings) -> Collected:
    """Turn a person's interactions into the rows that training makes of them.

    Args:
        past: In any order.
        settings: What each kind weighs. Neither age nor stars matter here: decays were learned,
            and people go on from what disappointed them, too.

    Returns:
        Oldest first, without repeats of a moment before and what weighs nothing.
    """
    ordered = sorted(past, key=lambda each: (each.happened_at, each.item_id, each.kind))
    weighed = (
        Happened(
            "",
            each.item_key,
            each.kind,
            deed_weight(each.kind, each.value, settings),
            each.happened_at,
        )
        for each in ordered
    )
    collected = collect(each for each in weighed if each.weight != 0)
    log = collected.log
    return Collected(
        log.kept(~repeats(log, RULES)), collected.user_ids, collected.item_keys, collected.kinds
    )


def behaviour_mix(
    past: Sequence[PastInteraction],
    says: Mapping[int, Array],
    layout: Layout,
    model: BehaviourModel,
    settings: EvidenceSettings,
    *,
    now: datetime,
    known: Mapping[int, Liking],
) -> Mix | None:
    """Sum up what a person did.

    Args:
        past: In any order.
        says: Item key to shape (b,), evidence in the space of behaviour. Other items say nothing,
            though time has gone on with them.
        layout: The spaces.
        model: What was learned.
        settings: What each kind weighs.
        now: From which ages are counted.
        known: Item key to what all of the person's interactions say, for reasons.

    Returns:
        With a row an item and a block of unit length, in behaviour alone. None when it says
        nothing: nothing in it speaks for an item, or all of it cancels out.
    """
    rows = told(past, settings)
    log = rows.log
    # Somebody who only turned things down, or rated them low, has no taste yet.
    liked = any(kind_weight(each.kind, each.value, settings) > 0 for each in past)
    if not (liked and (log.weights[-model.context :] > 0).any()):
        return None
    nothing = np.zeros(model.dimensions, dtype=np.float32)
    evidence = np.stack([says.get(key, nothing) for key in rows.item_keys])
    ago = day_of(now) - log.days
    coefficients = model.coefficients(evidence[log.items], log.weights, ago)
    # One row an item, of which there is a first interaction at least: that is no repeat.
    order = np.argsort(log.items, kind="stable")
    starts = np.searchsorted(log.items[order], np.arange(len(evidence)))
    each_item: NDArray[np.float64] = np.add.reduceat(coefficients[order].astype(np.float64), starts)
    counted = each_item * evidence
    speaking = np.flatnonzero(counted.any(axis=1))
    if len(speaking) == 0:
        return None
    return _mix(counted[speaking], [rows.item_keys[row] for row in speaking], past, known, layout)


def _mix(
    counted: NDArray[np.float64],
    keys: Sequence[int],
    past: Sequence[PastInteraction],
    known: Mapping[int, Liking],
    layout: Layout,
) -> Mix:
    place = layout.slice(SPACE)
    rows = np.zeros((len(keys), layout.dimensions))
    vectors = np.zeros(rows.shape, dtype=np.float32)
    rows[:, place] = vectors[:, place] = counted
    blocks = np.zeros(layout.dimensions, dtype=np.float32)
    blocks[place] = counted.sum(axis=0)
    done: dict[int, list[PastInteraction]] = {}
    for each in past:
        done.setdefault(each.item_key, []).append(each)
    voices = tuple(
        voice_of(known[key], row) if key in known else _voice(done[key], row)
        for key, row in zip(keys, vectors, strict=True)
    )
    coefficients = {
        space.name: np.full(len(keys), float(space.name == SPACE)) for space in layout.spaces
    }
    return Mix(blocks, voices, rows, coefficients)


def _voice(events: Sequence[PastInteraction], vector: Array) -> Voice:
    """Let an item speak whose interactions come to nothing in sum, though their order says much."""
    first = events[0]
    kinds = tuple(sorted({each.kind for each in events}))
    latest = max(each.happened_at for each in events)
    return Voice("item", first.item_id, 0.0, vector, first.title, Evidence(kinds, latest, 0.0))
