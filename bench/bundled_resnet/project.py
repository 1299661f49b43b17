"""From the trained network's features to fewer that nearest neighbours are better by.

First a linear discriminant: directions are scaled by how much things of one type and colour differ
along them, and those come first along which types (and a little, colours) lie apart. From there the
projection is moved so that neighbours drawn by their likeness are more often of one type
(neighbourhood components: Goldberger, Roweis, Hinton and Salakhutdinov, 2004).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from embedders import bundled
from embedders.image import normal
from embedders.views import Pixels

Wide = NDArray[np.float64]

RIDGE = 0.002
"""Share of the mean variance that is added to each direction's: what hardly varies is noise."""

COLOUR = 0.3
"""Worth of lying apart by colour, beside lying apart by type."""

BATCH = 64

KNOWN = 192
"""Directions of the discriminant that the neighbours' projection may draw on."""

STEPS = 100
AT_ONCE = 1_500
"""Things that are each other's neighbours in one step."""

RATE = 3e-3
SHARPNESS = 10.0
"""Cosines are multiplied by this: a neighbour is drawn with a probability that grows so fast."""

NOISE = 0.5
"""Added to each direction, in spreads within one type and colour, so that what the network knows by
heart counts for less."""

ALIKE = 0.15
"""Worth of neighbours of the same colour, beside those of the same type."""


def features(network: torch.nn.Module, pixels: Pixels) -> Wide:
    """Return what a trunk makes of pictures, averaged over each, shape (n, 512)."""
    layers = torch.nn.Sequential(*list(network.children())[:-2]).eval()
    found = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for some in torch.split(torch.from_numpy(pixels).permute(0, 3, 1, 2), BATCH):
            seen = normal(some.float() / 255).contiguous(memory_format=torch.channels_last)
            found.append(layers(seen).float().mean(dim=(2, 3)))
    vectors: Wide = torch.cat(found).numpy().astype(np.float64)
    return vectors


def spread(centred: Wide, labels: Sequence[str]) -> tuple[Wide, Wide]:
    """Return the covariance within labels and that of their means, each shape (d, d)."""
    known, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)[1:]
    means = np.zeros((len(counts), centred.shape[1]))
    np.add.at(means, known, centred)
    means /= counts[:, None]
    rest = centred - means[known]
    between: Wide = (means * counts[:, None]).T @ means / len(centred)
    within: Wide = rest.T @ rest / len(centred)
    return within, between


def discriminant(seen: Wide, types: Sequence[str], colours: Sequence[str]) -> Wide:
    """Find directions along which types lie apart, shape (KNOWN, d), the best first.

    Args:
        seen: Features, shape (n, d).
        types: Of article, one a row.
        colours: One a row; "" where it is not known.
    """
    centred = seen - seen.mean(axis=0)
    both = [f"{kind}/{colour}" for kind, colour in zip(types, colours, strict=True)]
    within = spread(centred, both)[0]
    coloured = np.array([colour != "" for colour in colours])
    between = spread(centred, types)[1]
    between += COLOUR * spread(centred[coloured], [each for each in colours if each])[1]
    size, directions = np.linalg.eigh(
        within + RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    )
    whitening = directions @ np.diag(size**-0.5) @ directions.T
    apart = np.linalg.eigh(whitening @ between @ whitening)[1][:, ::-1]
    found: Wide = (whitening @ apart[:, :KNOWN]).T
    return found


def fit(seen: Wide, types: Sequence[str], colours: Sequence[str]) -> tuple[Wide, Wide]:
    """Fit the projection; the same data give the same one.

    Args:
        seen: Features, shape (n, d).
        types: Of article, one a row.
        colours: One a row; "" where it is not known.

    Returns:
        Matrix of shape (k, d) and offset of shape (k,): the projection of x is matrix·x + offset.
    """
    mean = seen.mean(axis=0)
    directions = discriminant(seen, types, colours)
    known = torch.from_numpy(((seen - mean) @ directions.T).astype(np.float32))
    kinds = [
        torch.from_numpy(np.unique(labels, return_inverse=True)[1]) for labels in (types, colours)
    ]
    kinds[1][torch.tensor([colour == "" for colour in colours])] = -1
    matrix: Wide = _neighbours(known, kinds[0], kinds[1]).astype(np.float64) @ directions
    offset: Wide = -matrix @ mean
    return matrix, offset


def _neighbours(known: Tensor, types: Tensor, colours: Tensor) -> NDArray[np.float32]:
    """Start with the first directions, and mix in others; shape (k, KNOWN)."""
    chance = torch.Generator().manual_seed(1)
    matrix = torch.eye(bundled.DIMENSIONS, known.shape[1]).requires_grad_()
    optimizer = torch.optim.Adam([matrix], lr=RATE)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        rows = torch.randperm(len(known), generator=chance)[:AT_ONCE]
        drawn = known[rows]
        drawn = drawn + NOISE * torch.randn(drawn.shape, generator=chance)
        unit = functional.normalize(drawn @ matrix.T, dim=1)
        likeness = (SHARPNESS * unit @ unit.T).fill_diagonal_(-torch.inf)
        shares = likeness.softmax(dim=1)
        loss = _unlike(shares, types[rows]) + ALIKE * _unlike(shares, colours[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # untyped in torch
        optimizer.step()
    held: NDArray[np.float32] = matrix.detach().numpy()
    return held


def _unlike(shares: Tensor, labels: Tensor) -> Tensor:
    """Surprise that the neighbour drawn has one's own label, averaged over those that share one."""
    same = (labels[:, None] == labels) & (labels >= 0)
    same = same.fill_diagonal_(False)  # noqa: FBT003 - torch takes no name for it
    found = (shares * same).sum(dim=1)[same.any(dim=1)]
    return -found.clamp(min=1e-6).log().mean()
