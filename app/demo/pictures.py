"""Product pictures, drawn small enough to travel inside a `data:` URL."""

import base64
import io

from PIL import Image, ImageDraw, ImageFilter

from app.demo.dice import Dice
from app.demo.paint import SIDE, Paint, Rgb, darker, lighter
from app.demo.shapes import DRAWN
from app.demo.sketch import Sketch

PICTURE_SIDE = 160
"""Pixels of a finished picture."""

_WALLS: tuple[Rgb, ...] = (
    (244, 238, 228),
    (226, 234, 238),
    (236, 228, 236),
    (228, 238, 226),
    (250, 232, 214),
    (240, 240, 240),
)
_FORMATS = ("WEBP", "PNG", "JPEG")


def picture(kind: str, noun: str, paint: Paint, dice: Dice) -> Image.Image:
    """Draw one product of a kind, of the sort the noun says, in front of some background."""
    sketch = Sketch(noun, paint, dice)
    DRAWN[kind](sketch)
    product = sketch.lit().rotate(dice.between(-5, 5))
    if dice.happens(0.5):
        product = product.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scene = _background(dice)
    side = round(SIDE * dice.between(0.78, 0.96))
    product = product.resize((side, side), Image.Resampling.BILINEAR)
    left = (SIDE - side) // 2 + round(SIDE * dice.between(-0.02, 0.02))
    top = SIDE - side - round((SIDE - side) * dice.between(0.3, 0.6))
    _cast_shadow(scene, product, left, top)
    scene.paste(product, (left, top), product)
    return scene.reduce(SIDE // PICTURE_SIDE)


def data_url(image: Image.Image, dice: Dice) -> str:
    """Encode a picture as WebP, PNG or JPEG inside a `data:` URL."""
    encoding = dice.pick(_FORMATS, weights=(2, 1, 1))
    file = io.BytesIO()
    if encoding == "PNG":
        few = image.quantize(colors=32, dither=Image.Dither.NONE)
        few.save(file, encoding, optimize=True)
    else:
        image.save(file, encoding, quality=80)
    encoded = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{encoding.lower()};base64,{encoded}"


def _background(dice: Dice) -> Image.Image:
    wall = dice.pick(_WALLS)
    scene = Image.new("RGB", (SIDE, SIDE), wall)
    draw = ImageDraw.Draw(scene)
    match dice.pick(("wall", "table", "spot", "panel")):
        case "table":
            draw.rectangle((0, SIDE * 0.78, SIDE, SIDE), fill=darker(wall, 0.14))
        case "spot":
            draw.ellipse((SIDE * 0.08, SIDE * 0.06, SIDE * 0.92, SIDE * 0.9), fill=lighter(wall))
        case "panel":
            draw.rectangle((0, 0, SIDE * dice.between(0.3, 0.7), SIDE), fill=darker(wall, 0.07))
        case _:
            pass
    return scene


def _cast_shadow(scene: Image.Image, product: Image.Image, left: int, top: int) -> None:
    """Darken the background a little below and to the right of the product."""
    shadow = Image.new("L", scene.size)
    shadow.paste(
        product.getchannel("A").point(lambda value: value // 4),
        (left + SIDE // 50, top + SIDE // 36),
    )
    scene.paste(
        (40, 34, 46), (0, 0, SIDE, SIDE), shadow.filter(ImageFilter.GaussianBlur(SIDE / 64))
    )
