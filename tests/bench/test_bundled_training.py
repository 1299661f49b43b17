"""What the small network is taught by, on a handful of made-up pictures."""

from pathlib import Path

import pytest
import torch

from bench.bundled_resnet import data
from bench.bundled_resnet.augment import background
from bench.bundled_resnet.student import Student, loss_of
from bench.bundled_resnet.train import BATCH, STORED, Pictures, Plan, Training

CLASSES = (3, 4, 2, 2, 2)
WORDS = 5


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """A batch of noise, and answers to it."""
    chance = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 256, (BATCH, 3, STORED, STORED), generator=chance).to(torch.uint8)
    labels = [torch.randint(-1, most, (BATCH,), generator=chance) for most in CLASSES]
    words = (torch.rand(BATCH, WORDS, generator=chance) < 0.3).float()
    return Pictures(pixels, background(pixels), torch.stack(labels, dim=1), words, CLASSES)


def plan(folder: Path) -> Plan:
    return Plan(epochs=4, seconds=3_600, seed=7, checkpoint=folder / "checkpoint.pt")


def test_words_of_a_name_are_learned_when_they_are_common() -> None:
    shoes = [data.Product(str(number), (), "Puma Men's Shoes 42") for number in range(data.COMMON)]
    rare = data.Product("rare", (), "Quilted shoes")

    told = data.told([*shoes, rare])

    assert told.shape == (data.COMMON + 1, 3)  # men, puma, shoes
    assert told[:-1].all()
    assert told[-1].tolist() == [False, False, True]


def test_cosines_are_told_for_every_label_and_the_words() -> None:
    student = Student(CLASSES, WORDS)

    cosines = student(torch.rand(4, 3, 64, 64))

    assert [given.shape for given in cosines] == [(4, most) for most in (*CLASSES, WORDS)]
    assert all(bool((given.abs() <= 1.001).all()) for given in cosines)


def test_the_colour_of_a_grey_picture_is_not_asked_for() -> None:
    cosines = [torch.rand(2, most) for most in (*CLASSES, WORDS)]
    one = torch.tensor([[1, 0, 0, 1, 1], [2, 3, 0, 1, 1]])
    other = torch.tensor([[1, 2, 0, 1, 1], [2, 3, 0, 1, 1]])
    words, coloured = torch.zeros(2, WORDS), torch.tensor([False, True])

    losses = [loss_of(cosines, labels, words, coloured) for labels in (one, other)]

    assert torch.equal(losses[0], losses[1])
    assert not torch.equal(losses[0], loss_of(cosines, other, words, ~coloured))


def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    pictures: Pictures, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir()
    whole, begun = Training(pictures, plan(tmp_path / "whole")), Training(pictures, plan(tmp_path))

    for _ in range(4):
        whole.run_epoch(limit=None)
    for _ in range(2):
        begun.run_epoch(limit=None)
    begun.save()
    resumed = Training(pictures, plan(tmp_path))
    resumed.go_on()
    for _ in range(2):
        resumed.run_epoch(limit=None)

    assert resumed.done == whole.done == 1
    theirs = resumed.averaged()
    assert all(torch.equal(held, theirs[name]) for name, held in whole.averaged().items())
