import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from embedders.errors import WeightsUnavailable
from embedders.factory import EmbedderOptions, make
from embedders.items import Content
from embedders.spaces import Array, Embedded, Embedder
from indexer.database import Database
from indexer.desk import SEATS
from indexer.errors import ModelUnavailable
from indexer.generation import SpaceModel
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.models import Models
from indexer.questions import Questions
from indexer.tables import kept_vectors
from indexer.turns import SharedEmbedder
from indexer.vectors import KeptVectors
from tests.indexer.house import BOTH, House
from tests.indexer.test_turns import Paced
from tests.indexer.test_worker import picture, png
from tests.service import until
from tests.threads import together

TEXT = SpaceModel("text", 32, "hash-text:32", "hash:text:32")
IMAGE = SpaceModel("image", 16, "hash-image:16", "hash:image:16")
SPACES = (TEXT, IMAGE)
NOTHING_KEPT = KeptVectors(Database("sqlite:///never-opened.db"))
"""For questions in words, which are never looked for in SQL."""


@pytest.fixture
def house(database: Database) -> House:
    return House(database, MemoryStore(), BOTH).ready()


@pytest.fixture
def kept(sqlite_database: Database) -> KeptVectors:
    return KeptVectors(sqlite_database)


class Loader:
    """Makes embedders when it is let; a context manager that lets everything go at its end.

    Attributes:
        gate: What loading waits for.
        calls: What was asked for.
        refusing: Why nothing can be loaded, or None.
        made: By specification.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.calls: list[str] = []
        self.refusing: str | None = None
        self.made: dict[str, Paced] = {}

    def __call__(self, specification: str) -> Embedder:
        self.calls.append(specification)
        self.gate.wait(timeout=30)
        if self.refusing is not None:
            raise WeightsUnavailable(self.refusing)
        self.made[specification] = Paced(specification)
        return self.made[specification]


class Passes(Models):
    """Models that note what was embedded together.

    A pass can be cut into turns by the pace of the one before, so a slow machine has more turns,
    but no more passes.

    Attributes:
        passes: Titles, in the order they were given.
    """

    def __init__(self, load: Callable[[str], Embedder]) -> None:
        super().__init__(load)
        self.passes: list[list[str]] = []

    def embed(self, space: SpaceModel, contents: Sequence[Content]) -> Embedded:
        self.passes.append([str(content.title) for content in contents])
        return super().embed(space, contents)


@pytest.fixture
def loader() -> Iterator[Loader]:
    made = Loader()
    yield made
    made.gate.set()


def hashed(specification: str) -> Embedder:
    return make(specification, EmbedderOptions())


def one(questions: Questions, words: str) -> Array | None:
    return questions.raw(SPACES, [words], [])[0].get("text")


def embedded(house: House) -> Mapping[str, int]:
    return dict(house.counting.embedded)


def test_words_speak_in_the_text_space_alone_and_a_picture_in_the_image_space_alone(
    house: House,
) -> None:
    house.put(Item("words", title="a blue mug"), Item("seen", image_url=picture("blue")))
    house.work()
    snapshot = house.index.snapshot()
    keys = {house.key("words"): 1, house.key("seen"): 1}

    asked = snapshot.asked(["a blue  mug"], [png("blue")])

    of_items = snapshot.evidence(keys).vectors
    for vector, key in zip(asked, keys, strict=True):
        assert np.array_equal(vector, of_items[key])
        assert np.linalg.norm(vector) == pytest.approx(1)


def test_answers_come_in_the_order_of_the_questions_words_first(house: House) -> None:
    snapshot = house.index.snapshot()
    text, image = snapshot.layout.slice("text"), snapshot.layout.slice("image")

    first, blank, last, seen, unseen = snapshot.asked(
        ["mug", " ", "lamp"], [png("red"), b"not a picture"]
    )

    assert np.array_equal(first, snapshot.asked(["mug"])[0])
    assert np.array_equal(last, snapshot.asked(["lamp"])[0])
    assert not np.array_equal(first, last)
    assert not blank.any()
    assert not unseen.any()
    assert seen[image].any()
    assert not seen[text].any()
    assert snapshot.asked() == []


def test_a_generation_without_the_space_makes_nothing_of_the_question(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore(), {"text": "hash:text:32"}).ready()

    words, seen = house.index.snapshot().asked(["mug"], [png("red")])

    assert words.any()
    assert not seen.any()


def test_a_model_that_nothing_is_asked_of_is_not_loaded(kept: KeptVectors, loader: Loader) -> None:
    questions = Questions(Models(loader), kept)

    questions.raw(SPACES, ["  ", "\t"], [b"", ""])
    assert loader.calls == []

    questions.raw(SPACES, ["mug"], [])
    assert loader.calls == [TEXT.specification]


def test_the_same_question_is_embedded_once_and_never_kept_in_sql(house: House) -> None:
    snapshot = house.index.snapshot()
    once = snapshot.asked(["mug"], [png("red"), b"not a picture"])
    before = embedded(house)

    again = snapshot.asked(["mug"], [png("red"), b"not a picture"])

    assert all(map(np.array_equal, once, again))
    assert embedded(house) == before
    with house.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(kept_vectors)) == 0


def test_no_more_answers_are_held_than_was_said(kept: KeptVectors, loader: Loader) -> None:
    questions = Questions(Models(loader), kept, cached=2)

    for words in ("mug", "lamp", "shoe", "mug"):
        one(questions, words)

    assert loader.made[TEXT.specification].turns == [["mug"], ["lamp"], ["shoe"], ["mug"]]


def test_a_picture_that_an_item_has_is_not_looked_at_again(house: House) -> None:
    house.put(Item("mug", image_url=picture("red")))
    house.work()
    before = embedded(house)

    (seen,) = house.index.snapshot().asked(pictures=[png("red")])

    assert seen.any()
    assert embedded(house) == before


def test_a_kept_picture_is_found_by_its_digest_as_soon_as_it_is_kept(kept: KeptVectors) -> None:
    pictures: dict[str, bytes] = {}
    questions = Questions(Models(hashed), kept, kept_picture=pictures.get)
    digest = hashlib.sha256(png("red")).hexdigest()

    (before,) = questions.raw(SPACES, [], [digest])
    pictures[digest] = png("red")
    (after,) = questions.raw(SPACES, [], [digest])

    assert before == {}
    assert np.array_equal(after["image"], questions.raw(SPACES, [], [png("red")])[0]["image"])


@given(st.lists(st.text(max_size=20), max_size=6))
def test_every_question_has_the_answer_it_has_alone(words: list[str]) -> None:
    def ask(*asked: str) -> list[Mapping[str, Array]]:
        return Questions(Models(hashed), NOTHING_KEPT).raw(SPACES, asked, [])

    together_, alone = ask(*words), [ask(each)[0] for each in words]

    for one_of_many, single in zip(together_, alone, strict=True):
        assert one_of_many.keys() == single.keys()
        assert np.array_equal(one_of_many.get("text", ()), single.get("text", ()))


def test_questions_that_wait_together_are_embedded_in_one_pass(
    kept: KeptVectors, loader: Loader
) -> None:
    models = Passes(loader)
    questions = Questions(models, kept)
    one(questions, "first")
    model = loader.made[TEXT.specification]
    model.gate.clear()
    asking = threading.Thread(target=one, args=(questions, "long"))
    asking.start()
    until(lambda: len(model.turns) == 2, seconds=30, what="the model is busy")

    threads = [
        threading.Thread(target=one, args=(questions, words)) for words in ("a", "b", "c", "a")
    ]
    for thread in threads:
        thread.start()
    desk = questions._desks[TEXT]
    until(
        lambda: sum(each.askers for each in desk._waiting.values()) == 4,
        seconds=30,
        what="four wait",
    )
    model.gate.set()
    for thread in [asking, *threads]:
        thread.join()

    assert [sorted(titles) for titles in models.passes] == [["first"], ["long"], ["a", "b", "c"]]


def test_many_threads_get_each_their_own_answer(kept: KeptVectors) -> None:
    questions = Questions(Models(hashed), kept)
    asked = [f"words {number}" for number in range(24)]
    one(questions, "loads the model")

    def ask(words: str) -> Callable[[], Array | None]:
        return lambda: one(questions, words)

    answers = together(*map(ask, asked))

    alone = Questions(Models(hashed), kept)
    for words, answer in zip(asked, answers, strict=True):
        expected = one(alone, words)
        assert answer is not None
        assert expected is not None
        assert np.array_equal(answer, expected)


def test_loading_is_waited_for_only_so_long_and_the_next_question_finds_the_model(
    kept: KeptVectors, loader: Loader
) -> None:
    models = Models(loader)
    questions = Questions(models, kept, patience=timedelta(milliseconds=200))
    loader.gate.clear()

    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="still loading"):
        one(questions, "mug")
    waited = time.monotonic() - began
    loader.gate.set()
    until(
        lambda: models.report(TEXT.specification).state == "ready", seconds=5, what="it is loaded"
    )

    assert 0.2 <= waited < 2
    assert one(questions, "mug") is not None
    assert loader.calls == [TEXT.specification]


def test_patience_with_a_model_that_loads_counts_from_when_that_began(
    kept: KeptVectors, loader: Loader
) -> None:
    questions = Questions(Models(loader), kept, patience=timedelta(seconds=1))
    loader.gate.clear()
    with pytest.raises(ModelUnavailable):
        one(questions, "first")

    began = time.monotonic()
    for words in ("second", "third", "fourth"):
        with pytest.raises(ModelUnavailable):
            one(questions, words)

    assert time.monotonic() - began < 0.5
    assert questions._desks[TEXT]._waiting == {}


def test_few_wait_for_a_model_that_loads_and_the_others_are_told_at_once(
    kept: KeptVectors, loader: Loader
) -> None:
    questions = Questions(Models(loader), kept, patience=timedelta(seconds=20))
    loader.gate.clear()
    waiting = [
        threading.Thread(target=one, args=(questions, f"words {number}")) for number in range(SEATS)
    ]
    for thread in waiting:
        thread.start()
    until(lambda: questions._desks[TEXT]._seats._value == 0, seconds=5, what="all seats are taken")

    with pytest.raises(ModelUnavailable, match=f"{SEATS} wait for it already"):
        one(questions, "one more")

    loader.gate.set()
    for thread in waiting:
        thread.join()


def test_a_model_that_does_not_load_is_not_asked_for_again_at_once(
    kept: KeptVectors, loader: Loader
) -> None:
    models = Models(loader)
    questions = Questions(models, kept)
    loader.refusing = "no such weights; set another model"

    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="set another model"):
            one(questions, "mug")

    assert loader.calls == [TEXT.specification]


def test_a_model_that_the_worker_has_loaded_since_is_used(
    kept: KeptVectors, loader: Loader
) -> None:
    models = Models(loader)
    questions = Questions(models, kept)
    loader.refusing = "no such weights"
    with pytest.raises(ModelUnavailable):
        one(questions, "mug")

    loader.refusing = None
    models.embedder(TEXT)

    assert one(questions, "mug") is not None


def test_a_model_with_other_weights_than_the_index_was_built_with_says_what_to_do(
    kept: KeptVectors,
) -> None:
    other = SpaceModel("text", 32, "another-model", TEXT.specification)

    with pytest.raises(ModelUnavailable, match="kindred reindex --space text"):
        Questions(Models(hashed), kept).raw([other], ["mug"], [])


def test_a_model_that_breaks_is_unavailable_and_works_again_when_it_does(
    kept: KeptVectors, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = Questions(Models(loader), kept)
    one(questions, "first")

    def breaks(contents: Sequence[Content]) -> Embedded:
        raise RuntimeError(f"out of memory for {len(contents)}")

    with monkeypatch.context() as broken:
        broken.setattr(loader.made[TEXT.specification], "embed", breaks)
        with pytest.raises(ModelUnavailable, match="out of memory"):
            one(questions, "mug")

    assert one(questions, "mug") is not None


def test_after_closing_nothing_is_taken_any_more(kept: KeptVectors, loader: Loader) -> None:
    questions = Questions(Models(loader), kept)
    one(questions, "mug")

    questions.close()

    with pytest.raises(ModelUnavailable, match="stops"):
        one(questions, "lamp")


def test_a_question_is_answered_while_the_worker_embeds_a_batch(house: House) -> None:
    model = Paced(TEXT.specification)
    shared = house.models._loaded[TEXT.specification] = SharedEmbedder(model)
    house.put(*(Item(f"item-{number}", title=f"words {number}") for number in range(32)))
    answers: list[Array] = []
    working = threading.Thread(target=house.work)
    asking = threading.Thread(
        target=lambda: answers.extend(house.index.snapshot().asked(["asked now"]))
    )

    model.gate.clear()
    try:
        working.start()
        until(lambda: len(model.turns) == 1, seconds=5, what="the worker embeds")
        asking.start()
        until(lambda: len(shared._turns._waiting) == 1, seconds=5, what="the question waits")
    finally:
        model.gate.set()
    asking.join()
    working.join()

    assert answers[0].any()
    assert model.turns[1] == ["asked now"]
    assert sum(map(len, model.turns)) == 33
