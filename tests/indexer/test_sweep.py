"""What an index finds at several widths, tried on vectors whose nearest are known."""

from collections.abc import Collection

from embedders.spaces import Array
from indexer.database import Database
from indexer.filters import Filter
from indexer.graph import Graph
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.store import Hit, Row
from indexer.sweep import Tried, chosen
from tests.indexer.house import House

EVEN = {"text": 1.0}


class Narrow(MemoryStore):
    """Finds one in a hundred hits for each candidate that its graph keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph()
        self.made: dict[str, int] = {}
        self.dropped: list[str] = []

    def graphed(self, graph: Graph) -> "Narrow":
        other = Narrow()
        other.__dict__.update({**self.__dict__, "graph": graph})
        return other

    def upsert(self, collection: str, rows: Collection[Row]) -> None:
        self.made[collection] = self.made.get(collection, 0) + len(rows)
        super().upsert(collection, list(rows))

    def drop(self, collection: str) -> None:
        self.dropped.append(collection)
        super().drop(collection)

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        found = super().search(collection, queries, limit=limit, where=where, exclude=exclude)
        kept = limit * min(self.graph.search_width * self.graph.links // 16, 100) // 100
        return [hits[:kept] for hits in found]


def house_of(database: Database, store: MemoryStore) -> House:
    house = House(database, store).ready()
    house.put(*(Item(f"item-{n}", title=f"words {n}") for n in range(150)))
    house.work()
    return house


def swept(house: House, built: list[Graph], widths: list[int]) -> list[Tried]:
    live = house.generations.live(house.store.engine)
    assert live is not None
    return house.sweep().run(live, EVEN, built, widths, sample=20, progress=lambda *_: None)


def test_an_exact_engine_finds_everything_at_every_width(sqlite_database: Database) -> None:
    house = house_of(sqlite_database, MemoryStore())

    tried = swept(house, [Graph()], [16, 200])

    assert [each.graph.search_width for each in tried] == [16, 200]
    assert [each.recall for each in tried] == [1.0, 1.0]


def test_recall_is_the_share_of_the_nearest_that_a_width_finds(sqlite_database: Database) -> None:
    house = house_of(sqlite_database, Narrow())

    tried = swept(house, [Graph()], [25, 50, 100])

    assert [each.recall for each in tried] == [0.25, 0.5, 1.0]


def test_another_graph_is_built_apart_and_dropped_again(sqlite_database: Database) -> None:
    store = Narrow()
    house = house_of(sqlite_database, store)
    before = set(store.collections())

    tried = swept(house, [Graph(), Graph(links=32)], [25])

    [scratch] = set(store.made) - before
    assert store.made[scratch] == 150
    assert scratch in store.dropped
    assert set(store.collections()) == before
    assert [each.recall for each in tried] == [0.25, 0.5]


def test_a_catalogue_without_items_has_nothing_to_try(sqlite_database: Database) -> None:
    house = House(sqlite_database, MemoryStore()).ready()

    tried = swept(house, [Graph()], [16])

    assert tried == []


def test_the_quickest_that_finds_enough_is_chosen() -> None:
    quick = Tried(Graph(search_width=16), 0.90, 0.001)
    enough = Tried(Graph(search_width=64), 0.98, 0.002)
    slow = Tried(Graph(search_width=200), 0.999, 0.004)

    best = chosen([quick, enough, slow], recall=0.97)

    assert best is enough


def test_where_none_finds_enough_the_one_that_finds_most_is_chosen() -> None:
    quick = Tried(Graph(search_width=16), 0.90, 0.001)
    most = Tried(Graph(search_width=200), 0.95, 0.004)

    best = chosen([quick, most], recall=0.97)

    assert best is most
