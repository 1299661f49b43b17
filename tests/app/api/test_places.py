"""Places for requests: who gets one, who waits, and who is turned away."""

import asyncio
from contextlib import suppress

import pytest

from app.api.places import Places, Reason, leave_place
from app.errors import Overloaded


def places(most: int = 2, most_waiting: int = 10, patience: float = 60.0) -> Places:
    return Places(most, most_waiting=most_waiting, patience=patience, turned_away=REFUSED.append)


REFUSED: list[Reason] = []


@pytest.fixture(autouse=True)
def _none_refused() -> None:
    REFUSED.clear()


class Visitor:
    """Takes a place and holds it until told to go."""

    def __init__(self, where: Places, *, bulk: bool = False) -> None:
        self.inside = False
        self._go = asyncio.Event()
        self._task = asyncio.ensure_future(self._visit(where, bulk=bulk))

    async def _visit(self, where: Places, *, bulk: bool) -> None:
        async with where.place(bulk=bulk):
            self.inside = True
            await self._go.wait()
        self.inside = False

    async def goes(self) -> None:
        self._go.set()
        await self._task

    async def is_cancelled(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def settled() -> None:
    """Let everybody do what can be done without waiting."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_those_beyond_wait_and_are_let_in_in_the_order_they_came() -> None:
    async def story() -> None:
        where = places(2)
        visitors = [Visitor(where) for _ in range(5)]
        await settled()
        assert [each.inside for each in visitors] == [True, True, False, False, False]
        assert (where.taken, where.waiting) == (2, 3)

        await visitors[1].goes()
        await settled()

        assert [each.inside for each in visitors] == [True, False, True, False, False]
        for each in (visitors[0], *visitors[2:]):
            await each.goes()
        assert (where.taken, where.waiting) == (0, 0)

    asyncio.run(story())


def test_who_would_make_the_queue_too_long_is_turned_away_at_once() -> None:
    async def story() -> None:
        where = places(1, most_waiting=1)
        visitors = [Visitor(where), Visitor(where)]
        await settled()

        with pytest.raises(Overloaded):
            async with where.place(bulk=False):
                pass

        assert REFUSED == ["queue_full"]
        for each in visitors:
            await each.goes()

    asyncio.run(story())


def test_who_waits_too_long_is_turned_away_and_leaves_no_gap() -> None:
    async def story() -> None:
        where = places(1, patience=0.01)
        visitor = Visitor(where)
        await settled()

        with pytest.raises(Overloaded):
            async with where.place(bulk=False):
                pass

        assert REFUSED == ["waited"]
        await visitor.goes()
        assert (where.taken, where.waiting) == (0, 0)

    asyncio.run(story())


def test_batches_leave_most_places_to_people() -> None:
    async def story() -> None:
        where = places(8)
        batches = [Visitor(where, bulk=True) for _ in range(5)]
        people = [Visitor(where) for _ in range(6)]
        await settled()

        assert sum(each.inside for each in batches) == 2
        assert all(each.inside for each in people)
        await batches[0].goes()
        await settled()
        assert sum(each.inside for each in batches) == 2
        for each in (*batches[1:], *people):
            await each.goes()
        assert (where.taken, where.waiting) == (0, 0)

    asyncio.run(story())


def test_who_hangs_up_while_waiting_takes_no_place() -> None:
    async def story() -> None:
        where = places(1)
        first, second, third = (Visitor(where) for _ in range(3))
        await settled()

        await second.is_cancelled()
        await first.goes()
        await settled()

        assert third.inside
        await third.goes()
        assert (where.taken, where.waiting) == (0, 0)

    asyncio.run(story())


def test_a_place_is_left_once_however_often_that_is_said() -> None:
    async def story() -> None:
        where = places(2)
        async with where.place(bulk=False):
            leave_place()
            leave_place()
            assert where.taken == 0
        assert where.taken == 0

    asyncio.run(story())


def test_without_a_place_there_is_nothing_to_leave() -> None:
    leave_place()
