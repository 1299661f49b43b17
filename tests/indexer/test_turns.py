import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Embedded, Embedder
from indexer.turns import FIRST_TURN, TURN_SECONDS, SharedEmbedder, Turns
from tests.indexer.test_worker import png
from tests.service import until


class Paced:
    """A hash embedder that takes its time by a clock of its own, and notes what it was given.

    Attributes:
        seconds_each: What a content takes by `now`.
        turns: Titles, in the order they were given.
        gate: What `embed` waits for.
    """

    def __init__(self, specification: str = "hash:text:16", *, seconds_each: float = 0.0) -> None:
        self._inner = make(specification, EmbedderOptions())
        self.space = self._inner.space
        self.model = self._inner.model
        self.training = self._inner.training
        self.reads_pictures = self._inner.reads_pictures
        self.seconds_each = seconds_each
        self.turns: list[list[str | None]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.time = 0.0

    def source(self, content: Content) -> bytes | None:
        return self._inner.source(content)

    def embed(self, contents: Sequence[Content]) -> Embedded:
        self.turns.append([content.title for content in contents])
        self.gate.wait(timeout=30)
        self.time += self.seconds_each * len(contents)
        return self._inner.embed(contents)

    def now(self) -> float:
        return self.time


def test_turns_are_had_first_come_first_served() -> None:
    turns = Turns()
    order: list[int] = []

    def take(number: int) -> None:
        with turns:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with turns:
        for waiting, thread in enumerate(threads):
            thread.start()
            until(lambda n=waiting: len(turns._waiting) == n + 1, seconds=5, what="it waits")  # type: ignore[misc] # mypy infers no type for a default
        order.append(-1)
    for thread in threads:
        thread.join()

    assert order == [-1, 0, 1, 2, 3, 4]


def test_who_fails_in_a_turn_leaves_it_to_the_next() -> None:
    turns = Turns()

    with pytest.raises(KeyError), turns:
        raise KeyError

    with turns:
        pass


@given(
    st.lists(st.sampled_from(["a mug", "a red lamp", "", "shoes for rain"]), max_size=40),
    st.floats(0.0, 2.0),
)
def test_a_batch_in_turns_is_what_it_is_in_one(titles: list[str], seconds_each: float) -> None:
    contents = [Content(title) for title in titles]
    paced = Paced(seconds_each=seconds_each)
    whole = make("hash:text:16", EmbedderOptions()).embed(contents)

    cut = SharedEmbedder(paced, paced.now).embed(contents)

    assert np.array_equal(cut.vectors, whole.vectors)
    assert np.array_equal(cut.present, whole.present)


def test_a_problem_stays_with_its_row() -> None:
    pictures = [png("red")] * 5 + [b"no picture"] + [png("red")] * 5 + [b"nor this"]
    embedder: Embedder = Paced("hash:image:8")

    embedded = SharedEmbedder(embedder).embed([Content(picture=each) for each in pictures])

    assert sorted(embedded.problems) == [5, 11]
    assert embedded.present.sum() == 10


@pytest.mark.parametrize(("seconds_each", "in_a_turn"), [(0.05, 4), (0.15, 1), (0.02, 10)])
def test_a_turn_takes_about_as_long_on_a_slow_machine_as_on_a_fast_one(
    seconds_each: float, in_a_turn: int
) -> None:
    paced = Paced(seconds_each=seconds_each)
    shared = SharedEmbedder(paced, paced.now)

    shared.embed([Content(f"words {number}") for number in range(200)])

    settled = [len(turn) for turn in paced.turns[4:-1]]
    assert set(settled) <= {in_a_turn, in_a_turn - 1, in_a_turn + 1}
    assert max(settled) * seconds_each <= TURN_SECONDS * 1.2


def test_a_question_gets_in_after_the_turn_in_hand_and_not_after_the_batch() -> None:
    paced = Paced(seconds_each=TURN_SECONDS / FIRST_TURN)
    shared = SharedEmbedder(paced, paced.now)
    paced.gate.clear()
    bulk = [Content(f"item {number}") for number in range(32)]
    batch = threading.Thread(target=shared.embed, args=(bulk,))
    batch.start()
    until(lambda: len(paced.turns) == 1, seconds=5, what="the batch has begun")

    question = threading.Thread(target=shared.embed, args=([Content("asked")],))
    question.start()
    until(lambda: len(shared._turns._waiting) == 1, seconds=5, what="the question waits")
    paced.gate.set()
    question.join()
    batch.join()

    assert paced.turns[1] == ["asked"]
    assert sum(map(len, paced.turns)) == 33
