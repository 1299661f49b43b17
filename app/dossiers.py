"""A dossier as one JSON document, written piece by piece; over HTTP and on the command line."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

import orjson

from app.interactions.dossier import Dossier
from app.people.people import Person
from app.recommend.profile import Seed

PicturesOf = Callable[[str], bytes | None]


def written(
    user_id: str, dossier: Dossier, pictures: PicturesOf, *, now: datetime
) -> Iterator[bytes]:
    """Write a dossier as UTF-8 JSON, a bounded piece at a time.

    Args:
        user_id: Whose.
        dossier: What is kept.
        pictures: Finds a seed's picture by its digest.
        now: Noted.
    """
    head = {
        "user_id": user_id,
        "exported_at": now,
        **_person(dossier.person),
        "suspicion": _suspicion(dossier),
    }
    yield orjson.dumps(head)[:-1]
    yield b',"seeds":['
    yield from _listed(_seed(each, pictures) for each in dossier.person.profile.seeds)
    yield b'],"interactions":['
    yield from _listed(_interaction(each) for each in dossier.interactions)
    yield b'],"answers":['
    yield from _listed(dossier.answers)
    yield b"]}\n"


def _person(person: Person) -> dict[str, object]:
    profile, standing = person.profile, person.standing
    return {
        "personalised": not person.opted_out,
        "since": None if standing is None else standing.since,
        "attributes": dict(profile.attributes),
        "segments": list(profile.segments),
        "rfm": None if person.scores is None else asdict(person.scores),
        "activity": None if person.activity is None else asdict(person.activity),
        "choices": [asdict(each) for each in profile.choices],
        "forgotten": dict(profile.forgotten),
        "updated_at": person.updated_at,
    }


def _suspicion(dossier: Dossier) -> dict[str, object] | None:
    found = dossier.suspicion
    if found is None:
        return None
    return {
        "reasons": list(found.reasons),
        "looked_at": found.looked_at,
        "found_at": found.found_at,
        "confirmed_at": found.confirmed_at,
    }


def _seed(seed: Seed, pictures: PicturesOf) -> dict[str, object]:
    held = None if seed.picture is None else pictures(seed.picture)
    encoded = None if held is None else base64.b64encode(held).decode()
    picture = None if encoded is None else f"data:image/jpeg;base64,{encoded}"
    return {**asdict(seed), "items": list(seed.items), "picture": picture}


def _interaction(held: Mapping[str, object]) -> dict[str, object]:
    """Write an interaction in the shape HTTP takes, and what else is kept of it."""
    names = {"kind": "type", "happened_at": "timestamp"}
    return {names.get(name, name): value for name, value in held.items()}


def _listed(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield (b",\n" if number else b"\n") + orjson.dumps(row)
