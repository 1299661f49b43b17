"""Pictures written out inside a `data:` URL (RFC 2397)."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from indexer.errors import PictureForbidden

SCHEME = "data:"


def is_data_url(url: str) -> bool:
    """Tell whether a URL carries its content in itself."""
    return url[: len(SCHEME)].lower() == SCHEME


def content(url: str, *, max_bytes: int) -> bytes:
    """Read the content of a `data:` URL, in base64 or percent form.

    The media type is not looked at: what the bytes are is for the picture decoder to find out.

    Args:
        url: Starting with "data:" in any case.
        max_bytes: Of content; held before anything is decoded.

    Raises:
        PictureForbidden: It is malformed, empty or too large.
    """
    header, comma, payload = url[len(SCHEME) :].partition(",")
    if not comma:
        raise PictureForbidden("the data URL has no comma between its media type and its content")
    payload = payload.partition("#")[0]
    in_base64 = header.rpartition(";")[2].strip().lower() == "base64"
    # An escape ("%2B") takes three characters for one byte, four base64 characters make three.
    characters = len(payload) - 2 * payload.count("%")
    if characters * (3 if in_base64 else 4) // 4 > max_bytes + 2:
        raise PictureForbidden(f"the data URL holds more than {max_bytes} bytes")
    plain = unquote_to_bytes(payload)
    held = _from_base64(plain) if in_base64 else plain
    if not held:
        raise PictureForbidden("the data URL holds no bytes")
    if len(held) > max_bytes:
        raise PictureForbidden(f"the data URL holds more than {max_bytes} bytes")
    return held


def _from_base64(text: bytes) -> bytes:
    bare = b"".join(text.split()).rstrip(b"=")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise PictureForbidden(f"the data URL is not valid base64: {error}") from error
