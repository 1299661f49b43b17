"""Trains the small ResNet on part A.

    python -m bench.bundled_resnet.train --data FOLDER --work FOLDER --epochs 120 --minutes 90

The learning rate falls over `--epochs`, or faster where those would take longer than `--minutes`;
with time enough a seed decides everything. Every epoch leaves a checkpoint in `--work`, from which
the same command goes on, and the weights it would ship. Go on with the same `--epochs` and
`--minutes`: with others the rate jumps, and the loss with it.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from bench.bundled_resnet import data, measure, project
from bench.bundled_resnet.augment import Augment, background
from bench.bundled_resnet.student import Student, loss_of
from embedders import bundled
from embedders.image import normal
from embedders.views import Whole

STORED = 96
"""Side of the pictures kept in memory, from which crops are taken."""

BATCH = 64
RATE = 0.05
DECAY = 1e-3
SWIFTEST = 4.0
"""Length gradients are cut to."""

RISE = 0.03
"""Share of the training in which the learning rate rises."""

SIDES = ((0.0, 64), (0.6, 96))
"""From which share of the training pictures of which side are shown: small ones take half the time,
and what they teach is most of it."""

AVERAGED_OVER = 400
"""Steps the shipped weights are a moving average of."""

STRENGTH = (0.75, 0.2)
"""Of the augmentation, at the beginning and at the end, so that it ends on pictures like those it
will be shown."""

MIXED = 0.2
"""Share of batches in which pictures shine through each other."""

CLEAR = 0.7
"""From this share of the training no pictures are mixed."""

DRAWN_OF_EACH = 40


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is trained on.

    Attributes:
        pixels: Shape (n, 3, side, side), uint8.
        masks: Shape (n, 1, side, side), uint8: their backgrounds.
        labels: Shape (n, labels), -1 where one is not known.
        words: Shape (n, words), 1 for those in the name.
        classes: How many each label has.
    """

    pixels: Tensor
    masks: Tensor
    labels: Tensor
    words: Tensor
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes:
        epochs: Over which the learning rate falls.
        seconds: In which it falls at the latest.
        seed: Of everything random.
        checkpoint: File to go on from.
        start: Weights of a trunk to start from; None starts from noise.
    """

    epochs: int
    seconds: float
    seed: int
    checkpoint: Path
    start: Path | None = None


def read(folder: Path) -> Pictures:
    """Read what is trained on: photographs and drawings."""
    photographed = data.products(folder, "train")
    look = Whole(STORED)
    photos = data.pixels(data.files(folder, photographed), look)
    drawn, names = data.drawings(DRAWN_OF_EACH)
    columns, classes = [], []
    for place, label in enumerate(data.LABELS):
        values = [product.labels[place] for product in photographed]
        values += names if label == "articleType" else ["NA"] * len(names)
        known = sorted(set(values) - {"NA", ""})
        columns.append(data.numbered(values, known))
        classes.append(len(known))
    told = data.told([*photographed, *(data.Product("", ()) for _ in drawn)])
    pixels = (
        torch.from_numpy(np.concatenate([photos, *(look(each)[None] for each in drawn)]))
        .permute(0, 3, 1, 2)
        .contiguous()
    )
    return Pictures(
        pixels,
        background(pixels),
        torch.from_numpy(np.stack(columns, axis=1)),
        torch.from_numpy(told).float(),
        tuple(classes),
    )


class Training:
    """A training that can be stopped and gone on with."""

    def __init__(self, pictures: Pictures, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._chance = torch.Generator().manual_seed(plan.seed)
        self._pictures = pictures
        self._student = Student(pictures.classes, pictures.words.shape[1])
        if plan.start is not None:
            held = load_file(plan.start)
            trunk = {n: h.float() for n, h in held.items() if not n.startswith("projection.")}
            self._student.network.load_state_dict(trunk, strict=False)
        self._student.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # untyped
        self._average = {
            name: value.clone() for name, value in self._student.network.state_dict().items()
        }
        self._plan = plan
        self._spent = 0.0
        plain = [p for p in self._student.parameters() if p.ndim < 2]
        matrices = [p for p in self._student.parameters() if p.ndim >= 2]
        self._optimizer = torch.optim.SGD(
            [{"params": matrices, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}],
            lr=RATE,
            momentum=0.9,
            nesterov=True,
        )
        self.epoch = 0
        self._step = 0

    def go_on(self) -> None:
        """Take up where a checkpoint left off, if there is one."""
        if self._plan.checkpoint.exists():
            held = torch.load(self._plan.checkpoint, weights_only=True)
            self._student.load_state_dict(held["student"])
            self._optimizer.load_state_dict(held["optimizer"])
            self._chance.set_state(held["chance"])
            self._average = held["average"]
            self.epoch, self._step, self._spent = held["epoch"], held["step"], held["spent"]

    def save(self) -> None:
        """Leave a checkpoint."""
        held = {
            "student": self._student.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "chance": self._chance.get_state(),
            "average": self._average,
            "epoch": self.epoch,
            "step": self._step,
            "spent": self._spent,
        }
        part = self._plan.checkpoint.with_suffix(".part")
        torch.save(held, part)
        part.replace(self._plan.checkpoint)

    def averaged(self) -> dict[str, Tensor]:
        """Return the weights that would be shipped, in half precision, without counters."""
        return {
            name: value.half().contiguous()
            for name, value in self._average.items()
            if not name.endswith("num_batches_tracked") and not name.startswith("fc.")
        }

    @property
    def done(self) -> float:
        """Share of the training that is behind it, by steps or by time, whichever is more."""
        steps = len(self._pictures.pixels) // BATCH * self._plan.epochs
        return min(1.0, max(self._step / steps, self._spent / self._plan.seconds))

    @property
    def side(self) -> int:
        """Side of the pictures that are shown now."""
        return max(side for since, side in SIDES if self.done >= since)

    def run_epoch(self, limit: int | None) -> float:
        """Look once at every picture (or at `limit` batches); return the mean loss."""
        student, pictures = self._student.train(), self._pictures
        strength = STRENGTH[0] + (STRENGTH[1] - STRENGTH[0]) * self.done
        change = Augment(self.side, self._chance, strength)
        order = torch.randperm(len(pictures.pixels), generator=self._chance)
        batches = torch.split(order, BATCH)[: len(order) // BATCH]
        total, read = 0.0, 0
        for rows in batches[:limit]:
            began = time.monotonic()
            self._set_rate(self.done)
            seen, coloured = change(pictures.pixels[rows], pictures.masks[rows])
            loss = self._loss(seen, rows, coloured)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # untyped in torch
            nn.utils.clip_grad_norm_(student.parameters(), SWIFTEST)
            self._optimizer.step()
            self._step += 1
            self._move_average()
            total, read = total + loss.item(), read + 1
            self._spent += time.monotonic() - began
            if self.done >= 1:
                break
        self.epoch += 1
        return total / read

    def _loss(self, seen: Tensor, rows: Tensor, coloured: Tensor) -> Tensor:
        """Ask for what is seen; in some batches pairs of pictures are mixed, and so are answers."""
        mix = self._beta() if self._happens() else 0.0
        other = torch.randperm(len(rows), generator=self._chance)
        if mix > 0:
            seen = torch.lerp(seen, seen[other], mix)
        given = normal(seen).contiguous(memory_format=torch.channels_last)
        cosines = self._student(given)
        labels, words = self._pictures.labels[rows], self._pictures.words[rows]
        loss = loss_of(cosines, labels, words, coloured)
        if mix > 0:
            mixed = loss_of(cosines, labels[other], words[other], coloured[other])
            loss = torch.lerp(loss, mixed, mix)
        return loss

    def _happens(self) -> bool:
        drawn = torch.rand(1, generator=self._chance).item()
        return self.done < CLEAR and drawn < MIXED

    def _beta(self) -> float:
        """How much of the other picture: rarely much, at most half."""
        return 0.5 * float(torch.rand(1, generator=self._chance)) ** 2

    def _set_rate(self, done: float) -> None:
        """Rise, then fall along a cosine to nothing."""
        share = (
            done / RISE if done < RISE else (1 + math.cos(math.pi * (done - RISE) / (1 - RISE))) / 2
        )
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * share

    def _move_average(self) -> None:
        share = max(1 / AVERAGED_OVER, 1 / (1 + self._step / 10))
        for name, value in self._student.network.state_dict().items():
            if value.is_floating_point():
                self._average[name].lerp_(value, share)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the small ResNet on part A.")
    parser.add_argument("--data", type=Path, required=True, help="products.csv and images.tar")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for checkpoint and weights"
    )
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="trunk to start from; noise by default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, help="stop each epoch after so many, for a try")
    return parser.parse_args()


def main() -> None:
    """Train, and leave weights in the work folder."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    asked.work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = Plan(
        epochs=asked.epochs,
        seconds=60 * asked.minutes,
        seed=asked.seed,
        checkpoint=asked.work / "checkpoint.pt",
        start=asked.start,
    )
    training = Training(read(asked.data), plan)
    print(f"read after {time.monotonic() - began:.0f} s", flush=True)
    training.go_on()
    chosen_by = data.products(asked.data, "choose")
    files = data.files(asked.data, chosen_by)
    while training.done < 1:
        side = training.side
        loss = training.run_epoch(asked.batches)
        training.save()
        save_file(training.averaged(), asked.work / "weights.safetensors")
        said = f"epoch {training.epoch}: side {side}, loss {loss:.3f}"
        if training.epoch % 4 == 0 or training.done == 1:
            network = bundled.trunk()
            network.load_state_dict(training.averaged(), strict=False)
            seen = project.features(network, data.pixels(files, Whole(side)))
            vectors = measure.unit(seen.astype(np.float32))
            for name, place in (("alike", 0), ("colour", 1)):
                share = measure.alike(vectors, [each.labels[place] for each in chosen_by])
                said += f", {name} {share:.3f}"
        print(f"{said}, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
