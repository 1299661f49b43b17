"""The small ResNet whose weights are shipped with Kindred, for where no others can be had.

bench/bundled_resnet trained it on product photographs; weights/README.md says how well it does.
"""

from pathlib import Path

import torch

from embedders import vision

vision.prepare()

from torchvision.models import resnet  # noqa: E402 - after the line above

WEIGHTS = Path(__file__).parent / "weights" / "bundled-resnet.safetensors"

FEATURES = 512
DIMENSIONS = 64
"""After the projection. On the held-back slice 96 had no more of a type (.733 against .732)."""

SIDE = 96
"""Of the square that pictures are squeezed into: what it was shown last while it was trained."""

BLOCKS = (2, 2, 1, 1)
"""One block less in each of the last two groups than ResNet-18 has: 5.3 million numbers, not 11."""


def trunk() -> torch.nn.Module:
    """Build the network as torchvision does, classifier included, with noise for weights."""
    network: torch.nn.Module = resnet.ResNet(resnet.BasicBlock, list(BLOCKS))
    return network


def build() -> torch.nn.Module:
    """Build the network with its projection, which comes before the two parts that are left out."""
    network = trunk()
    pooling, classifier = network.avgpool, network.fc
    del network.avgpool, network.fc
    # As features are averaged over the picture afterwards, this maps their average.
    network.projection = torch.nn.Conv2d(FEATURES, DIMENSIONS, kernel_size=1)
    network.avgpool, network.fc = pooling, classifier
    return network
