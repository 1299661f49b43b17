"""What a person did, summed up: kept with every interaction, so that nobody counts it later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, case, delete, select, update

from app.people.tables import activity
from indexer.database import slices, upsert

PURCHASE = "purchase"

Span = tuple[datetime, datetime]
"""When the first and the last of some interactions happened."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a person did.

    Attributes:
        first_at, last_at: When they first and last did something.
        interactions: How many there are.
        purchases: How many of them are purchases.
        spend: What those came to, 0 or more, in the shop's currency: price when it arrived times
            quantity, of items that were known and had a price then.
    """

    first_at: datetime
    last_at: datetime
    interactions: int = 0
    purchases: int = 0
    spend: float = 0.0

    def __add__(self, other: "Activity") -> "Activity":
        """Sum up two parts."""
        return Activity(
            first_at=min(self.first_at, other.first_at),
            last_at=max(self.last_at, other.last_at),
            interactions=self.interactions + other.interactions,
            purchases=self.purchases + other.purchases,
            spend=self.spend + other.spend,
        )


_NOTHING = Activity(datetime(9999, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC))
"""Whatever is added to it stays as it is."""


class Done(Protocol):
    """What summing up needs of an interaction."""

    @property
    def user_id(self) -> str:
        """Who."""
        ...

    @property
    def item_id(self) -> str:
        """With which item."""
        ...

    @property
    def kind(self) -> str:
        """Did what."""
        ...

    @property
    def value(self) -> float | None:
        """Of a purchase, the quantity; None is one."""
        ...

    @property
    def happened_at(self) -> datetime:
        """When."""
        ...


def summed(done: Iterable[Done], prices: Mapping[str, float]) -> dict[str, Activity]:
    """Sum up interactions, user_id to what that person did.

    Args:
        done: In any order.
        prices: item_id to price, of items that are known and have one.
    """
    sums: dict[str, Activity] = {}
    for each in done:
        one = Activity(each.happened_at, each.happened_at, 1)
        if each.kind == PURCHASE:
            quantity = 1.0 if each.value is None else each.value
            one = replace(one, purchases=1, spend=prices.get(each.item_id, 0.0) * quantity)
        held = sums.get(each.user_id)
        sums[each.user_id] = one if held is None else held + one
    return sums


def add(connection: Connection, sums: Mapping[str, Activity]) -> None:
    """Add to what people did inside the caller's transaction, one row a person.

    Rows are locked in the order of user_id, so that two transactions wait for each other instead of
    in a circle.
    """
    if not sums:
        return
    inserting = upsert(connection, activity)
    new, held = inserting.excluded, activity.c
    adding = inserting.on_conflict_do_update(
        index_elements=[held.user_id],
        set_={
            "first_at": case((new.first_at < held.first_at, new.first_at), else_=held.first_at),
            "last_at": case((new.last_at > held.last_at, new.last_at), else_=held.last_at),
            "interactions": held.interactions + new.interactions,
            "purchases": held.purchases + new.purchases,
            "spend": held.spend + new.spend,
        },
        # RETURNING only because rows then travel many at a time (see app.interactions.counts).
    ).returning(held.user_id)
    connection.execute(adding, [_row(user_id, sums[user_id]) for user_id in sorted(sums)])


def hold(connection: Connection, user_ids: Iterable[str]) -> None:
    """Let nobody else record what these people do until the transaction ends.

    Rows are locked in the order of user_id, as `add` locks them, and empty ones are made for
    newcomers: the caller adds to each, or removes it by `drop_empty`. SQLite's write transactions
    are alone in any case.
    """
    rows = [_row(user_id, _NOTHING) for user_id in sorted(user_ids)]
    if connection.dialect.name == "sqlite" or not rows:
        return
    held = activity.c
    locking = (
        upsert(connection, activity)
        .on_conflict_do_update(
            index_elements=[held.user_id], set_={"interactions": held.interactions}
        )
        .returning(held.user_id)
    )
    connection.execute(locking, rows)


def drop_empty(connection: Connection, user_ids: Iterable[str]) -> None:
    """Delete the rows of people who did nothing, as `hold` made them."""
    column = activity.c
    for some in slices(sorted(user_ids)):
        nothing = (column.user_id.in_(some), column.interactions == 0)
        connection.execute(delete(activity).where(*nothing))


def move(connection: Connection, user_id: str, source: str) -> bool:
    """Add what one person did to what another did, and delete it there; False if it was nothing.

    Whoever records interactions of either meanwhile waits until this transaction ends.
    """
    seen = connection.execute(select(activity).where(activity.c.user_id == source)).one_or_none()
    if seen is None:
        return False
    # Adding nothing locks both rows, in the order in which all lock them, and makes the missing.
    nothing = Activity(seen.first_at, seen.last_at)
    add(connection, {user_id: nothing, source: nothing})
    deleting = delete(activity).where(activity.c.user_id == source).returning(*activity.c)
    gone = of_row(connection.execute(deleting).one())
    add(connection, {user_id: gone or nothing})
    return True


def lock(connection: Connection, user_id: str) -> None:
    """Hold a person's row until the transaction ends, made if there is none: nobody adds to it."""
    never = Activity(datetime(9999, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC))
    add(connection, {user_id: never})


def replace_counts(connection: Connection, user_id: str, did: Activity | None) -> None:
    """Put what was counted anew in the place of a row that the caller holds.

    Args:
        connection: In the transaction that holds it.
        user_id: Whose.
        did: None: nothing, and the row goes. Its spend is taken only where none is kept.
    """
    theirs = activity.c.user_id == user_id
    if did is None:
        connection.execute(delete(activity).where(theirs))
        return
    kept = activity.c.interactions > 0
    counted = _row(user_id, did)
    counted["spend"] = case((kept, activity.c.spend), else_=did.spend)
    connection.execute(update(activity).where(theirs).values(counted))


def shorten(
    connection: Connection, user_id: str, gone: int, *, purchases: int, left: Span | None
) -> None:
    """Take deleted interactions out of the sums of a person whose row the caller holds.

    What a purchase came to is not kept with it: it stays in the sum until the last purchase goes.

    Args:
        connection: In the transaction that deletes them.
        user_id: Whose they were.
        gone: How many.
        purchases: How many of them were purchases.
        left: When the oldest and the newest that are left happened; None: there are none.
    """
    theirs = activity.c.user_id == user_id
    if left is None:
        connection.execute(delete(activity).where(theirs))
        return
    bought = activity.c.purchases - purchases
    connection.execute(
        update(activity)
        .where(theirs)
        .values(
            first_at=left[0],
            last_at=left[1],
            interactions=activity.c.interactions - gone,
            purchases=bought,
            spend=case((bought > 0, activity.c.spend), else_=0.0),
        )
    )


def of_row(row: Row[Any]) -> Activity | None:
    """Read a row with the columns of `activity`; None where an outer join found none."""
    if row.first_at is None:
        return None
    return Activity(row.first_at, row.last_at, row.interactions, row.purchases, row.spend)


def _row(user_id: str, did: Activity) -> dict[str, object]:
    return {
        "user_id": user_id,
        "first_at": did.first_at,
        "last_at": did.last_at,
        "interactions": did.interactions,
        "purchases": did.purchases,
        "spend": did.spend,
    }
