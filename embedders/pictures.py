"""From the bytes of a picture file to upright RGB pixels, or a reason why not.

Whatever is wrong with a file is UnreadableImage, so that one broken file is one item's problem.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from embedders.errors import UnreadableImage
from embedders.gif import count_frames

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_ORIENTATION = 0x0112
_QUALITY = 90  # models scale what is kept down to a fourth, which hides more than this does
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a file may ask of us, all checked before any pixel is decoded.

    Attributes:
        bytes: Of the file.
        pixels: Of one frame.
        frames: Of an animation, although only the first is looked at.
    """

    bytes: int = 10_000_000
    pixels: int = 50_000_000
    frames: int = 500


def decode(data: bytes, limits: PictureLimits, *, at_least: int) -> Image.Image:
    """Decode a JPEG, PNG, WebP or GIF (its first frame).

    Transparency is laid on white, EXIF rotation is applied, and 16 bits become 8.

    Args:
        data: The file.
        limits: What it may ask of us.
        at_least: The shorter side that is needed, in pixels. A larger JPEG may come back scaled
            down towards it, which is several times as fast; no picture is enlarged.

    Returns:
        Mode "RGB", at least 1 by 1 pixel.

    Raises:
        UnreadableImage: The file is broken, cut short, of another format, or exceeds a limit.
    """
    if len(data) > limits.bytes:
        raise UnreadableImage(
            f"the picture file has {len(data)} bytes; at most {limits.bytes} are read"
        )
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check(image, data, limits)
            image.draft("RGB", (at_least, at_least))
            image.load()
            return _rgb(_upright(image))
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        # Pillow's own words name the address of a buffer, another one each time.
        raise UnreadableImage("the file is not a JPEG, PNG, WebP or GIF picture") from error
    except Exception as error:  # on hostile bytes Pillow's decoders raise almost any
        raise UnreadableImage(f"the picture file is broken: {error or type(error)}") from error


def redrawn(data: bytes, limits: PictureLimits, *, longest: int) -> bytes:
    """Write a picture anew as `decode` sees it: upright, and without what a camera noted.

    Args:
        data: The file.
        limits: What it may ask of us; they hold for the result, too.
        longest: Most pixels of a side; larger pictures are scaled down.

    Returns:
        A JPEG, the same for the same file.

    Raises:
        UnreadableImage: As `decode`, or the result still exceeds the limit.
    """
    image = decode(data, limits, at_least=longest)
    image.thumbnail((longest, longest))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=_QUALITY)
    if written.tell() > limits.bytes:
        raise UnreadableImage(
            f"the picture has {written.tell()} bytes as a JPEG; at most {limits.bytes} are kept"
        )
    return written.getvalue()


def _check(image: Image.Image, data: bytes, limits: PictureLimits) -> None:
    width, height = image.size
    if width * height > limits.pixels:
        raise UnreadableImage(
            f"the picture has {width} x {height} pixels; at most {limits.pixels} are decoded"
        )
    if image.format == "GIF":
        # Pillow counts a GIF's frames one at a time without a limit: seconds for a hostile file.
        frames = count_frames(data, limit=limits.frames)
    else:
        frames = getattr(image, "n_frames", 1)  # formats without animation lack the attribute
    if frames > limits.frames:
        raise UnreadableImage(f"the animation has more than {limits.frames} frames")


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block costs a picture its rotation, not itself
        turn = None
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's own conversion clips at 255, which turns 16-bit pictures white.
        wide = np.clip(np.asarray(image, dtype=np.int64), 0, 65_535)
        return Image.fromarray((wide // 257).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    pixels = image.convert("RGBA")
    white = Image.new("RGBA", pixels.size, "white")
    return Image.alpha_composite(white, pixels).convert("RGB")
