from collections.abc import Sequence
from functools import partial

from indexer.database import Database
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.store import Row
from indexer.throttle import LEAST, LONGEST_REST, STEP_SECONDS, Throttle
from tests.indexer.house import House, quiet
from tests.indexer.test_breaker import Seconds

ITEMS = list(range(1_000))


class Machine:
    """Does work that takes a time an item, and counts the time that is rested.

    Attributes:
        people: Whether anybody asks.
    """

    def __init__(self, *, share: float = 0.25, floor: float = 1.0) -> None:
        self.people = True
        self.rested = 0.0
        self.seconds = Seconds()
        self.throttle = Throttle(
            lambda: self.people,
            share=share,
            floor=floor,
            clock=self.seconds,
            rest=self._rest,
        )

    def _rest(self, seconds: float) -> None:
        self.rested += seconds
        self.seconds.now += seconds

    def work(self, an_item: float, *, a_step: float = 0.0, most: int = 256) -> list[int]:
        """Work on everything; return the sizes of the steps.

        Args:
            an_item, a_step: Seconds each takes.
            most: Items a step at most.
        """
        sizes = []
        for some in self.throttle.steps(ITEMS, most=most):
            self.seconds.now += a_step + an_item * len(some)
            sizes.append(len(some))
        assert sum(sizes) == len(ITEMS)
        return sizes


def test_while_nobody_asks_nothing_is_held_back() -> None:
    machine = Machine()
    machine.people = False

    assert machine.work(0.001) == [256, 256, 256, 232]
    assert machine.rested == 0


def test_while_people_ask_steps_are_short_and_work_has_its_share_of_the_time() -> None:
    machine = Machine(share=0.25)

    sizes = machine.work(0.001)

    assert max(sizes) * 0.001 <= STEP_SECONDS
    worked = 0.001 * len(ITEMS)
    assert abs(worked / (worked + machine.rested) - 0.25) < 0.01


def test_work_never_goes_slower_than_the_floor() -> None:
    machine = Machine(share=0.01, floor=50)

    machine.work(0.001)

    rate = len(ITEMS) / (0.001 * len(ITEMS) + machine.rested)
    assert abs(rate - 50) < 1


def test_work_that_is_slower_than_the_floor_does_not_rest_at_all() -> None:
    machine = Machine(share=0.25, floor=50)

    machine.work(0.05)

    assert machine.rested == 0


def test_where_every_step_takes_long_steps_grow_until_the_floor_is_kept() -> None:
    machine = Machine(share=0.25, floor=50)
    began = machine.seconds.now

    sizes = machine.work(0.0005, a_step=0.5)

    assert sizes[:5] == [4, 8, 16, 32, 32]
    assert set(sizes[3:-1]) == {32}
    assert 45 < len(ITEMS) / (machine.seconds.now - began) <= 50


def test_steps_that_keep_the_floor_get_no_shorter_than_is_worth_it() -> None:
    assert set(Machine(floor=0.5).work(1.0)) == {LEAST}


def test_a_share_of_all_of_the_time_rests_never() -> None:
    machine = Machine(share=1)

    machine.work(0.001)

    assert machine.rested == 0


def test_no_single_rest_is_long() -> None:
    rests: list[float] = []
    seconds = Seconds()
    throttle = Throttle(lambda: True, share=0.01, floor=0.001, clock=seconds, rest=rests.append)

    with throttle.work(100):
        seconds.now += 30

    assert rests == [LONGEST_REST]


def test_a_step_that_costs_something_to_begin_is_no_smaller_than_said() -> None:
    machine = Machine()
    busy = machine.throttle.room(5_000, least=250)
    machine.people = False
    machine.seconds.now += 10

    assert busy == 250
    assert machine.throttle.room(100, least=250) == 100
    assert machine.throttle.room(5_000, least=250) == 5_000


def test_when_people_stop_asking_work_goes_on_at_full_speed() -> None:
    machine = Machine()
    sizes = []
    for some in machine.throttle.steps(ITEMS, most=256):
        machine.people = machine.seconds.now < 105
        machine.seconds.now += 0.01 * len(some)
        sizes.append(len(some))

    assert sizes[0] == LEAST
    assert max(sizes) == 256


def test_a_worker_with_much_to_do_and_a_rebuild_rest_and_leave_nothing_out(
    sqlite_database: Database,
) -> None:
    rests: list[float] = []

    def paced() -> Throttle:
        return Throttle(lambda: True, share=0.5, floor=0.001, rest=rests.append)

    house = House(sqlite_database, MemoryStore(), throttle=paced).ready()
    house.put(Item("first", title="First"))
    house.work()
    assert rests == []  # one new item is nobody's burden
    house.put(*[Item(f"item-{number}", title=f"Item {number}") for number in range(100)])
    house.work()
    by_worker = len(rests)
    live = house.generations.live(house.store.engine)
    assert live is not None

    report = house.rebuilding.reindex(live.spaces, quiet)

    assert by_worker >= 100 // house.settings.batch
    assert len(rests) > by_worker
    assert (report.items, report.indexed) == (101, 101)


class Written(MemoryStore):
    """Knows how many rows were written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write, and remember."""
        self.rows.append(len(rows))
        super().upsert(collection, rows)


def test_a_rebuild_begins_to_write_a_few_rows_at_once_however_many_it_looked_up(
    sqlite_database: Database,
) -> None:
    paced = partial(Throttle, lambda: True, share=0.5, floor=0.001, rest=lambda _: None)
    store = Written()
    house = House(sqlite_database, store, throttle=paced).ready()
    house.put(*[Item(f"item-{number}", title=f"Item {number}") for number in range(300)])
    house.work()
    live = house.generations.live(store.engine)
    assert live is not None
    store.rows.clear()

    house.rebuilding.reindex(live.spaces, quiet)

    assert store.rows[0] == LEAST
    assert sum(store.rows) == 300
