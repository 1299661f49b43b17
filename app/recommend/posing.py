"""From a request to the question that is put to one generation."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from app.recommend.asked import Asked
from app.recommend.behaviour import Behaviour
from app.recommend.blocks import content_spaces
from app.recommend.errors import UnknownInterest
from app.recommend.interests import Interest, named
from app.recommend.mix import Mix
from app.recommend.person import Interests, interests_in
from app.recommend.profile import SESSION
from app.recommend.question import (
    asked_mix,
    aspects_of,
    bent,
    dislikes_of,
    examples_against,
    loudness,
    speaks_of_behaviour,
)
from app.recommend.relevance import Aspect, Question
from app.recommend.requests import Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Catalog, Snapshot
from app.recommend.weights import scaled_weights
from embedders.layout import Layout

NO_INTERESTS = Interests((), {})


@dataclass(frozen=True, slots=True)
class Posed:
    """What is asked of a generation.

    Attributes:
        question: None when nothing is known that could be compared with.
        neighbours: The same of the person's other interests, when one of them was asked for.
        unread: Why a seed could not be read, or None.
    """

    question: Question | None
    neighbours: Question | None
    unread: str | None


def posed(asked: Asked, snapshot: Snapshot, catalog: Catalog, settings: RecommendSettings) -> Posed:
    """Put a request into a question.

    Raises:
        UnknownInterest: The person has none of the name asked for.
        UnknownSpace, InvalidWeights: The weights cannot be used.
        ModelUnavailable: Words or a picture cannot be embedded now.
    """
    subject, wanted, person = asked.subject, asked.wanted, asked.person
    # Before anything is read, so that weights that cannot be used are told in any case.
    scaled_weights(wanted.weights, settings.weights, [each.name for each in snapshot.layout.spaces])
    impact = 1.0
    if subject.asks:
        impact = settings.user_impact if wanted.user_impact is None else wanted.user_impact
    interests = NO_INTERESTS
    if person.known and impact > 0:
        interests = interests_in(person, snapshot, catalog, settings)
    behaviour = Behaviour(person, interests, snapshot, settings.evidence, asked.now)
    aspects, others = _chosen(wanted.interest, interests, behaviour, settings)
    mix = None
    if subject.asks:
        mix, others = asked_mix(subject, asked.items, snapshot), ()
    spoken = [part.mix for aspect in (*aspects, *others) for part in aspect.parts]
    weights = _weights(wanted, settings, snapshot.layout, [mix, *spoken])
    louder = loudness(weights)
    if subject.asks:
        loud = 1.0 if speaks_of_behaviour(mix, snapshot.layout) else louder
        aspects = () if mix is None else bent(mix, aspects, impact=impact, louder=loud)
    against = (
        *examples_against(subject, asked.items, snapshot, settings.interests),
        *dislikes_of(
            (person.likings or {}).values(), interests.vectors, settings.interests, worth=impact
        ),
    )
    dislikes = tuple(replace(each, strength=each.strength * louder) for each in against)
    nearness = settings.interests.dislike_nearness
    # Who asks for something gets it, also where it lies in what they muted.
    muted = () if subject.asks else muted_mixes(interests.all, besides=wanted.interest)
    question = Question(snapshot.layout, weights, aspects, dislikes, nearness, muted)
    return Posed(
        question.speaking(), replace(question, aspects=others).speaking(), interests.unread
    )


def _weights(
    wanted: Wanted, settings: RecommendSettings, layout: Layout, spoken: Iterable[Mix | None]
) -> dict[str, float]:
    """Weigh the spaces; where nothing is asked of behaviour, the others as if it were not there."""
    speaks = any(speaks_of_behaviour(mix, layout) for mix in spoken)
    spaces = [space.name for space in layout.spaces] if speaks else content_spaces(layout)
    return scaled_weights(wanted.weights, settings.weights, spaces)


def muted_mixes(interests: Sequence[Interest], *, besides: str | None) -> tuple[Mix, ...]:
    """Return what a person muted, unless it is asked for by its name."""
    one = None if besides is None else named(interests, besides)
    return tuple(each.mix for each in interests if each.factor == 0 and each is not one)


def refuse_unknown(name: str | None, there: Collection[str]) -> None:
    """Raise UnknownInterest for a name, unless it is that of a session with nothing in it yet."""
    if name is not None and name != SESSION:
        listed = ", ".join(there) if there else "none yet"
        raise UnknownInterest(f"the person has no interest {name!r}; they have {listed}")


def _chosen(
    name: str | None, interests: Interests, behaviour: Behaviour, settings: RecommendSettings
) -> tuple[tuple[Aspect, ...], tuple[Aspect, ...]]:
    """Return the aspects asked for, and those of the person's other interests."""
    if name is None:
        return aspects_of(interests.all, settings.interests, behaviour.whole()), ()
    one = named(interests.all, name)
    if one is None:
        refuse_unknown(name, [each.name for each in interests.all])
        return (), aspects_of(interests.all, settings.interests, behaviour.whole())
    rest = [each for each in interests.all if each is not one and each.name != SESSION]
    # A muted interest that is asked for by its name is asked for.
    return (
        aspects_of([replace(one, weight=one.weight or 1.0)], settings.interests, behaviour.of(one)),
        aspects_of(rest, settings.interests, behaviour.whole()) if rest else (),
    )
