"""Profiles as JSON columns, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from app.recommend.profile import Choice, Profile, Seed


def written(profile: Profile) -> dict[str, object]:
    """Write what is kept of a profile, column to value; segments are computed, not kept."""
    return {
        "attributes": dict(profile.attributes),
        "seeds": [_written_seed(each) for each in profile.seeds],
        "choices": [
            {"anchor": each.anchor, "factor": each.factor, "chosen_at": _text(each.chosen_at)}
            for each in profile.choices
        ],
        "forgotten": {item_id: _text(moment) for item_id, moment in profile.forgotten.items()},
    }


def read(row: Row[Any]) -> Profile:
    """Read a row of `profiles`, its segments left out."""
    return Profile(
        attributes=row.attributes,
        seeds=tuple(_read_seed(each) for each in row.seeds),
        choices=tuple(
            Choice(each["anchor"], each["factor"], _moment(each["chosen_at"]))
            for each in row.choices
        ),
        forgotten=read_forgotten(row.forgotten),
    )


def read_forgotten(held: Mapping[str, str]) -> dict[str, datetime]:
    """Read the column of what a person had forgotten: item_id to when."""
    return {item_id: _moment(moment) for item_id, moment in held.items()}


def _written_seed(seed: Seed) -> dict[str, object]:
    held = {
        "name": seed.name,
        "label": seed.label,
        "weight": seed.weight,
        "given_at": _text(seed.given_at),
        "words": seed.words,
        "picture": seed.picture,
        "items": list(seed.items),
    }
    return {name: value for name, value in held.items() if value not in (None, [])}


def _read_seed(held: Mapping[str, Any]) -> Seed:
    return Seed(
        name=held["name"],
        label=held["label"],
        weight=held["weight"],
        given_at=_moment(held["given_at"]),
        words=held.get("words"),
        picture=held.get("picture"),
        items=tuple(held.get("items", ())),
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
