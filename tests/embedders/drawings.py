"""Pictures that tests draw themselves."""

import io

import numpy as np
from PIL import Image, ImageDraw


def drawn(seed: int, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Draw shapes in colours; another seed, another picture."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(int(part) for part in rng.integers(0, 256, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        left, top = int(rng.integers(0, size[0])), int(rng.integers(0, size[1]))
        box = (left, top, left + int(rng.integers(5, 60)), top + int(rng.integers(5, 60)))
        colour = tuple(int(part) for part in rng.integers(0, 256, 3))
        (pen.ellipse if rng.random() < 0.5 else pen.rectangle)(box, fill=colour)
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    """Write a picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def animated(frames: int, kind: str = "GIF", size: tuple[int, int] = (16, 16)) -> bytes:
    """Write an animation whose frames all differ; the first is red."""
    first = Image.new("RGB", size, "red")
    others = [
        Image.new("RGB", size, (0, number * 37 % 256, number * 91 % 256))
        for number in range(1, frames)
    ]
    return encoded(first, kind, save_all=True, append_images=others)
