import time

import numpy as np
import pytest
from PIL import Image
from torchvision.models import ResNet18_Weights

from embedders.views import Middle, View, Whole
from tests.embedders.drawings import drawn

MIDDLE = Middle(side=224, needed=256)
WHOLE = Whole(112)


@pytest.mark.parametrize("size", [(400, 300), (300, 400), (256, 256), (60, 80), (1200, 801)])
def test_the_middle_is_what_torchvision_shows_its_networks(size: tuple[int, int]) -> None:
    picture = drawn(7, size)

    seen = MIDDLE(picture)

    official = ResNet18_Weights.IMAGENET1K_V1.transforms()
    normal = (seen / 255.0 - official.mean) / official.std
    difference = np.abs(normal.transpose(2, 0, 1) - official(picture).numpy())
    assert difference.mean() < 0.05


@pytest.mark.parametrize("view", [MIDDLE, WHOLE])
@pytest.mark.parametrize("size", [(1, 1), (1, 2_000_000), (2_000_000, 1), (3, 500)])
def test_a_picture_of_any_shape_is_prepared_in_no_time(view: View, size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "red")
    began = time.monotonic()

    seen = view(picture)

    assert time.monotonic() - began < 2.0
    assert seen.shape == (view.side, view.side, 3)
    assert (seen == (255, 0, 0)).all()


def test_the_whole_picture_is_seen_to_its_corners() -> None:
    picture = Image.new("RGB", (300, 400), "white")
    picture.paste((255, 0, 0), (0, 0, 30, 40))
    picture.paste((0, 0, 255), (270, 360, 300, 400))

    seen = WHOLE(picture)

    assert tuple(seen[2, 2]) == (255, 0, 0)
    assert tuple(seen[-3, -3]) == (0, 0, 255)
