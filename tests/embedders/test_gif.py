import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import GifImagePlugin, Image

from embedders.gif import count_frames
from tests.embedders.drawings import animated


@given(frames=st.integers(1, 12), limit=st.integers(1, 12))
def test_frames_are_counted_as_pillow_counts_them_up_to_the_limit(frames: int, limit: int) -> None:
    data = animated(frames)

    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, GifImagePlugin.GifImageFile)
        counted = image.n_frames

    assert counted == frames
    assert count_frames(data, limit=limit) == min(frames, limit + 1)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_counted_without_an_error(data: bytes) -> None:
    assert 0 <= count_frames(b"GIF89a" + data, limit=5) <= 6
    assert 0 <= count_frames(data, limit=5) <= 6


def test_a_million_frames_are_not_counted_to_the_end() -> None:
    frame = b"\x2c" + b"\0" * 9 + b"\x02\x01\x00\x00"
    data = b"GIF89a" + b"\x01\0\x01\0\0\0\0" + frame * 700_000

    assert count_frames(data, limit=500) == 501
