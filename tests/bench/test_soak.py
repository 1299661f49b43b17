"""The soak's own judgement: it must see what is lost, doubled or grown."""

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.soak import ledger as ledgers
from bench.soak.calls import method_of
from bench.soak.faults import GRACE, Fault, Faults
from bench.soak.ledger import Difference, Ledger
from bench.soak.report import Report
from bench.soak.tape import Tape

NOTHING = Difference(0, 0, 0, 0)
SOUND = Report(
    machine="one of them",
    engine="lite",
    seconds=600.0,
    acknowledged={"items": 3, "interactions": 2},
    faults={"the service was killed": (2, 9.0)},
    routes=(),
    errors={},
    refusals={"ConnectError: GET /v1/popular": 3},
    items=NOTHING,
    interactions=NOTHING,
    audit=(),
    memory={"start": 200.0, "end": 210.0, "most": 250.0},
)


def test_items_that_are_lost_outdated_undead_or_doubled_are_seen() -> None:
    ledger = Ledger()
    ledger.wrote({"a": "first", "b": "first", "c": "first", "d": "first"})
    ledger.wrote({"b": "second", "d": None})

    found = ledgers.of_items(ledger, [("b", "first"), ("c", "first"), ("c", "first"), ("d", "x")])

    assert found == Difference(lost=1, outdated=1, undead=1, duplicated=1)
    right = [("a", "first"), ("b", "second"), ("c", "first")]
    assert ledgers.of_items(ledger, right) == NOTHING


def test_an_item_that_was_sent_but_never_acknowledged_is_no_fault() -> None:
    assert ledgers.of_items(Ledger(), [("a", "first")]) == NOTHING


def test_interactions_that_are_lost_or_doubled_are_seen() -> None:
    ledger = Ledger()
    ledger.did(["one", "two"])

    assert ledgers.of_interactions(ledger, ["two", "two"]) == Difference(1, 0, 0, 1)
    assert ledgers.of_interactions(ledger, ["two", "one", "three"]) == NOTHING


def test_a_request_is_disturbed_by_a_fault_that_lasted_while_it_did() -> None:
    faults = Faults()
    with faults.lasting("broken"):
        assert faults.touch(0.0, float("inf"))

    (fault,) = faults.all
    assert isinstance(fault, Fault)
    assert not faults.touch(fault.began - 2, fault.began - 1)
    assert faults.touch(fault.began - 2, fault.began)
    assert faults.touch(fault.ended + GRACE / 2, fault.ended + 10)
    assert not faults.touch(fault.ended + GRACE + 1, fault.ended + GRACE + 2)


def test_times_are_of_requests_that_no_fault_touched() -> None:
    tape = Tape()
    for seconds in (0.1, 0.2, 0.3):
        tape.answered("GET /a", seconds, disturbed=False)
    tape.answered("GET /a", 60.0, disturbed=True)
    tape.answered("GET /b", 60.0, disturbed=True)

    first, second = tape.routes()

    assert (first.name, first.requests) == ("GET /a", 4)
    assert first.median == pytest.approx(0.2)
    assert first.p99 < 0.31
    assert (second.requests, math.isnan(second.p99)) == (1, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": Difference(1, 0, 0, 0)},
        {"interactions": Difference(0, 0, 0, 1)},
        {"errors": {"500: GET /v1/popular": 1}},
        {"audit": ["a row without an item"]},
        {"memory": {"start": 200.0, "end": 300.0, "most": 300.0}},
    ],
)
def test_one_thing_that_is_wrong_makes_it_unsound(wrong: dict[str, Any]) -> None:
    assert SOUND.sound
    assert SOUND.lines()[-1] == "sound"
    assert not replace(SOUND, **wrong).sound


def test_a_routes_method_is_read_from_its_name() -> None:
    assert method_of("GET /v1/items/{item_id}") == "GET"
    assert method_of("refused: POST /v1/interactions") == "POST"
