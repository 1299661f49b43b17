"""Trains the small ResNet on part A.

    python -m bench.bundled_resnet.train --data FOLDER --work FOLDER --epochs 40 --minutes 30

The learning rate falls over `--epochs`, or faster where those would take longer than `--minutes`;
with time enough a seed decides everything. Every epoch leaves a checkpoint in `--work`, from which
the same command goes on, and the weights it would ship.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from bench.bundled_resnet import data, measure, project
from bench.bundled_resnet.augment import Augment, background
from embedders import bundled
from embedders.image import normal
from embedders.views import Whole

STORED = 88
"""Side of the pictures kept in memory, from which crops are taken."""

BATCH = 64
RATE = 1.5e-3
DECAY = 0.05
SMOOTHING = 0.1
SHARPNESS = 20.0
"""Cosines are multiplied by this before the softmax."""

WORTH = (1.0, 0.35, 0.1, 0.1)
"""Of each of data.LABELS in the loss."""

AVERAGED_OVER = 400
"""Steps the shipped weights are a moving average of."""

SOFTENED = 0.75
"""Share of the augmentation that is gone by the end."""

DRAWN_OF_EACH = 40


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures with their backgrounds (uint8, channels first) and labels, shape (n, labels)."""

    pixels: Tensor
    masks: Tensor
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes:
        epochs: Over which the learning rate falls.
        seconds: In which it falls at the latest.
        side: Of the pictures the network is shown.
        seed: Of everything random.
        checkpoint: File to go on from.
    """

    epochs: int
    seconds: float
    side: int
    seed: int
    checkpoint: Path


class Student(nn.Module):
    """The network and what it is trained by: a cosine classifier a label.

    Classifiers see what a search sees: the averaged features, centred, of unit length.
    """

    centre: Tensor

    def __init__(self, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.network = bundled.trunk()
        self.heads = nn.ParameterList(
            [nn.Parameter(torch.randn(count, bundled.FEATURES) * 0.05) for count in classes]
        )
        self.register_buffer("centre", torch.zeros(bundled.FEATURES))

    def forward(self, seen: Tensor) -> list[Tensor]:
        """Return the cosine to each class, a tensor a label."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = seen
            for layer in list(self.network.children())[:-2]:  # all but pooling and classifier
                features = layer(features)
        pooled = features.float().mean(dim=(2, 3))
        if self.training:
            with torch.no_grad():
                self.centre.lerp_(pooled.mean(dim=0), 0.05)
        unit = functional.normalize(pooled - self.centre, dim=1)
        return [functional.linear(unit, functional.normalize(head, dim=1)) for head in self.heads]


def read(folder: Path) -> tuple[Pictures, tuple[int, ...]]:
    """Read what is trained on: photographs and drawings; and how many classes each label has."""
    photographed = data.products(folder, "train")
    look = Whole(STORED)
    photos = data.pixels(data.files(folder, photographed), look)
    drawn, names = data.drawings(DRAWN_OF_EACH)
    columns, classes = [], []
    for place in range(len(data.LABELS)):
        values = [product.labels[place] for product in photographed]
        values += names if place == 0 else ["NA"] * len(names)
        known = sorted(set(values) - {"NA", ""})
        columns.append(data.numbered(values, known))
        classes.append(len(known))
    pixels = (
        torch.from_numpy(np.concatenate([photos, *(look(each)[None] for each in drawn)]))
        .permute(0, 3, 1, 2)
        .contiguous()
    )
    masks = background(pixels)
    return Pictures(pixels, masks, torch.from_numpy(np.stack(columns, axis=1))), tuple(classes)


def loss_of(cosines: list[Tensor], labels: Tensor, coloured: Tensor) -> Tensor:
    """Weigh the losses of all labels; the colour of a grey picture is not asked for."""
    total = torch.zeros(())
    for place, (given, worth) in enumerate(zip(cosines, WORTH, strict=True)):
        wanted = labels[:, place]
        if data.LABELS[place] == "baseColour":
            wanted = torch.where(coloured, wanted, -1)
        if bool((wanted >= 0).any()):
            total = total + worth * functional.cross_entropy(
                SHARPNESS * given, wanted, ignore_index=-1, label_smoothing=SMOOTHING
            )
    return total


class Training:
    """A training that can be stopped and gone on with."""

    def __init__(self, pictures: Pictures, classes: tuple[int, ...], plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._chance = torch.Generator().manual_seed(plan.seed)
        self._pictures = pictures
        self._student = Student(classes)
        self._student.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # untyped
        self._average = {
            name: value.clone() for name, value in self._student.network.state_dict().items()
        }
        self._plan = plan
        self._spent = 0.0
        plain = [p for p in self._student.parameters() if p.ndim < 2]
        matrices = [p for p in self._student.parameters() if p.ndim >= 2]
        self._optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}],
            lr=RATE,
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

    def run_epoch(self, limit: int | None) -> float:
        """Look once at every picture (or at `limit` batches); return the mean loss."""
        student, pictures = self._student.train(), self._pictures
        # Less and less, so that it ends on pictures like those it will be shown.
        change = Augment(self._plan.side, self._chance, 1 - SOFTENED * self.done)
        order = torch.randperm(len(pictures.pixels), generator=self._chance)
        batches = torch.split(order, BATCH)[: len(order) // BATCH]
        total, read = 0.0, 0
        for rows in batches[:limit]:
            began = time.monotonic()
            self._set_rate(self.done)
            seen, coloured = change(pictures.pixels[rows], pictures.masks[rows])
            cosines = student(normal(seen).contiguous(memory_format=torch.channels_last))
            loss = loss_of(cosines, pictures.labels[rows], coloured)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # untyped in torch
            nn.utils.clip_grad_norm_(student.parameters(), 2.0)
            self._optimizer.step()
            self._step += 1
            self._move_average()
            total, read = total + loss.item(), read + 1
            self._spent += time.monotonic() - began
            if self.done >= 1:
                break
        self.epoch += 1
        return total / read

    def _set_rate(self, done: float) -> None:
        """Rise for a twentieth of the training, then fall along a cosine to nothing."""
        rise = 0.05
        share = (
            done / rise if done < rise else (1 + math.cos(math.pi * (done - rise) / (1 - rise))) / 2
        )
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * share

    def _move_average(self) -> None:
        share = max(1 / AVERAGED_OVER, 1 / (1 + self._step / 10))
        for name, value in self._student.network.state_dict().items():
            if value.is_floating_point():
                self._average[name].lerp_(value, share)


def main() -> None:
    """Train, and leave weights in the work folder."""
    parser = argparse.ArgumentParser(description="Train the small ResNet on part A.")
    parser.add_argument("--data", type=Path, required=True, help="products.csv and images.tar")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for checkpoint and weights"
    )
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=64, help="of the pictures it trains on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, help="stop each epoch after so many, for a try")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    asked.work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = Plan(
        epochs=asked.epochs,
        seconds=60 * asked.minutes,
        side=asked.side,
        seed=asked.seed,
        checkpoint=asked.work / "checkpoint.pt",
    )
    training = Training(*read(asked.data), plan)
    print(f"read after {time.monotonic() - began:.0f} s", flush=True)
    training.go_on()
    chosen_by = data.products(asked.data, "choose")
    held_back = data.pixels(data.files(asked.data, chosen_by), Whole(bundled.SIDE))
    while training.done < 1:
        loss = training.run_epoch(asked.batches)
        training.save()
        file = asked.work / "weights.safetensors"
        save_file(training.averaged(), file)
        said = f"epoch {training.epoch}: loss {loss:.3f}, {time.monotonic() - began:.0f} s"
        if training.epoch % 4 == 0 or training.done == 1:
            network = bundled.trunk()
            network.load_state_dict(training.averaged(), strict=False)
            vectors = measure.unit(project.features(network, held_back).astype(np.float32))
            for name, place in (("alike", 0), ("colour", 1)):
                share = measure.alike(vectors, [each.labels[place] for each in chosen_by])
                said += f", {name} {share:.3f}"
        print(said, flush=True)


if __name__ == "__main__":
    main()
