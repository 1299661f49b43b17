"""Pictures that come inside a request, as `data:` URLs or bare base64."""

import re
import threading

from app.api.field_errors import FieldError, shown
from app.errors import Invalid
from app.settings import Settings
from embedders.errors import UnreadableImage
from embedders.pictures import PictureLimits, decode
from indexer import data_urls
from indexer.errors import PictureForbidden

DECODERS = threading.BoundedSemaphore(2)
"""Pictures decoded at a time: the largest allowed take 200 MB each, and HTTP has 40 threads."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]", re.ASCII)


def picture_limits(settings: Settings) -> PictureLimits:
    """Take from the settings what a picture may ask of us."""
    return PictureLimits(
        settings.max_picture_bytes, settings.max_picture_pixels, settings.max_picture_frames
    )


def picture_from(text: str, settings: Settings, *, field: str = "picture") -> bytes:
    """Read a picture out of a request and make sure that it can be looked at.

    Args:
        text: A `data:` URL, or the file in base64 alone.
        settings: How large a picture may be: bytes, pixels, frames.
        field: Where it stood in the request, for the error.

    Returns:
        The file, a JPEG, PNG, WebP or GIF that decodes.

    Raises:
        Invalid: It is no picture, or exceeds a limit; the message names the field and the rule.
    """
    limits = picture_limits(settings)
    try:
        data = data_urls.content(_data_url(text), max_bytes=limits.bytes)
        # A large JPEG is checked at an eighth of its size; nothing of it is kept.
        with DECODERS:
            decode(data, limits, at_least=1)
    except (PictureForbidden, UnreadableImage) as error:
        part = FieldError(field=field, message=str(error), value=shown(text))
        raise Invalid(f"{field}: {error}", errors=[part.model_dump(exclude_none=True)]) from error
    return data


def _data_url(text: str) -> str:
    if data_urls.is_data_url(text):
        if not text.isascii():
            raise PictureForbidden("the data URL holds characters other than ASCII")
        return text
    if _ADDRESS.match(text):
        raise PictureForbidden(
            "the picture itself is expected, as a data: URL or in base64, not an address"
        )
    if _NOT_BASE64.search(text):
        raise PictureForbidden("the picture is neither a data: URL nor base64")
    return "data:;base64," + text
