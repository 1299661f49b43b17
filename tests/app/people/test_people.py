import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from app.people.changes import MAX_SEEDS
from app.people.errors import InvalidAttributes
from app.people.people import People
from app.people.tables import seed_pictures
from app.recommend.profile import NO_PROFILE, Choice, Seed
from indexer.database import Database
from tests.app.interactions.people import NOW
from tests.threads import together

LATER = NOW + timedelta(minutes=1)


def seed(label: str = "cups", **given: object) -> Seed:
    return replace(Seed("", label, 5.0, NOW), **given)  # type: ignore[arg-type]  # any field


def kept_pictures(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(seed_pictures)) or 0


def test_a_profile_is_read_back_as_it_was_given(people: People) -> None:
    people.set_attributes("ann", {"country": "PT", "sizes": [38]}, now=NOW)
    words = people.seed("ann", seed(words="blue cups"))
    items = people.seed("ann", seed("chosen", items=("mug-1", "o'neil"), weight=2.5))
    people.choose("ann", Choice("mug-1", 2.5, NOW))
    people.forget("ann", {"lamp-1": NOW, "日本": LATER}, now=LATER)

    person = people.read("ann")

    assert person.profile.attributes == {"country": "PT", "sizes": [38]}
    assert person.profile.seeds == (words, items)
    assert (words.name, items.name) == ("seed:cups", "seed:chosen")
    assert person.profile.choices == (Choice("mug-1", 2.5, NOW),)
    assert person.profile.forgotten == {"lamp-1": NOW, "日本": LATER}
    assert person.updated_at == LATER
    assert person.known


def test_a_stranger_has_an_empty_profile(people: People) -> None:
    person = people.read("stranger")

    assert person.profile == NO_PROFILE
    assert not person.known


def test_setting_attributes_replaces_all_and_changing_some_leaves_the_others(
    people: People,
) -> None:
    people.set_attributes("ann", {"country": "PT", "age": 41}, now=NOW)
    people.change_attributes("ann", {"age": None, "member": True}, now=NOW)
    changed = people.read("ann").profile.attributes
    people.set_attributes("ann", {"age": 42}, now=NOW)

    assert changed == {"country": "PT", "member": True}
    assert people.read("ann").profile.attributes == {"age": 42}


def test_a_change_that_breaks_a_rule_changes_nothing(people: People) -> None:
    people.set_attributes("ann", {"a": "x" * 9_000}, now=NOW)

    with pytest.raises(InvalidAttributes):
        people.change_attributes("ann", {"b": "x" * 9_000}, now=LATER)

    person = people.read("ann")
    assert list(person.profile.attributes) == ["a"]
    assert person.updated_at == NOW


def test_changes_of_one_person_at_once_are_all_kept(people: People) -> None:
    def change(turn: int) -> None:
        for number in range(5):
            name = f"{turn}-{number}"
            people.change_attributes("ann", {name: number}, now=NOW)
            people.choose("ann", Choice(name, 2.0, NOW))
            people.forget("ann", {f"item {name}": NOW}, now=NOW)
        people.seed("ann", seed("cups"))

    together(*(partial(change, turn) for turn in range(4)))

    profile = people.read("ann").profile
    every = {f"{turn}-{number}" for turn in range(4) for number in range(5)}
    assert set(profile.attributes) == every
    assert {each.anchor for each in profile.choices} == every
    assert {each.removeprefix("item ") for each in profile.forgotten} == every
    assert {each.name for each in profile.seeds} == {
        "seed:cups",
        "seed:cups-2",
        "seed:cups-3",
        "seed:cups-4",
    }


@pytest.mark.parametrize("user_id", ["o'neil", 'x") OR ("1"="1', "%_\\", "日本 ☃", "a;--"])
def test_names_are_never_read_as_sql(people: People, user_id: str) -> None:
    people.set_attributes(user_id, {user_id: user_id}, now=NOW)

    assert people.read(user_id).profile.attributes == {user_id: user_id}
    assert not people.read("ann").known


def test_a_seeds_picture_is_kept_as_long_as_a_seed_has_it(
    database: Database, people: People
) -> None:
    digest = hashlib.sha256(b"picture").hexdigest()
    given = people.seed("ann", seed(), picture=b"picture")
    people.seed("ann", seed(), picture=b"picture")
    people.seed("bob", seed(), picture=b"picture")

    people.remove_seed("ann", "seed:cups", now=NOW)
    people.remove_seed("ann", "seed:cups", now=NOW)
    people.remove_seed("ann", "seed:cups-2", now=NOW)
    held = people.picture(digest)
    people.remove_seed("bob", "seed:cups", now=NOW)

    assert given.picture == digest
    assert held == b"picture"
    assert people.picture(digest) is None
    assert kept_pictures(database) == 0


def test_a_seed_that_is_crowded_out_takes_its_picture_along(
    database: Database, people: People
) -> None:
    people.seed("ann", seed("first"), picture=b"first")
    for number in range(MAX_SEEDS):
        people.seed("ann", seed(f"cups {number}"))

    assert "seed:first" not in {each.name for each in people.read("ann").profile.seeds}
    assert kept_pictures(database) == 0


def test_pictures_that_many_give_and_take_at_once_are_counted_right(
    database: Database, people: People
) -> None:
    def give_and_take(turn: int) -> None:
        for _ in range(5):
            one = people.seed(f"user-{turn}", seed(), picture=b"one")
            people.seed(f"user-{turn}", seed("other"), picture=b"two")
            people.remove_seed(f"user-{turn}", one.name, now=NOW)
            people.remove_seed(f"user-{turn}", "seed:other", now=NOW)
        people.seed(f"user-{turn}", seed(), picture=b"one")

    together(*(partial(give_and_take, turn) for turn in range(4)))

    with database.reading() as connection:
        rows = connection.execute(select(seed_pictures.c.picture, seed_pictures.c.seeds)).all()
    assert [(bytes(row.picture), row.seeds) for row in rows] == [(b"one", 4)]
