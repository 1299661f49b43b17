"""The network while it is taught: the trunk, a neck, and a classifier a label."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.bundled_resnet import data
from embedders import bundled

NECK = 128
"""Numbers the type of article is told by: few, so that what else a picture shows is dropped."""

SMOOTHING = 0.1
SHARPNESS = 20.0
"""Cosines are multiplied by this before the softmax."""

WORTH = {"articleType": 1.0, "baseColour": 0.25, "gender": 0.1, "usage": 0.1, "subCategory": 0.25}
"""Of each of data.LABELS in the loss."""

WORDS = 0.2
"""Worth of the words of the name in the loss."""


class Student(nn.Module):
    """The network and what it is taught by.

    Classifiers see what a search sees: averages over the picture, centred, of unit length. Type
    is told by the neck, everything else by the trunk's features, so that colour and use are learned
    without being in the way of the type.

    Args:
        classes: How many each of data.LABELS has.
        words: How many words of names are learned.
    """

    def __init__(self, classes: Sequence[int], words: int) -> None:
        super().__init__()
        self.network = bundled.trunk()
        self.neck = nn.Linear(bundled.FEATURES, NECK, bias=False)
        self.middle = nn.BatchNorm1d(bundled.FEATURES, affine=False)
        self.neck_middle = nn.BatchNorm1d(NECK, affine=False)
        widths = [NECK, *[bundled.FEATURES] * len(classes)]
        self.heads = nn.ParameterList(
            [
                nn.Parameter(torch.randn(count, width) * 0.05)
                for count, width in zip([*classes, words], widths, strict=True)
            ]
        )

    def features(self, seen: Tensor) -> Tensor:
        """Average the trunk's last map over each picture, shape (b, 512)."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = seen
            for layer in list(self.network.children())[:-2]:  # all but pooling and classifier
                features = layer(features)
        return features.float().mean(dim=(2, 3))

    def forward(self, seen: Tensor) -> list[Tensor]:
        """Return the cosine to each class, a tensor a label, the words last."""
        pooled = self.features(seen)
        narrow = functional.normalize(self.neck_middle(self.neck(pooled)), dim=1)
        wide = functional.normalize(self.middle(pooled), dim=1)
        units = [narrow, *[wide] * (len(self.heads) - 1)]
        return [
            functional.linear(unit, functional.normalize(head, dim=1))
            for unit, head in zip(units, self.heads, strict=True)
        ]


def loss_of(cosines: Sequence[Tensor], labels: Tensor, words: Tensor, coloured: Tensor) -> Tensor:
    """Weigh the losses of all labels and of the words.

    Args:
        cosines: What the student returned.
        labels: Shape (b, labels), -1 where one is not known.
        words: Shape (b, words), 1 for those in the name.
        coloured: Shape (b,); where False the picture is grey and its colour is not asked for.
    """
    total = torch.zeros(())
    for place, label in enumerate(data.LABELS):
        wanted = labels[:, place]
        if label == "baseColour":
            wanted = torch.where(coloured, wanted, -1)
        if bool((wanted >= 0).any()):
            total = total + WORTH[label] * functional.cross_entropy(
                SHARPNESS * cosines[place], wanted, ignore_index=-1, label_smoothing=SMOOTHING
            )
    # A name's words share its probability; a name without any asks for nothing.
    share = words / words.sum(dim=1, keepdim=True).clamp(min=1)
    told = -(share * functional.log_softmax(SHARPNESS * cosines[-1], dim=1)).sum(dim=1)
    return total + WORDS * told.mean()
