import functools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedders.behaviour import summed
from embedders.behaviour_births import births, moments_of
from embedders.behaviour_loss import Noise, loss, sampling
from embedders.behaviour_network import BehaviourNetwork
from embedders.behaviour_training import learn
from embedders.behaviour_windows import windows
from embedders.errors import LayoutMismatch, TooLittleToLearn
from embedders.learning import Learned, Progress, TrainingSettings
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences, sequences
from embedders.spaces import Array

ITEMS = 40
"""Two rings of twenty: after item k of a ring comes k + 1. The last of each is never touched."""

SMALL = TrainingSettings(dimensions=16, batch=128, rate=0.03, passes=12, latest=0.0)

OPTIONS = EmbedderOptions(device="cpu", threads=1)


def content() -> Array:
    """Each item looks like the next one in its ring, and little like others."""
    around = np.arange(ITEMS) % 20 * 2 * math.pi / 20
    ring = np.arange(ITEMS) // 20
    looks = np.stack([np.cos(around), np.sin(around), ring == 0, ring == 1], axis=1)
    units: Array = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    return units


def walks(people: int = 150, seed: int = 0) -> Sequences:
    random = np.random.default_rng(seed)
    owners, items, days = [], [], []
    for person in range(people):
        ring, place = 20 * int(random.integers(2)), int(random.integers(20))
        for step in range(8):
            # The last of each ring is skipped.
            if (item := (place + step) % 20) != 19:
                owners.append(person)
                items.append(ring + item)
                days.append(person / 10 + step / 1000)
    return sequences(
        np.array(owners),
        np.array(items),
        np.ones(len(items), dtype=np.float32),
        np.array(days),
        count=people,
    )


@functools.cache
def learned() -> Learned:
    return learn(walks(), content(), SMALL, OPTIONS)


def listed(found: Learned, past: list[int]) -> list[int]:
    """Number all items but those touched, best first."""
    evidence = found.evidence[past]
    weights = np.ones(len(past), dtype=np.float32)
    coefficients = found.model.coefficients(evidence, weights, np.zeros(len(past)))
    scores = found.candidates @ summed(coefficients, evidence)
    scores[past] = -np.inf
    return [int(item) for item in np.argsort(-scores, kind="stable")]


def test_what_follows_what_is_learned() -> None:
    found = learned()

    firsts = [listed(found, [start, start + 1, start + 2])[0] for start in (0, 5, 10, 25, 30)]

    assert firsts == [3, 8, 13, 28, 33]


def test_an_untouched_item_takes_its_place_by_its_content() -> None:
    found = learned()

    places = [listed(found, [17 + ring, 18 + ring]).index(19 + ring) for ring in (0, 20)]

    assert max(places) < 5
    assert found.candidates[19] == pytest.approx(found.model.candidates(content())[19], abs=1e-5)
    assert found.evidence[19] == pytest.approx(found.model.evidence(content())[19], abs=1e-5)


def test_an_untouched_item_says_what_comes_next_by_its_content() -> None:
    found = learned()

    assert set(listed(found, [19])[:5]) & {0, 1, 2}
    assert set(listed(found, [39])[:5]) & {20, 21, 22}


def test_the_same_seed_learns_the_same_numbers_and_another_seed_others() -> None:
    few = replace(SMALL, passes=2)

    once, again = (learn(walks(), content(), few, OPTIONS) for _ in range(2))
    other = learn(walks(), content(), replace(few, seed=1), OPTIONS)

    assert np.array_equal(once.candidates, again.candidates)
    assert np.array_equal(once.evidence, again.evidence)
    assert once.model.to_bytes() == again.model.to_bytes()
    assert not np.allclose(once.candidates, other.candidates)


def test_a_sample_of_the_catalogue_teaches_what_all_of_it_does() -> None:
    found = learn(walks(), content(), replace(SMALL, sample=15), OPTIONS)

    assert listed(found, [5, 6, 7])[0] == 8


def test_training_ends_when_the_latest_part_is_predicted_no_better() -> None:
    heard: list[Progress] = []
    patient = replace(SMALL, latest=0.2, passes=30)

    found = learn(walks(), content(), patient, OPTIONS, heard.append)

    finding = [each for each in heard if each.stage == "finding"]
    learning = [each for each in heard if each.stage == "learning"]
    best = max(finding, key=lambda each: (each.ndcg or 0.0, -each.passed))
    chosen = finding[found.passes - 1]
    assert len(finding) < 30
    assert found.ndcg == chosen.ndcg
    assert found.passes == len(learning) >= best.passed
    assert found.ndcg is not None
    assert found.ndcg > 0.5


def test_where_the_latest_part_is_after_new_items_predicted_vectors_are_longer() -> None:
    # Items 15 to 18 of each ring come on day 1,000; from then on nothing else is touched.
    held = walks(people=300)
    steps = np.arange(len(held.items)) - held.starts[held.people]
    straight = (held.items % 20 >= steps) & (held.items % 20 - steps <= 11)
    held = held.kept(straight)
    late = np.where(held.items % 20 >= 15, 1_000.0, 0.0)
    held = replace(held, days=held.days + late)

    found = learn(held, content(), replace(SMALL, passes=4), OPTIONS, since=1_000.0)

    lengths = np.linalg.norm(found.candidates, axis=1)
    assert found.model.length > 1
    assert lengths[[19, 39]] == pytest.approx(found.model.length, rel=1e-5)
    assert np.delete(lengths, [19, 39]) == pytest.approx(1.0, rel=1e-5)
    assert found.candidates[19] == pytest.approx(found.model.candidates(content())[19], abs=1e-5)


def test_when_everybody_goes_on_only_in_the_latest_part_all_of_it_is_learned_from() -> None:
    people = np.arange(60)
    once = sequences(
        np.concatenate([people, people]),
        np.concatenate([people % 10, 20 + people % 10]),
        np.ones(120, dtype=np.float32),
        np.concatenate([np.zeros(60), np.full(60, 9.0)]),
        count=60,
    )

    found = learn(once, content(), replace(SMALL, latest=0.45, passes=3), OPTIONS)

    assert found.ndcg is None
    assert found.passes == 3


def test_the_network_sums_up_a_past_as_a_request_does() -> None:
    found = learned()
    held = walks()
    network = BehaviourNetwork(
        torch.from_numpy(content()), torch.ones(ITEMS, 1), 16, torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        network.mix.copy_(torch.from_numpy(found.model.decays.mix))
    cut = windows(held, 192)
    worth = np.ones(len(held.items), dtype=np.float32)
    batch = cut.batch(np.arange(3), worth, np.zeros(3, dtype=np.bool_))

    with torch.no_grad():
        evidence = torch.from_numpy(found.evidence)[batch.items]
        blocks = network.blocks(batch, evidence).numpy()

    for person in range(3):
        run = slice(int(held.starts[person]), int(held.starts[person + 1]))
        items, days = held.items[run], held.days[run]
        for place in range(1, len(items)):
            mine = found.evidence[items[:place]]
            weights = np.ones(place, dtype=np.float32)
            ago = days[place] - days[:place]
            coefficients = found.model.coefficients(mine, weights, ago)
            assert blocks[person, place - 1] == pytest.approx(summed(coefficients, mine), abs=2e-4)


def test_the_sampled_loss_is_the_full_one_on_average() -> None:
    held = walks()
    generator = torch.Generator().manual_seed(0)
    network = BehaviourNetwork(torch.from_numpy(content()), torch.ones(ITEMS, 1), 16, generator)
    counts = torch.from_numpy(held.counts(ITEMS))
    born = torch.from_numpy(births(held, moments_of(held), ITEMS, chance=0.01))
    worth = np.ones(len(held.items), dtype=np.float32)
    batch = windows(held, 64).batch(np.arange(20), worth, np.zeros(20, dtype=np.bool_))
    quiet = Noise(own=0.0, context=0.0, smoothing=0.1, generator=generator)

    with torch.no_grad():
        full = float(loss(network, batch, sampling(counts, born, ITEMS), quiet))
        some = sampling(counts, born, 20)
        parts = [float(loss(network, batch, some, quiet)) for _ in range(200)]

    assert np.mean(parts) == pytest.approx(full, rel=0.02)


@pytest.mark.parametrize("sample", [ITEMS, 20])
def test_nothing_is_learned_about_an_item_from_what_was_done_before_it_came(sample: int) -> None:
    held = walks()
    counts, late = torch.from_numpy(held.counts(ITEMS)), 8
    born = torch.zeros(ITEMS, dtype=torch.long)
    born[late] = int(moments_of(held).max()) + 1
    generator = torch.Generator().manual_seed(0)
    network = BehaviourNetwork(torch.from_numpy(content()), torch.ones(ITEMS, 1), 16, generator)
    worth = np.where(held.items == late, 0, 1).astype(np.float32)
    batch = windows(held, 64).batch(np.arange(20), worth, np.zeros(20, dtype=np.bool_))
    noise = Noise(own=0.0, context=0.0, smoothing=0.1, generator=generator)

    torch.autograd.backward(loss(network, batch, sampling(counts, born, sample), noise))

    # Nothing but its chance in the sample could have moved it: its content is the others', too.
    gradient = network.candidate_own.grad
    assert gradient is not None
    rows = gradient.to_dense()
    assert not rows[late].any()
    assert rows.any()


def test_what_weighs_nothing_or_less_is_never_an_answer() -> None:
    disliked = replace(walks(), weights=-np.ones(len(walks().items), dtype=np.float32))

    with pytest.raises(TooLittleToLearn, match="nothing to predict"):
        learn(disliked, content(), SMALL, OPTIONS)


def test_nothing_can_be_learned_from_nobody() -> None:
    nobody = walks().kept(np.zeros(len(walks().items), dtype=np.bool_))

    with pytest.raises(TooLittleToLearn, match="0 interactions"):
        learn(nobody, content(), SMALL, OPTIONS)


def test_an_item_without_a_row_of_content_is_refused() -> None:
    with pytest.raises(LayoutMismatch, match="has no content"):
        learn(walks(), content()[:10], SMALL, OPTIONS)


def test_without_any_content_items_still_get_vectors_of_their_own() -> None:
    found = learn(walks(), np.zeros((ITEMS, 1), dtype=np.float32), SMALL, OPTIONS)

    assert listed(found, [5, 6, 7])[0] == 8
    assert not found.candidates[19].any()


def test_the_lines_of_an_order_are_known_to_each_other_only_if_asked_to_be() -> None:
    held = sequences(
        np.zeros(4, dtype=np.int64),
        np.array([5, 6, 7, 8]),
        np.ones(4, dtype=np.float32),
        np.array([1.0, 2.0, 2.0, 2.0]),
        count=1,
    )
    cut, worth = windows(held, 10), np.ones(4, dtype=np.float32)

    strict = cut.batch(np.array([0]), worth, np.array([False]))
    within = cut.batch(np.array([0]), worth, np.array([True]))

    assert strict.answers.tolist() == within.answers.tolist() == [[6, 7, 8]]
    assert strict.asked.tolist() == [[1, 1, 1]]
    assert within.asked.tolist() == [[1, 2, 3]]


def test_what_somebody_did_first_of_all_is_no_answer() -> None:
    orders = sequences(
        np.zeros(3, dtype=np.int64),
        np.array([5, 6, 7]),
        np.ones(3, dtype=np.float32),
        np.array([1.0, 1.0, 2.0]),
        count=1,
    )

    batch = windows(orders, 10).batch(
        np.array([0]), np.ones(3, dtype=np.float32), np.array([False])
    )

    assert batch.worth.tolist() == [[0.0, 1.0]]


lengths = st.lists(st.integers(0, 200), min_size=1, max_size=5)


@given(lengths=lengths, context=st.integers(1, 80))
def test_windows_ask_for_everything_but_first_interactions_exactly_once(
    lengths: list[int], context: int
) -> None:
    people = np.repeat(np.arange(len(lengths)), lengths)
    rows = len(people)
    held = sequences(
        people,
        np.zeros(rows, dtype=np.int64),
        np.ones(rows, dtype=np.float32),
        np.arange(rows, dtype=np.float64),
        count=len(lengths),
    )

    cut = windows(held, context)

    asked = [
        row
        for first, end in zip(cut.asked, cut.ends, strict=True)
        for row in range(int(first), int(end))
    ]
    firsts = {int(start) for start in held.starts[:-1]}
    assert sorted(asked) == [row for row in range(rows) if row not in firsts]
    for start, first in zip(cut.starts.tolist(), cut.asked.tolist(), strict=True):
        person = int(people[first])
        assert start == max(int(held.starts[person]), first - context)
    chosen = [number for part in cut.batches(64, np.random.default_rng(0)) for number in part]
    assert sorted(chosen) == list(range(len(cut.starts)))
