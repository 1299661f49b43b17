"""The kinds of value a setting can have beyond numbers and words, and how people write them."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic.functional_validators import AfterValidator

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)?")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that may call.

    Attributes:
        name: What logs call it.
        scopes: What it may do; admin may do everything.
        digest: SHA-256 of the key, 32 bytes.
    """

    name: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)


def duration(value: object) -> object:
    """Read "250ms", "30s", "5m", "2h" or "30d"; a bare number is seconds."""
    if not isinstance(value, str):
        return value
    read = _DURATION.fullmatch(value)
    if read is None:
        raise ValueError(f"{value!r} is not a duration: write 250ms, 30s, 5m, 2h or 30d")
    try:
        return float(read[1]) * UNITS[read[2] or "s"]
    except OverflowError as error:
        raise ValueError(f"{value!r} is longer than anything lasts") from error


def described(value: timedelta) -> str:
    """Write a duration the way `duration` reads it, in the largest unit that leaves it whole."""
    for unit, length in reversed(UNITS.items()):
        if not value % length:
            return f"{value // length}{unit}"
    return f"{value.total_seconds()}s"


def api_keys(value: object) -> object:
    """Read `name:scope+scope:sha256hex`, comma separated; names and hashes may appear once."""
    if not isinstance(value, str):
        return value
    keys = tuple(_api_key(number, part) for number, part in enumerate(_parts(value), start=1))
    for what in ({key.name for key in keys}, {key.digest for key in keys}):
        if len(what) < len(keys):
            raise ValueError("two keys have the same name or the same hash")
    return keys


def _api_key(number: int, text: str) -> ApiKey:
    # The message names the key by its place: the text may be a key pasted in clear.
    name, _, rest = text.partition(":")
    scopes, _, digest = rest.partition(":")
    if not _NAME.fullmatch(name):
        raise ValueError(f"key {number}: write name:scopes:sha256, the name of letters and digits")
    chosen = frozenset(scope for scope in SCOPES if scope in scopes.split("+"))
    if not chosen or not set(scopes.split("+")) <= set(SCOPES):
        raise ValueError(f"key {number} ({name}): scopes are {', '.join(SCOPES)}, joined by +")
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"key {number} ({name}): the hash is 64 lower-case hex digits (sha256sum)")
    return ApiKey(name, chosen, bytes.fromhex(digest))


def by_kind(what: str) -> Callable[[object], object]:
    """Return a reader of `name=value`, comma separated; `what` is what messages call the value."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        given: dict[str, object] = {}
        for part in _parts(value):
            name, equals, text = (each.strip() for each in part.partition("="))
            if not equals or not _KIND.fullmatch(name):
                raise ValueError(
                    f"{part!r} is not name={what} with a name of at most 32 of a-z, 0-9 and _"
                )
            if name in given:
                raise ValueError(f"{name!r} has two {what}s")
            given[name] = text
        return given

    return read


def names(value: object) -> object:
    """Read names, comma separated."""
    return tuple(_parts(value)) if isinstance(value, str) else value


def webhook_secret(value: SecretStr) -> SecretStr:
    """Refuse a secret no webhook could be signed with, or one short enough to guess."""
    text = value.get_secret_value()
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("the part after whsec_ is not base64") from error
    if not text.startswith("whsec_") or not 24 <= len(secret) <= 64:
        # The bounds are those of the Standard Webhooks specification.
        raise ValueError("write whsec_ followed by the base64 of 24 to 64 random bytes")
    return value


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


Duration = Annotated[timedelta, BeforeValidator(duration)]
SpaceWeight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Evidence = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
ApiKeys = Annotated[tuple[ApiKey, ...], BeforeValidator(api_keys)]
KindWeights = Annotated[Mapping[str, Evidence], BeforeValidator(by_kind("weight"))]
HalfLife = Annotated[
    timedelta, BeforeValidator(duration), Field(ge=timedelta(minutes=1), le=timedelta(days=3_650))
]
KindDurations = Annotated[Mapping[str, HalfLife], BeforeValidator(by_kind("duration"))]
Kept = Annotated[
    timedelta, BeforeValidator(duration), Field(ge=timedelta(hours=1), le=timedelta(days=36_500))
]
Retentions = Annotated[Mapping[str, Kept], BeforeValidator(by_kind("duration"))]
KindNames = Annotated[tuple[str, ...], BeforeValidator(names)]
WebhookSecret = Annotated[SecretStr, AfterValidator(webhook_secret)]
