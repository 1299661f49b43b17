"""A small data set of the right form: coloured squares whose names say what they are."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from bench.bundled_resnet import data
from tests.app.running import taught_here

HEADER = "id,articleType,baseColour,gender,usage,subCategory,productDisplayName"
KINDS = ("Mug", "Lamp", "Chair")
COLOURS = {"Red": (200, 30, 30), "Blue": (30, 30, 200)}
PRODUCTS = 400


def picture(place: int, colour: str) -> bytes:
    """A picture whose shape says the kind: a bar across, a bar down, or all of it."""
    image = Image.new("RGB", (60, 80), "white")
    box = ((0, 30, 60, 50), (20, 0, 40, 80), (0, 0, 60, 80))[place % len(KINDS)]
    red, green, blue = COLOURS[colour]
    image.paste((red, green + place % 50, blue), box)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `products.csv` and `images.tar`."""
    folder = tmp_path_factory.mktemp("shop")
    rows = [HEADER]
    with tarfile.open(folder / "images.tar", "w") as archive:
        for number in range(1, PRODUCTS + 1):
            kind, colour = KINDS[number % len(KINDS)], list(COLOURS)[number % 2]
            rows.append(f"{number},{kind},{colour},Unisex,Home,All,<b>{colour}</b> {kind} {number}")
            held = picture(number, colour)
            described = tarfile.TarInfo(f"images/{number}.jpg")
            described.size = len(held)
            archive.addfile(described, io.BytesIO(held))
    (folder / "products.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert {data.part(str(number)) for number in range(1, PRODUCTS + 1)} == {"train", "choose", "b"}
    return folder


@pytest.fixture
def learns_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn in this process: starting another takes longer than learning from so little."""
    monkeypatch.setattr("app.services.teaching_settings", taught_here)
