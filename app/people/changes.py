"""What becomes of a profile when something is said; each change returns a new one, in bounds."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from app.people import attributes
from app.recommend.profile import SEED, Choice, Profile, Seed

MAX_SEEDS = 20
MAX_CHOICES = 50
MAX_FORGOTTEN = 2_000
"""Ten times what is read of a history by default: what is forgotten beyond has long decayed."""

LONGEST_WORD = 40
"""Characters of a seed's name after "seed:"."""

_BETWEEN = re.compile(r"[\W_]+")


def with_seed(profile: Profile, seed: Seed) -> Profile:
    """Add a seed under a name of its own, made of its label; the oldest go beyond MAX_SEEDS.

    Args:
        profile: Before.
        seed: Its name does not matter.
    """
    named = replace(seed, name=_free_name(seed.label, {each.name for each in profile.seeds}))
    return bounded(replace(profile, seeds=(*profile.seeds, named)))


def without_seed(profile: Profile, name: str) -> Profile:
    """Remove a seed, and what was chosen about it."""
    return replace(
        profile,
        seeds=tuple(each for each in profile.seeds if each.name != name),
        choices=tuple(each for each in profile.choices if each.anchor != name),
    )


def with_choice(profile: Profile, choice: Choice, *, instead: Collection[str] = ()) -> Profile:
    """Keep a choice instead of any with its anchor or one of `instead`; the oldest go beyond."""
    gone = {choice.anchor, *instead}
    others = (each for each in profile.choices if each.anchor not in gone)
    return bounded(replace(profile, choices=(*others, choice)))


def forgetting(
    profile: Profile, moments: Mapping[str, datetime], *, anchors: Collection[str] = ()
) -> Profile:
    """Note that what was done with items before a time says nothing, nor what was chosen of them.

    Args:
        profile: Before.
        moments: item_id to the time.
        anchors: Of choices to drop besides those anchored to the items.
    """
    gone = {*anchors, *moments}
    return bounded(
        replace(
            profile,
            choices=tuple(each for each in profile.choices if each.anchor not in gone),
            forgotten={**profile.forgotten, **moments},
        )
    )


def united(mine: Profile, others: Profile) -> Profile:
    """Add everything of another profile to mine.

    My own attributes win. A seed whose name is taken gets another, and what was chosen about it
    goes with it; of two choices with one anchor the newer holds, and of two times of forgetting an
    item the later.
    """
    names = {each.name for each in mine.seeds}
    renamed: dict[str, str] = {}
    for seed in others.seeds:
        renamed[seed.name] = name = _free_name(seed.label, names)
        names.add(name)
    theirs = (replace(each, name=renamed[each.name]) for each in others.seeds)
    moved = (replace(each, anchor=renamed.get(each.anchor, each.anchor)) for each in others.choices)
    forgotten = dict(mine.forgotten)
    for item_id, moment in others.forgotten.items():
        forgotten[item_id] = max(moment, forgotten.get(item_id, moment))
    return bounded(
        Profile(
            attributes=attributes.united(mine.attributes, others.attributes),
            seeds=tuple(sorted((*mine.seeds, *theirs), key=lambda each: each.given_at)),
            choices=_newest_by_anchor((*moved, *mine.choices)),
            forgotten=forgotten,
        )
    )


def bounded(profile: Profile) -> Profile:
    """Keep the last of everything, as many as are kept; a choice about a lost seed goes with it."""
    lost = {each.name for each in profile.seeds[:-MAX_SEEDS]}
    choices = tuple(each for each in profile.choices if each.anchor not in lost)
    return replace(
        profile,
        seeds=profile.seeds[-MAX_SEEDS:],
        choices=choices[-MAX_CHOICES:],
        forgotten=_latest(profile.forgotten),
    )


def _latest(forgotten: Mapping[str, datetime]) -> dict[str, datetime]:
    if len(forgotten) <= MAX_FORGOTTEN:
        return dict(forgotten)
    ordered = sorted(forgotten.items(), key=lambda pair: (pair[1], pair[0]))
    return dict(ordered[-MAX_FORGOTTEN:])


def _newest_by_anchor(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Keep one choice an anchor, the newest; of equal times the last given. Oldest first."""
    ordered = sorted(choices, key=lambda each: each.chosen_at)
    return tuple({each.anchor: each for each in ordered}.values())


def _free_name(label: str, taken: Collection[str]) -> str:
    """Make a name of a label's words, with a number behind it where it is taken."""
    words = (
        _BETWEEN.sub("-", unicodedata.normalize("NFC", label.lower()))
        .strip("-")[:LONGEST_WORD]
        .strip("-")
    )
    name = SEED + (words or "given")
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"
