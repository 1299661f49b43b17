"""Makes one photograph many: other crops, scales, backgrounds, light, and styles of picture.

Everything works on whole batches of tensors; `chance` decides, so that a seed decides everything.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

NEARLY_WHITE = 232
"""Pixels at least this bright in every channel, and joined to the edge, count as background."""

MOST_STEPS = 100
"""Of the spreading from the edge inwards, at half size: enough for any background but a maze."""


def background(pixels: Tensor) -> Tensor:
    """Find the white backgrounds of photographs.

    Args:
        pixels: Shape (n, 3, s, s), uint8.

    Returns:
        Shape (n, 1, s, s), uint8: 255 where the background is.
    """
    found = []
    for some in torch.split(pixels, 256):
        white = (some.amin(dim=1, keepdim=True) >= NEARLY_WHITE).float()
        # At half the size, which is an eighth of the work.
        open_ = functional.avg_pool2d(white, 2, ceil_mode=True)
        reached = torch.zeros_like(open_)
        for edge in (reached[..., 0, :], reached[..., -1, :], reached[..., 0], reached[..., -1]):
            edge.fill_(1)
        reached *= open_
        for _ in range(MOST_STEPS):
            further = functional.max_pool2d(reached, 3, stride=1, padding=1) * (open_ > 0.5)
            if torch.equal(further, reached):
                break
            reached = further
        whole = functional.interpolate(reached, size=some.shape[-2:], mode="bilinear")
        found.append((whole * white * 255).to(torch.uint8))
    return torch.cat(found)


class Augment:
    """Changes batches of pictures at random.

    Args:
        side: Of the pictures it returns.
        chance: Where randomness comes from.
        strength: How much is changed and how often, 0 to 1.
    """

    def __init__(self, side: int, chance: torch.Generator, strength: float = 1.0) -> None:
        self._side = side
        self._strength = strength
        self._chance = chance

    def __call__(self, pixels: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Change a batch.

        Args:
            pixels: Shape (b, 3, s, s), uint8.
            mask: Shape (b, 1, s, s), uint8, what `background` returned.

        Returns:
            Shape (b, 3, side, side), from 0 to 1; and (b,), whether colours can still be told.
        """
        joined = torch.cat([pixels, mask], dim=1).float() / 255
        joined = self._moved(joined)
        seen, behind = joined[:, :3], joined[:, 3:]
        seen = self._other_background(seen, behind)
        seen = self._where(0.12, self._drawn(seen), seen)
        seen = self._other_light(seen)
        seen = self._where(0.15, self._blurred(seen), seen)
        grey = self._happens(0.08, len(seen))
        luma = (seen * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        seen = torch.where(grey.view(-1, 1, 1, 1), luma.expand_as(seen), seen)
        return self._covered(seen).clamp(0, 1), ~grey

    def _between(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._chance) * (high - low) + low

    def _happens(self, probability: float, count: int) -> Tensor:
        return torch.rand(count, generator=self._chance) < probability * self._strength

    def _where(self, probability: float, changed: Tensor, kept: Tensor) -> Tensor:
        return torch.where(self._happens(probability, len(kept)).view(-1, 1, 1, 1), changed, kept)

    def _moved(self, joined: Tensor) -> Tensor:
        """Crop or shrink, stretch, turn a little and mirror."""
        count = len(joined)
        # Share of the picture that is looked at, along each side: below 1 a crop, above 1 a margin.
        share = torch.exp(self._strength * self._between(math.log(0.55), math.log(1.35), count))
        stretch = torch.exp(self._strength * self._between(-0.2, 0.2, count))
        angle = self._between(-0.15, 0.15, count) * self._happens(0.4, count)
        mirror = torch.where(torch.rand(count, generator=self._chance) < 0.5, -1.0, 1.0)
        wide, high = share * stretch, share / stretch
        slack = 0.15 * self._strength + (1 - share).abs()
        theta = torch.zeros(count, 2, 3)
        theta[:, 0, 0] = wide * angle.cos() * mirror
        theta[:, 0, 1] = -high * angle.sin()
        theta[:, 1, 0] = wide * angle.sin() * mirror
        theta[:, 1, 1] = high * angle.cos()
        theta[:, :, 2] = self._between(-1, 1, count, 2) * slack.view(-1, 1)
        grid = functional.affine_grid(
            theta, [count, 4, self._side, self._side], align_corners=False
        )
        return functional.grid_sample(
            joined, grid, mode="bilinear", padding_mode="border", align_corners=False
        )

    def _other_background(self, seen: Tensor, behind: Tensor) -> Tensor:
        """Put something else behind some products: a colour, a slope, two halves, blotches."""
        count, side = len(seen), self._side
        one = self._between(0, 1, count, 3, 1, 1)
        pale = (torch.rand(count, generator=self._chance) < 0.5).view(-1, 1, 1, 1)
        one = torch.where(pale, 0.75 + one / 4, one)
        other = (one + self._between(-0.3, 0.3, count, 3, 1, 1)).clamp(0, 1)
        slope = torch.linspace(0, 1, side).view(1, 1, side, 1).expand(count, 1, side, side)
        kind = torch.randint(0, 4, (count, 1, 1, 1), generator=self._chance)
        halves = (slope > self._between(0.2, 0.9, count, 1, 1, 1)).float()
        blotches = functional.interpolate(
            self._between(0, 1, count, 1, 5, 5), size=(side, side), mode="bilinear"
        )
        share = torch.where(
            kind == 0,
            torch.zeros(1),
            torch.where(kind == 1, slope, torch.where(kind == 2, halves, blotches)),
        )
        put = one + (other - one) * share
        return self._where(0.4, seen + (put - seen) * behind, seen)

    def _drawn(self, seen: Tensor) -> Tensor:
        """Flatten into a few tones, as drawings have."""
        smooth = functional.avg_pool2d(seen, 3, stride=1, padding=1, count_include_pad=False)
        tones = torch.randint(3, 7, (len(seen), 1, 1, 1), generator=self._chance).float()
        return (smooth * tones).round() / tones

    def _other_light(self, seen: Tensor) -> Tensor:
        """Change brightness, contrast, saturation and tint, mildly: colour matters."""
        count = len(seen)
        seen = seen * self._between(0.8, 1.15, count, 1, 1, 1)
        seen = seen * self._between(0.95, 1.05, count, 3, 1, 1)
        middle = seen.mean(dim=(1, 2, 3), keepdim=True)
        seen = middle + (seen - middle) * self._between(0.75, 1.25, count, 1, 1, 1)
        grey = seen.mean(dim=1, keepdim=True)
        return grey + (seen - grey) * self._between(0.75, 1.25, count, 1, 1, 1)

    def _blurred(self, seen: Tensor) -> Tensor:
        small = functional.interpolate(seen, size=(self._side * 2 // 5,) * 2, mode="area")
        return functional.interpolate(small, size=(self._side,) * 2, mode="bilinear")

    def _covered(self, seen: Tensor) -> Tensor:
        """Cover a rectangle of some with grey noise."""
        count, side = len(seen), self._side
        place = torch.arange(side).view(1, side)
        size = self._between(0.15, 0.4, count, 2) * side
        start = self._between(0, 1, count, 2) * (side - size)
        down, across = (
            ((place >= start[:, i : i + 1]) & (place < (start + size)[:, i : i + 1])).float()
            for i in (0, 1)
        )
        chosen = self._happens(0.2, count).view(-1, 1, 1, 1)
        area = (down.view(count, 1, side, 1) * across.view(count, 1, 1, side)) * chosen
        return seen + (self._between(0, 1, count, 3, 1, 1) - seen) * area
