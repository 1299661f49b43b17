"""Pictures inside requests."""

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.api.pictures import picture_from
from app.errors import Invalid
from app.settings import Settings

SETTINGS = Settings()


def drawn(form: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, form)
    return file.getvalue()


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_comes_as_a_data_url_or_in_base64_alone(form: str) -> None:
    file = drawn(form)

    from_url = picture_from(f"data:image/{form.lower()};base64,{in_base64(file)}", SETTINGS)
    from_base64 = picture_from(in_base64(file), SETTINGS)

    assert from_url == from_base64 == file


def test_lines_in_base64_do_no_harm() -> None:
    file = drawn(size=(64, 64))
    wrapped = base64.encodebytes(file).decode()

    assert picture_from(wrapped, SETTINGS) == file


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "no bytes"),
        ("https://example.org/mug.jpg", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("a mug, blue", "neither a data: URL nor base64"),
        ("data:image/png;base64", "no comma"),
        ("data:image/png,\ud800", "other than ASCII"),
        ("data:image/png;base64,AAA*", "not valid base64"),
        (in_base64(b"not a picture"), "not a JPEG, PNG, WebP or GIF"),
        (in_base64(drawn()[:40]), "picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name_and_rule(text: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        picture_from(text, SETTINGS, field="seeds.0.picture")

    assert refused.value.detail.startswith("seeds.0.picture: ")
    assert rule in refused.value.detail
    parts = refused.value.extra["errors"]
    assert isinstance(parts, list)
    assert [part["field"] for part in parts] == ["seeds.0.picture"]
    assert len(parts[0]["value"]) <= 80


def test_limits_are_those_of_the_settings() -> None:
    small = Settings(max_picture_bytes=1_000, max_picture_pixels=1_000)

    with pytest.raises(Invalid, match="more than 1000 bytes"):
        picture_from(in_base64(b"\x89PNG" + bytes(2_000)), small)
    with pytest.raises(Invalid, match="100 x 100 pixels; at most 1000"):
        picture_from(in_base64(drawn(size=(100, 100))), small)


@given(
    st.text(max_size=60)
    | st.binary(max_size=60).map(in_base64)
    | st.text(st.characters(), max_size=20).map("data:{}".format)
)
def test_text_that_is_no_picture_gets_a_clear_error(text: str) -> None:
    with pytest.raises(Invalid, match=r"^picture: "):
        picture_from(text, SETTINGS)
