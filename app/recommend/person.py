"""A person as one request sees them: what they did, what it says, and their interests."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.recommend.blocks import content_spaces, has_behaviour, parted
from app.recommend.candidates import revisions_of
from app.recommend.evidence import Liking, likings, remembered, session_of
from app.recommend.interests import (
    STEERED,
    Interest,
    chosen,
    found_interests,
    seed_interests,
    session_interest,
)
from app.recommend.mix import Voice
from app.recommend.profile import NO_PROFILE, SESSION, Profile, Seed
from app.recommend.requests import Event
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Catalog, Past, PastInteraction, Snapshot
from app.recommend.weights import scaled_weights
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.errors import ModelUnavailable

NO_PAST = Past((), complete=True)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whom an answer is for.

    Attributes:
        past: Newest first, what was not sent yet included.
        complete: Whether nothing older was left unread.
        profile: What they said of themselves.
        likings: Item key to what all of it says, forgotten things left out.
        session: The same of the current session alone.
        remembered: The past without forgotten things.
        visit: What of that is of the current session.
        opted_out: Whether they are not to be known.
    """

    past: tuple[PastInteraction, ...] = ()
    complete: bool = True
    profile: Profile = NO_PROFILE
    likings: Mapping[int, Liking] | None = None
    session: Mapping[int, Liking] | None = None
    remembered: tuple[PastInteraction, ...] = ()
    visit: tuple[PastInteraction, ...] = ()
    opted_out: bool = False

    @property
    def known(self) -> bool:
        """Whether there is anything to make interests of."""
        return bool(self.likings or self.profile.seeds)

    def named(self) -> frozenset[str]:
        """Return the ids of items that are needed besides those of the past."""
        past = {each.item_id for each in self.past}
        seeds = {item_id for seed in self.profile.seeds for item_id in seed.items}
        seed_names = {seed.name for seed in self.profile.seeds}
        anchors = {choice.anchor for choice in self.profile.choices} - seed_names - {SESSION}
        return frozenset((seeds | anchors) - past)


def person_of(
    past: Past,
    events: Sequence[Event],
    items: Mapping[str, Candidate],
    settings: RecommendSettings,
    *,
    now: datetime,
) -> Person:
    """Put together what was kept and what came with the request.

    Args:
        past: As read.
        events: What came with the request; those with unknown items are left out, and all of them
            where the person opted out.
        items: item_id to item, for events.
        settings: What things weigh.
        now: The time of the request.
    """
    if past.opted_out:
        return Person(opted_out=True)
    sent = tuple(
        PastInteraction(
            items[each.item_id].item.key,
            each.item_id,
            items[each.item_id].indexed_revision,
            each.kind,
            each.value,
            each.happened_at,
            items[each.item_id].title,
            items[each.item_id].item.categories,
        )
        for each in events
        if each.item_id in items
    )
    whole = tuple(
        sorted((*sent, *past.interactions), key=lambda each: each.happened_at, reverse=True)
    )
    current = session_of(whole, now=now, gap=settings.interests.session_gap)
    # What came with the request is this session, whatever its times are.
    current = tuple(dict.fromkeys((*sent, *current)))
    forgotten = past.profile.forgotten
    return Person(
        whole,
        past.complete,
        past.profile,
        likings(whole, settings.evidence, now=now, forgotten=forgotten),
        likings(current, settings.evidence, now=now, forgotten=forgotten),
        remembered(whole, forgotten),
        remembered(current, forgotten),
    )


@dataclass(frozen=True, slots=True)
class Interests:
    """A person's interests in one generation.

    Attributes:
        all: Heaviest first, ties by name; muted ones last.
        vectors: Item key to shape (d,), as evidence, of everything they have an opinion of; zeros
            in the space of behaviour, which has no part in interests.
        unread: Why a seed could not be embedded now, or None.
        says: Item key to shape (b,), the evidence in the space of behaviour of everything they
            touched; empty where there is no such space.
        silent: Keys of items in muted interests.
    """

    all: tuple[Interest, ...]
    vectors: Mapping[int, Array]
    unread: str | None = None
    says: Mapping[int, Array] = field(default_factory=dict)
    silent: frozenset[int] = frozenset()


def interests_in(
    person: Person, snapshot: Snapshot, catalog: Catalog, settings: RecommendSettings
) -> Interests:
    """Find a person's interests; they do not depend on the weights of a request."""
    layout, setting = snapshot.layout, settings.interests
    weights = scaled_weights({}, settings.weights, content_spaces(layout))
    known = person.likings or {}
    vectors, says = evidence_of(snapshot, person)
    others = _other_items(person, snapshot, catalog)
    anchors = {item_id: vector for item_id, (_, vector) in others.items()}
    choices = person.profile.choices
    most = setting.most + STEERED if choices else setting.most
    found = found_interests(known.values(), vectors, layout, weights, setting, most=most)
    found = chosen(found, choices, anchors, layout, weights, setting)
    found.sort(key=lambda each: (-each.weight, each.name))
    kept = [each for each in found if each.weight > 0][: setting.most]
    muted = [each for each in found if not each.weight > 0][: setting.most]
    session = _session(person, vectors, snapshot, kept, muted, settings)
    liked = math.fsum(each.weight for each in known.values() if each.weight > 0)
    voices, unread = _seed_voices(person, snapshot, others, vectors)
    seeds = seed_interests(voices, layout, liked, setting)
    given = chosen([*session, *seeds], choices, {}, layout, weights, setting)
    every = sorted([*kept, *muted, *given], key=lambda each: (-each.weight, each.name))
    off = [each for each in found if each.factor == 0]
    silent = frozenset(member.item_key for each in off for member in each.members)
    return Interests(tuple(every), vectors, unread, says, silent)


def evidence_of(
    snapshot: Snapshot, person: Person
) -> tuple[Mapping[int, Array], Mapping[int, Array]]:
    """Read what liked and disliked items are as evidence, and what all say in behaviour.

    Returns:
        As in `Interests.vectors` and `Interests.says`; items without any vector are left out.
    """
    touched: Iterable[Liking | PastInteraction] = (person.likings or {}).values()
    if has_behaviour(snapshot.layout):
        touched = person.remembered
    revisions = {
        each.item_key: each.indexed_revision
        for each in touched
        if each.indexed_revision is not None
    }
    return parted(snapshot.evidence(revisions).vectors if revisions else {}, snapshot.layout)


def _session(
    person: Person,
    vectors: Mapping[int, Array],
    snapshot: Snapshot,
    kept: Sequence[Interest],
    muted: Sequence[Interest],
    settings: RecommendSettings,
) -> list[Interest]:
    """Make the session's interest, of what is in no muted one."""
    off = {member.item_key for each in muted for member in each.members}
    current = [each for key, each in (person.session or {}).items() if key not in off]
    made = session_interest(current, vectors, snapshot.layout, kept, settings.interests)
    return [] if made is None else [made]


def _other_items(
    person: Person, snapshot: Snapshot, catalog: Catalog
) -> dict[str, tuple[Candidate, Array]]:
    """Read items of seeds and choices that are not in the past; two reads if there are any."""
    named = person.named()
    if not named:
        return {}
    known = catalog.candidates(list(catalog.keys_of(named).values()))
    revisions = revisions_of(known.values())
    held = snapshot.evidence(revisions).vectors if revisions else {}
    vectors, _ = parted(held, snapshot.layout)
    return {known[key].item.item_id: (known[key], vector) for key, vector in vectors.items()}


def _seed_voices(
    person: Person,
    snapshot: Snapshot,
    others: Mapping[str, tuple[Candidate, Array]],
    vectors: Mapping[int, Array],
) -> tuple[list[tuple[Seed, list[Voice]]], str | None]:
    """Let seeds speak; what could not be embedded now is left out, and why is told."""
    past = {each.item_id: each for each in person.past}
    voices: list[tuple[Seed, list[Voice]]] = []
    unread: str | None = None
    for seed in person.profile.seeds:
        try:
            spoken = _asked_voices(seed, snapshot)
        except ModelUnavailable as error:
            unread = str(error)
            continue
        for item_id in seed.items:
            if item_id in others:
                candidate, vector = others[item_id]
                spoken.append(Voice("item", item_id, 1.0, vector, candidate.title))
            elif item_id in past and past[item_id].item_key in vectors:
                each = past[item_id]
                spoken.append(Voice("item", item_id, 1.0, vectors[each.item_key], each.title))
        voices.append((seed, spoken))
    return voices, unread


def _asked_voices(seed: Seed, snapshot: Snapshot) -> list[Voice]:
    if seed.words is not None:
        return [Voice("words", seed.words, 1.0, snapshot.asked(words=[seed.words])[0])]
    if seed.picture is not None:
        return [Voice("picture", seed.label, 1.0, snapshot.asked(pictures=[seed.picture])[0])]
    return []
