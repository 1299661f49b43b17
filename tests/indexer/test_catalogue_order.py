from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.catalogue import Catalogue
from indexer.items import Delete, Item
from tests.indexer.shop import at, put, write


@settings(
    max_examples=40,
    # The database is shared by the examples; each has an item of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=st.lists(
        st.tuples(st.integers(0, 9), st.booleans()),
        min_size=1,
        max_size=6,
        unique_by=lambda e: e[0],
    ),
    data=st.data(),
)
def test_in_whatever_order_changes_arrive_the_newest_one_is_what_stays(
    catalogue: Catalogue, events: list[tuple[int, bool]], data: st.DataObject
) -> None:
    item_id = f"item-{catalogue.last_key()}-{len(events)}"
    arriving = data.draw(st.permutations(events))
    batches = data.draw(st.lists(st.integers(1, 3), min_size=6, max_size=6))

    for size in batches:
        part, arriving = arriving[:size], arriving[size:]
        write(
            catalogue,
            *(
                put(Item(item_id, title=f"As of {seconds}"), seconds)
                if is_put
                else Delete(item_id, at(seconds))
                for seconds, is_put in part
            ),
        )

    newest, is_put = max(events)
    held = catalogue.get(item_id)
    assert (None if held is None else held.item.title) == (f"As of {newest}" if is_put else None)


def test_the_newest_stays_in_every_order_of_three(catalogue: Catalogue) -> None:
    for number, order in enumerate(permutations((1, 2, 3))):
        item_id = f"item-{number}"

        for seconds in order:
            write(
                catalogue,
                Delete(item_id, at(2)) if seconds == 2 else put(Item(item_id, "x"), seconds),
            )

        held = catalogue.get(item_id)
        assert held is not None
        assert held.as_of == at(3)
