"""The pure parts of the speed benchmark, on sizes that take no time."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.peers.goods import Goods, goods
from bench.speed.lists import differing
from bench.speed.report import Goal, Report, Table, keep, kept, page
from bench.speed.shop import Shop
from bench.speed.timing import Busy, in_turns, others_share, ratio, spread

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_a_shop_is_the_same_each_time_and_lacks_a_fifth_of_its_pictures() -> None:
    once, again = (list(Shop(2_500).batches()) for _ in range(2))

    assert [len(batch.items) for batch in once] == [1_000, 1_000, 500]
    assert all(a.items == b.items for a, b in zip(once, again, strict=True))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(once, again, strict=True))
    pictured = np.concatenate([batch.pictured for batch in once])
    assert 0.17 < 1 - pictured.mean() < 0.23


def test_people_of_a_shop_touch_its_items_in_order_of_time() -> None:
    done = list(Shop(1_000).interactions(300, now=NOON))

    assert sum(map(len, done)) == 300
    for history in done:
        times = [each.happened_at for each in history]
        assert times == sorted(times)
        assert max(times) <= NOON


def test_steps_are_done_once_a_round_besides_the_warm_up() -> None:
    turns: dict[str, list[int]] = {"a": [], "b": []}

    taken = in_turns({"a": turns["a"].append, "b": turns["b"].append}, rounds=4, warm_up=2)

    assert turns == {"a": [0, 1, 2, 3, 4, 5], "b": [0, 1, 2, 3, 4, 5]}
    assert {name: len(seconds) for name, seconds in taken.items()} == {"a": 4, "b": 4}


def test_a_ratio_compares_round_by_round() -> None:
    assert ratio([2.0, 6.0, 4.0], [1.0, 2.0, 4.0]).median == 2.0
    assert spread([3.0]).median == 3.0


def test_a_report_reads_back_and_its_page_names_what_was_missed(tmp_path: Path) -> None:
    report = Report(
        "overhead",
        "Overhead",
        "How it was asked.",
        (Goal("p50", "5 ms", "7 ms", met=False), Goal("rate", "10", "20", met=True)),
        (Table("Times", ("a", "b"), (("1", "2"),)),),
        measures={"p50": 0.007},
    )

    keep(report, tmp_path)

    assert kept("overhead", tmp_path) == report
    assert kept("another", tmp_path) is None
    written = page([report], "python -m bench.speed")
    assert "1 of 2 goals are reached. Missed: p50 (7 ms)." in written
    assert "| 1 | 2 |" in written


def test_the_page_says_so_where_others_used_the_machine() -> None:
    alone = Report("growth", "Growth", "How.", measures={"others": 0.02})
    beside = Report("overhead", "Overhead", "How.", measures={"others": 0.4})

    assert "Others used the machine" not in page([alone], "make bench")
    assert "took up to 40% of its processors' time" in page([alone, beside], "make bench")


def test_others_took_what_was_neither_ours_nor_idle() -> None:
    before = Busy(everybody=10.0, ours=4.0, idle=5.0)
    after = Busy(everybody=16.0, ours=7.0, idle=7.0)

    assert others_share(before, after) == 3.0 / 8.0
    assert others_share(before, before) == 0.0


def test_peers_are_given_the_same_goods(tmp_path: Path) -> None:
    given = Goods(
        ["a", "b"],
        ["A", "B"],
        np.array([True, False]),
        np.eye(2, dtype=np.float32),
        np.array([0.6, 0.4], dtype=np.float32),
    )

    given.save(tmp_path)
    read = goods(tmp_path)

    assert (read.item_ids, read.titles) == (given.item_ids, given.titles)
    assert np.array_equal(read.vectors, given.vectors)
    assert np.array_equal(read.available, given.available)


def test_lists_differ_by_more_than_rounding_only() -> None:
    assert not differing(["a", 0.5], ["a", 0.5 + 1e-9])
    assert differing(["a", 0.5], ["a", 0.51])
    assert differing(["a"], ["a", "b"])
