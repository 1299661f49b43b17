"""Where an answer stopped, written so that any replica can go on from there.

A token is base64url(zlib(page) + HMAC-SHA256[:16]); nothing of it is kept. It can be read by who
holds it, as it says no more than what they asked and were shown, but not be made or changed.

    PagingError
    ├── Unreadable   no token of this service, or one that was changed
    └── Expired      too old; only asking anew helps
"""

import base64
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(minutes=30)
"""How long an answer can be gone on from."""

MOST_SHOWN = 1_000
"""Items all pages of one answer have together: each is left out of every further search."""

VERSION = 1
SIGNATURE_BYTES = 16
"""Of HMAC-SHA256: 128 bits are as many as nobody can try."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class PagingError(Exception):
    """Base of what can be wrong with a token."""


class Unreadable(PagingError):
    """No token of this service, or one that was changed."""


class Expired(PagingError):
    """Older than LIFETIME."""


@dataclass(frozen=True, slots=True)
class Page:
    """The end of a page.

    Attributes:
        as_of: When the first page was asked for: what happened since changes none of them.
        ended_at: When this page was answered, not before `as_of`.
        number: Pages so far, 1 or more.
        listing: Which list it is of.
        request: What was asked for, JSON values.
        shown: Keys of the items of all pages so far, 0 or more each.
    """

    as_of: datetime
    ended_at: datetime
    number: int
    listing: str
    request: Mapping[str, object]
    shown: frozenset[int]


class Pages:
    """Writes and reads tokens; the same secret reads what the same secret wrote.

    Args:
        secret: At least 32 random bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, page: Page) -> str:
        """Write where to go on: about two characters an item beyond what was asked for."""
        packed = zlib.compress(b"".join(_packed(page)), 9)
        return base64.urlsafe_b64encode(packed + self._signature(packed)).decode().rstrip("=")

    def page(self, token: str, *, now: datetime) -> Page:
        """Read a token.

        Raises:
            Unreadable: It was not written with this secret, or changed since.
            Expired: `now` is more than LIFETIME after its page.
        """
        signed = _bytes(token)
        packed, signature = signed[:-SIGNATURE_BYTES], signed[-SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(packed)):
            raise Unreadable("it is not one that an answer of this service gave")
        # Signed, so it is ours: nobody else's bytes are ever unpacked.
        page = _unpacked(zlib.decompress(packed))
        if now - page.ended_at > LIFETIME:
            minutes = LIFETIME // timedelta(minutes=1)
            raise Expired(f"it was valid for {minutes} minutes, until {page.ended_at + LIFETIME}")
        return page

    def _signature(self, packed: bytes) -> bytes:
        return hmac.digest(self._secret, packed, hashlib.sha256)[:SIGNATURE_BYTES]


def _bytes(token: str) -> bytes:
    if _TOKEN.fullmatch(token) and len(token) % 4 != 1:
        signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        # The last character has bits to spare: only one way to write them is ours.
        if base64.urlsafe_b64encode(signed).decode().rstrip("=") == token:
            return signed
    raise Unreadable("it is not one that an answer of this service gave")


def _packed(page: Page) -> Iterator[bytes]:
    yield bytes([VERSION])
    yield _number((page.as_of - _EPOCH) // _MICROSECOND)
    yield _number(max(0, (page.ended_at - page.as_of) // _MICROSECOND))
    yield _number(page.number)
    request = json.dumps(page.request, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for text in (page.listing, request):
        encoded = text.encode()
        yield _number(len(encoded))
        yield encoded
    before = 0
    for key in sorted(page.shown):
        yield _number(key - before)
        before = key


def _unpacked(data: bytes) -> Page:
    if data[0] != VERSION:
        raise Unreadable("another version of this service gave it")
    reading = _Reading(data, 1)
    as_of = _EPOCH + reading.number() * _MICROSECOND
    return Page(
        as_of=as_of,
        ended_at=as_of + reading.number() * _MICROSECOND,
        number=reading.number(),
        listing=reading.text(),
        request=json.loads(reading.text()),
        shown=frozenset(_sums(reading.rest())),
    )


def _number(value: int) -> bytes:
    """Write a number of 0 or more, seven bits a byte, the lowest first (LEB128)."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


@dataclass(slots=True)
class _Reading:
    """Signed bytes and how far they were read."""

    data: bytes
    place: int

    def number(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.data[self.place]
            self.place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte <= 0x7F:
                return value

    def text(self) -> str:
        length = self.number()
        self.place += length
        return self.data[self.place - length : self.place].decode()

    def rest(self) -> Iterator[int]:
        while self.place < len(self.data):
            yield self.number()


def _sums(steps: Iterable[int]) -> Iterator[int]:
    total = 0
    for step in steps:
        total += step
        yield total
