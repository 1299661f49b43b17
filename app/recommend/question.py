"""From a person, or from what is asked, to the question put to a generation."""

from collections.abc import Iterable, Mapping, Sequence

from app.recommend.blocks import has_behaviour, parted, without
from app.recommend.candidates import revisions_of
from app.recommend.evidence import Liking
from app.recommend.interests import Interest, shares, voice_of
from app.recommend.mix import Mix, Voice, mixed, unmixed
from app.recommend.profile import SESSION
from app.recommend.relevance import Aspect, Dislike, Part, strength
from app.recommend.requests import Subject
from app.recommend.settings import InterestSettings
from app.recommend.sources import Snapshot
from embedders.behaviour import SPACE
from embedders.layout import Layout
from embedders.spaces import Array
from indexer.catalogue import Candidate

MOST_DISLIKES = 50
"""Items that push their neighbours down at most, the most disliked."""

EXAMPLE_AGAINST = -5.0
"""Weight of a negative example: as plain as hiding."""


def aspects_of(
    interests: Sequence[Interest], settings: InterestSettings, behaviour: Mix | None = None
) -> tuple[Aspect, ...]:
    """Make an aspect of each interest that is not muted, heavy ones worth more.

    A session that is everything there is would ask the same twice, and is left out. What the person
    did is a part of every aspect, worth the same in all, and an aspect alone where there is none.
    """
    besides = () if behaviour is None else (Part(behaviour, 1.0),)
    active = [each for each in interests if each.weight > 0]
    found = {member.item_key for each in active if each.kind == "found" for member in each.members}
    active = [
        each
        for each in active
        if each.name != SESSION
        or len(active) == 1
        or found != {member.item_key for member in each.members}
    ]
    if not active:
        return (Aspect(None, 1.0, besides),) if besides else ()
    parts = shares(active).tolist()
    return tuple(
        Aspect(
            each.name, share, (Part(each.mix, (share / max(parts)) ** settings.emphasis), *besides)
        )
        for each, share in zip(active, parts, strict=True)
    )


def bent(
    asked: Mix, aspects: Sequence[Aspect], *, impact: float, louder: float = 1.0
) -> tuple[Aspect, ...]:
    """Blend what is asked for with each of a person's aspects.

    Args:
        asked: What is asked for.
        aspects: The person's; none leaves it as it is.
        impact: What the person is worth, 0 to 1.
        louder: What is asked for is worth so many times as much beside a person, 1 or more
            (`loudness`).

    Returns:
        Relevance to them is (1 - impact) times that of what is asked for plus impact times the best
        of the person's.
    """
    if not aspects or impact <= 0:
        return (Aspect(None, 1.0, (Part(asked, 1.0),)),)
    return tuple(
        Aspect(
            each.interest,
            each.share,
            (
                Part(asked, (1.0 - impact) * louder),
                *(Part(part.mix, impact * part.worth) for part in each.parts),
            ),
        )
        for each in aspects
    )


def speaks_of_behaviour(mix: Mix | None, layout: Layout) -> bool:
    """Say whether a mix has anything in the space of behaviour."""
    return mix is not None and has_behaviour(layout) and bool(mix.blocks[layout.slice(SPACE)].any())


def loudness(weights: Mapping[str, float]) -> float:
    """Say how many times louder content speaks where behaviour does not.

    So that what is asked for in words, and a dislike, weigh against a person what they would
    without a space of behaviour.

    Args:
        weights: Space to weight, scaled to sum 1.
    """
    left = 1.0 - weights.get(SPACE, 0.0)
    return 1.0 / left if left > 0 else 1.0


def asked_mix(subject: Subject, items: Mapping[str, Candidate], snapshot: Snapshot) -> Mix | None:
    """Mix what is asked for besides the person.

    An item alone is asked for by its vector as a candidate, predicted parts included; together with
    examples, words or a picture it speaks as loud as each of them, predicted content left out. Like
    is compared with like in behaviour, too: nobody needs to have touched what is asked about.

    Args:
        subject: What is asked.
        items: item_id to item; an example that is not there says nothing.
        snapshot: The generation.

    Returns:
        None when nothing of it has a vector.

    Raises:
        ModelUnavailable: Words or a picture cannot be embedded now.
    """
    named = list(subject.positive) + ([subject.item_id] if subject.item_id else [])
    known = [items[each] for each in named if each in items]
    if subject.item_id and len(named) == 1 and not (subject.words or subject.picture):
        vectors = snapshot.candidates(revisions_of(known)).vectors
        return next(
            (
                unmixed(_example(each, vectors[each.item.key]), snapshot.layout)
                for each in known
                if each.item.key in vectors
            ),
            None,
        )
    voices = _examples(known, snapshot)
    if subject.words is not None:
        voices.append(Voice("words", subject.words, 1.0, snapshot.asked(words=[subject.words])[0]))
    if subject.picture is not None:
        seen = snapshot.asked(pictures=[subject.picture])[0]
        voices.append(Voice("picture", "picture", 1.0, seen))
    return mixed(voices, snapshot.layout)


def dislikes_of(
    likings: Iterable[Liking],
    vectors: Mapping[int, Array],
    settings: InterestSettings,
    *,
    worth: float = 1.0,
) -> tuple[Dislike, ...]:
    """Let what a person dislikes speak against its neighbours, the most disliked first.

    Args:
        likings: Those above 0 are left out.
        vectors: Item key to evidence vector.
        settings: What a dislike costs.
        worth: What the person counts in this request, 0 to 1.
    """
    against = [each for each in likings if each.weight < 0 and each.item_key in vectors]
    against.sort(key=lambda each: (each.weight, each.item_id))
    most = settings.dislike_strength * worth
    if most <= 0:
        return ()
    return tuple(
        Dislike(
            voice_of(each, vectors[each.item_key]),
            strength(each.weight, most=most, half=settings.dislike_half),
        )
        for each in against[:MOST_DISLIKES]
    )


def examples_against(
    subject: Subject,
    items: Mapping[str, Candidate],
    snapshot: Snapshot,
    settings: InterestSettings,
) -> tuple[Dislike, ...]:
    """Let negative examples speak against their neighbours."""
    known = [items[each] for each in subject.negative if each in items]
    held = snapshot.evidence(revisions_of(known)).vectors if known else {}
    vectors, _ = parted(held, snapshot.layout)
    most, half = settings.dislike_strength, settings.dislike_half
    return tuple(
        Dislike(
            _example(each, vectors[each.item.key]),
            strength(EXAMPLE_AGAINST, most=most, half=half),
        )
        for each in known
        if each.item.key in vectors and most > 0
    )


def _examples(known: Sequence[Candidate], snapshot: Snapshot) -> list[Voice]:
    """Let examples speak as candidates, what was predicted of their content left out."""
    if not known:
        return []
    held = snapshot.candidates(revisions_of(known))
    voices = []
    for each in known:
        vector = held.vectors.get(each.item.key)
        if vector is not None:
            guessed = held.predicted.get(each.item.key, frozenset()) - {SPACE}
            voices.append(_example(each, without(vector, sorted(guessed), snapshot.layout)))
    return voices


def _example(candidate: Candidate, vector: Array) -> Voice:
    return Voice("item", candidate.item.item_id, 1.0, vector, candidate.title)
