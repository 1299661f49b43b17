"""What is kept of people besides what they did, and the groups they fall into."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, String, bindparam, delete, select

from app.people import activity, attributes, changes, records
from app.people.activity import Activity
from app.people.errors import OptedOut
from app.people.names import Names
from app.people.pictures import digest, kept_picture, update_pictures
from app.people.quintiles import Spread
from app.people.segments import Quintiles, Scores
from app.people.standings import Standing, of_row, standing
from app.people.tables import activity as sums
from app.people.tables import profiles, standings
from app.recommend.profile import NO_PROFILE, Choice, Profile, Seed
from indexer.database import Database, alone, upsert

Change = Callable[[Profile], Profile]

NO_PICTURES: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody.

    Attributes:
        profile: What was said of them, and their segments.
        activity: What they did, summed up; None if nothing.
        scores: Their fifths; None where nothing was done, or there are too few people.
        updated_at: When the profile last changed; None if nothing was ever said.
        standing: What may be kept of them; None where nothing was ever said of that.
    """

    profile: Profile = NO_PROFILE
    activity: Activity | None = None
    scores: Scores | None = None
    updated_at: datetime | None = None
    standing: Standing | None = None

    @property
    def known(self) -> bool:
        """Whether there is anything."""
        return self.activity is not None or self.updated_at is not None or self.opted_out

    @property
    def opted_out(self) -> bool:
        """Whether they are out of personalisation, so that nothing is kept."""
        return self.standing is not None and self.standing.opted_out


class People:
    """Profiles in SQL, one row a person, changed one after the other.

    Changes raise OptedOut for people of whom nothing may be kept.
    """

    def __init__(self, database: Database, names: Names | None = None) -> None:
        self._database = database
        self.names = names or Names(database)
        self._spread = Spread(database)

    def read(self, user_id: str) -> Person:
        """Read all that is known of somebody."""
        with self._database.reading() as connection:
            return self.person(connection, user_id)

    def person(self, connection: Connection, user_id: str) -> Person:
        """Read all that is known of somebody inside the caller's transaction, by primary keys."""
        asked = {"user_id": user_id, "person": self.names.of(user_id)}
        row = connection.execute(person_rows(), asked).one()
        did = activity.of_row(row)
        scores = self._spread.scores(connection, did)
        profile = NO_PROFILE if row.updated_at is None else records.read(row)
        segments = attributes.named_segments(profile.attributes)
        if scores is not None:
            segments = tuple(sorted({*segments, scores.segment}))
        done = 0 if did is None else did.interactions
        whole = replace(profile, segments=segments, interactions=done)
        return Person(whole, did, scores, row.updated_at, of_row(row))

    def set_attributes(self, user_id: str, given: object, *, now: datetime) -> None:
        """Replace a person's attributes; raises InvalidAttributes."""
        checked = attributes.checked(given)
        self._change(user_id, lambda held: replace(held, attributes=checked), now=now)

    def change_attributes(self, user_id: str, given: object, *, now: datetime) -> None:
        """Replace the attributes that are named, null removing one; raises InvalidAttributes."""

        def change(held: Profile) -> Profile:
            return replace(held, attributes=attributes.changed(held.attributes, given))

        self._change(user_id, change, now=now)

    def seed(self, user_id: str, seed: Seed, *, picture: bytes | None = None) -> Seed:
        """Keep a seed under a name of its own, made of its label.

        Args:
            user_id: Whose.
            seed: Its name, and the digest of its picture, do not matter.
            picture: As `pictures.prepared` made it.

        Returns:
            The seed as it is kept.
        """
        pictures = {} if picture is None else {digest(picture): picture}
        given = replace(seed, picture=next(iter(pictures), None))
        after = self._change(
            user_id,
            lambda held: changes.with_seed(held, given),
            now=seed.given_at,
            pictures=pictures,
        )
        return after.seeds[-1]

    def choose(self, user_id: str, choice: Choice, *, instead: Collection[str] = ()) -> None:
        """Keep a choice instead of any with its anchor or one of `instead`."""
        self._change(
            user_id,
            lambda held: changes.with_choice(held, choice, instead=instead),
            now=choice.chosen_at,
        )

    def forget(
        self,
        user_id: str,
        moments: Mapping[str, datetime],
        *,
        anchors: Collection[str] = (),
        now: datetime,
    ) -> None:
        """Note that what was done with items before a time says nothing (`changes.forgetting`)."""
        self._change(
            user_id, lambda held: changes.forgetting(held, moments, anchors=anchors), now=now
        )

    def remove_seed(self, user_id: str, name: str, *, now: datetime) -> None:
        """Remove a seed, and what was chosen about it; nothing happens if there is none."""
        self._change(user_id, lambda held: changes.without_seed(held, name), now=now)

    def picture(self, wanted: str) -> bytes | None:
        """Read a seed's picture by its digest; None if no seed has it any more."""
        return kept_picture(self._database, wanted)

    def recently_active(self, *, limit: int) -> list[str]:
        """Name the people who did something last, newest first."""
        wanted = select(sums.c.user_id).order_by(sums.c.last_at.desc(), sums.c.user_id).limit(limit)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted))

    def measure(self, *, now: datetime, unless_within: timedelta | None = None) -> Quintiles | None:
        """Measure how all people spread, for segments; see `Spread.measure`."""
        since = None if unless_within is None else now - unless_within
        return self._spread.measure(now=now, unless_since=since)

    def _change(
        self,
        user_id: str,
        change: Change,
        *,
        now: datetime,
        pictures: Mapping[str, bytes] = NO_PICTURES,
    ) -> Profile:
        person = self.names.of(user_id)
        with self._database.writing() as connection:
            one_at_a_time(connection, user_id)
            refuse_opted_out(connection, person)
            before = held_profile(connection, user_id)
            after = change(before)
            write(connection, user_id, after, now=now)
            update_pictures(connection, before.seeds, after.seeds, pictures)
        return after


def one_at_a_time(connection: Connection, *user_ids: str) -> None:
    """Let nobody else change these people's profiles until the transaction ends."""
    for user_id in sorted(user_ids):
        alone(connection, f"kindred person {user_id}")


def refuse_opted_out(connection: Connection, person: str) -> None:
    """Raise OptedOut if nothing may be kept of the person, named by their hash."""
    held = standing(connection, person)
    if held is not None and held.opted_out:
        raise OptedOut(
            "The person has opted out of personalisation, so that nothing is kept of them; "
            "PUT /v1/users/{user_id}/consent says that they agree again."
        )


def remove(connection: Connection, user_id: str) -> None:
    """Delete a person's profile with its pictures, and the sums of what they did."""
    held = held_profile(connection, user_id)
    update_pictures(connection, held.seeds, (), NO_PICTURES)
    connection.execute(delete(profiles).where(profiles.c.user_id == user_id))
    connection.execute(delete(sums).where(sums.c.user_id == user_id))


def unite(connection: Connection, user_id: str, source: str, *, now: datetime) -> Profile:
    """Add one person's profile to another's and delete it; nobody else may be changing either.

    Returns:
        What there was to add.
    """
    others = held_profile(connection, source)
    if others != NO_PROFILE:
        mine = held_profile(connection, user_id)
        both = changes.united(mine, others)
        write(connection, user_id, both, now=now)
        update_pictures(connection, (*mine.seeds, *others.seeds), both.seeds, NO_PICTURES)
    connection.execute(delete(profiles).where(profiles.c.user_id == source))
    return others


def write(connection: Connection, user_id: str, profile: Profile, *, now: datetime) -> None:
    """Write a profile over what is kept."""
    values = {**records.written(profile), "updated_at": now}
    inserting = upsert(connection, profiles).values(user_id=user_id, **values)
    connection.execute(
        inserting.on_conflict_do_update(index_elements=[profiles.c.user_id], set_=values)
    )


@cache
def person_rows() -> Select[Any]:
    """Select the one row that has what is kept of a person; its columns are null where nothing.

    Its parameters are user_id, and person, the same by their hash.
    """
    asked = select(
        bindparam("user_id", type_=String).label("user_id"),
        bindparam("person", type_=String).label("person"),
    ).subquery()
    kept = [column for column in (*profiles.c, *sums.c) if column.name != "user_id"]
    return (
        select(
            *kept,
            standings.c.opted_out,
            standings.c.since,
            standings.c.until_id,
            standings.c.user_id.label("erasing"),
        )
        .select_from(asked)
        .outerjoin(profiles, profiles.c.user_id == asked.c.user_id)
        .outerjoin(sums, sums.c.user_id == asked.c.user_id)
        .outerjoin(standings, standings.c.person == asked.c.person)
    )


def held_profile(connection: Connection, user_id: str) -> Profile:
    """Read a profile inside the caller's transaction, its segments left out."""
    row = connection.execute(select(profiles).where(profiles.c.user_id == user_id)).one_or_none()
    return NO_PROFILE if row is None else records.read(row)
