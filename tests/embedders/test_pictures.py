import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from embedders.errors import UnreadableImage
from embedders.pictures import PictureLimits, decode, redrawn
from tests.embedders.drawings import animated, drawn, encoded

LIMITS = PictureLimits()
SIDE = 32
RED, WHITE = (255, 0, 0), (255, 255, 255)


def read(data: bytes, limits: PictureLimits = LIMITS) -> Image.Image:
    return decode(data, limits, at_least=SIDE)


def centre(picture: Image.Image) -> tuple[int, ...]:
    found = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    return tuple(int(part) for part in found)


def near(one: tuple[int, ...], other: tuple[int, ...], within: int = 12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_format_keeps_its_colours(kind: str) -> None:
    data = encoded(Image.new("RGB", (20, 30), (200, 40, 90)), kind)

    picture = read(data)

    assert (picture.mode, picture.size) == ("RGB", (20, 30))
    assert near(centre(picture), (200, 40, 90))


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "seen"),
    [
        ("1", 1, "PNG", WHITE),
        ("L", 77, "PNG", (77, 77, 77)),
        ("L", 77, "JPEG", (77, 77, 77)),
        ("LA", (77, 255), "PNG", (77, 77, 77)),
        ("LA", (0, 51), "PNG", (204, 204, 204)),
        ("RGBA", (255, 0, 0, 255), "PNG", RED),
        ("RGBA", (255, 0, 0, 0), "PNG", WHITE),
        ("RGBA", (0, 0, 0, 51), "PNG", (204, 204, 204)),
        ("RGBA", (0, 0, 0, 51), "WEBP", (204, 204, 204)),
        ("CMYK", (0, 255, 255, 0), "JPEG", RED),
        ("I;16", 77 * 257, "PNG", (77, 77, 77)),
        ("I;16", 65_535, "PNG", WHITE),
    ],
)
def test_each_mode_becomes_what_an_eye_would_see_on_white(
    mode: str, colour: object, kind: str, seen: tuple[int, ...]
) -> None:
    data = encoded(Image.new(mode, (24, 24), colour), kind)  # type: ignore[arg-type] # by mode

    picture = read(data)

    assert picture.mode == "RGB"
    assert near(centre(picture), seen)


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    indexed = Image.new("P", (24, 24), 1)
    indexed.putpalette([0, 0, 255, 255, 0, 0])
    opaque, transparent = (encoded(indexed, "PNG"), encoded(indexed, "PNG", transparency=1))
    partly = encoded(indexed, "PNG", transparency=bytes([255, 51]))

    assert centre(read(opaque)) == RED
    assert centre(read(transparent)) == WHITE
    assert centre(read(partly)) == (255, 204, 204)


def test_sixteen_bits_a_channel_become_eight() -> None:
    deep = b"".join(b"\0" + struct.pack(">3H", 200 * 257, 40 * 257, 90 * 257) * 4 for _ in range(4))
    data = _png(4, 4, depth=16, colour=2, pixels=deep)

    assert near(centre(read(data)), (200, 40, 90), within=1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_read(kind: str) -> None:
    data = animated(3, kind)

    assert near(centre(read(data)), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_rotation_is_applied(kind: str, orientation: int) -> None:
    upright = Image.new("RGB", (40, 24), "blue")
    upright.paste(RED, (0, 0, 20, 12))
    # How a camera stores what it saw, by the orientation it then notes.
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = read(encoded(stored, kind, exif=exif))

    assert picture.size == (40, 24)
    seen = np.abs(np.asarray(picture, dtype=int) - np.asarray(upright, dtype=int))
    assert np.median(seen) < 12


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"nonsense"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # Pillow says it on stderr
def test_broken_exif_costs_the_rotation_and_not_the_picture(kind: str, exif: bytes) -> None:
    data = encoded(Image.new("RGB", (40, 24), RED), kind, exif=exif)

    picture = read(data)

    assert picture.size == (40, 24)


def test_a_large_jpeg_is_decoded_no_larger_than_needed() -> None:
    data = encoded(drawn(1, (1600, 1200)), "JPEG")

    picture = decode(data, LIMITS, at_least=200)

    assert picture.width * 3 == picture.height * 4
    assert 200 <= picture.height <= 400


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    data = encoded(drawn(1))

    with pytest.raises(UnreadableImage, match=f"{len(data)} bytes; at most 100"):
        read(data, PictureLimits(bytes=100))


def test_the_pixel_limit_is_exact() -> None:
    data = encoded(Image.new("RGB", (20, 10)))

    assert read(data, PictureLimits(pixels=200)).size == (20, 10)
    with pytest.raises(UnreadableImage, match="20 x 10 pixels; at most 199"):
        read(data, PictureLimits(pixels=199))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_frame_limit_is_exact(kind: str) -> None:
    data = animated(4, kind)

    assert near(centre(read(data, PictureLimits(frames=4))), RED)
    with pytest.raises(UnreadableImage, match="more than 3 frames"):
        read(data, PictureLimits(frames=3))


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_a_bomb_is_refused_by_what_its_header_says(side: int) -> None:
    data = _png(side, side, depth=8, colour=2, pixels=b"\0" * 1_000)

    with pytest.raises(UnreadableImage, match="pixels"):
        read(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_file_that_was_cut_short_is_refused(kind: str) -> None:
    data = encoded(drawn(3, (200, 200)), kind)

    for kept in (0, 1, 10, len(data) // 2):
        with pytest.raises(UnreadableImage):
            read(data[:kept])


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused_by_name(kind: str) -> None:
    data = encoded(drawn(3, (32, 32)), kind)

    with pytest.raises(UnreadableImage, match="not a JPEG, PNG, WebP or GIF"):
        read(data)


@settings(max_examples=150)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 2_000),
)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow says on stderr what it mends
def test_damage_gives_a_picture_or_unreadable_image_and_nothing_else(
    kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(encoded(drawn(4, (24, 24)), kind))
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: len(data) - cut % len(data)])

    # Any other error would fail the test.
    with contextlib.suppress(UnreadableImage):
        assert read(damaged).mode == "RGB"


def test_decoding_leaves_no_file_open_and_the_picture_usable() -> None:
    picture = read(encoded(drawn(5)))

    again = io.BytesIO()
    picture.save(again, "PNG")

    assert again.getvalue()


def _png(width: int, height: int, *, depth: int, colour: int, pixels: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def test_a_redrawn_picture_is_upright_small_and_without_what_a_camera_noted() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "a camera"
    taken = io.BytesIO()
    Image.new("RGB", (400, 100), RED).save(taken, "JPEG", exif=exif)

    data = redrawn(taken.getvalue(), LIMITS, longest=64)

    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (16, 64))
        assert not image.getexif()
        assert near(centre(image), RED)
    assert redrawn(taken.getvalue(), LIMITS, longest=64) == data


def test_a_small_picture_is_redrawn_at_its_size() -> None:
    data = redrawn(encoded(Image.new("RGBA", (20, 30), (0, 0, 0, 0)), "PNG"), LIMITS, longest=64)

    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (20, 30)
        assert near(centre(image), WHITE)


def test_what_is_still_too_large_when_redrawn_is_refused() -> None:
    tiny = PictureLimits(bytes=300)
    data = encoded(Image.new("RGB", (20, 30), RED), "PNG")
    assert len(data) <= 300

    with pytest.raises(UnreadableImage, match="at most 300 are kept"):
        redrawn(data, tiny, longest=64)
