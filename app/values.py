"""The kinds of value a setting can have beyond numbers and words, and how people write them."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
_RATE = re.compile(r"([1-9]\d{0,8})/([smhd])", re.ASCII)
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(:\d{1,5})?", re.ASCII)

MOST_SECRETS = 5
"""Webhook secrets that hold at once: each wrong signature is compared with every one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often somebody may call.

    Attributes:
        requests: In `seconds`, and at once; 1 or more.
        seconds: Length of the window: a second, a minute, an hour or a day.
    """

    requests: int
    seconds: int

    def __str__(self) -> str:
        unit = next(
            name for name, length in UNITS.items() if length == timedelta(seconds=self.seconds)
        )
        return f"{self.requests}/{unit}"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that may call.

    Attributes:
        name: What logs call it.
        scopes: What it may do; admin may do everything.
        digest: SHA-256 of the key, 32 bytes.
        rate: How often it may call; None: as the settings have it for all.
        key_id: Its number, if `kindred keys` made it; None for one of the settings.
        expires_at: From when on it does not hold any more; None: never.
    """

    name: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)
    rate: Rate | None = None
    key_id: int | None = None
    expires_at: datetime | None = None


def duration(value: object) -> object:
    """Read a duration as people write it."""
    return read_duration(value) if isinstance(value, str) else value


def read_duration(value: str) -> timedelta:
    """Read "250ms", "30s", "5m", "2h" or "30d"; a bare number is seconds."""
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
    """Read `name:scope+scope:sha256hex[:rate]`, comma separated; names and hashes appear once."""
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
    scopes, _, rest = rest.partition(":")
    digest, colon, often = rest.partition(":")
    if not _NAME.fullmatch(name):
        raise ValueError(f"key {number}: write name:scopes:sha256, the name of letters and digits")
    chosen = frozenset(scope for scope in SCOPES if scope in scopes.split("+"))
    if not chosen or not set(scopes.split("+")) <= set(SCOPES):
        raise ValueError(f"key {number} ({name}): scopes are {', '.join(SCOPES)}, joined by +")
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"key {number} ({name}): the hash is 64 lower-case hex digits (sha256sum)")
    try:
        return ApiKey(name, chosen, bytes.fromhex(digest), read_rate(often) if colon else None)
    except ValueError as error:
        raise ValueError(f"key {number} ({name}): {error}") from None


def key_name(text: str) -> str:
    """Refuse what cannot be the name of a key."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no name of a key: 1 to 64 of A-Z, a-z, 0-9, _, . and -")
    return text


def read_rate(text: str) -> Rate:
    """Read "100/s", "600/m", "10000/h" or "50000/d"."""
    read = _RATE.fullmatch(text.strip())
    if read is None:
        raise ValueError(f"{text[:80]!r} is not a rate: write 100/s, 600/m, 10000/h or 50000/d")
    return Rate(int(read[1]), int(UNITS[read[2]].total_seconds()))


def rate(value: object) -> object:
    """Read a rate as people write it."""
    return read_rate(value) if isinstance(value, str) else value


def origins(value: object) -> object:
    """Read web origins, comma separated: scheme, host and port, and nothing else."""
    if not isinstance(value, str):
        return value
    found = tuple(_parts(value))
    for each in found:
        if each != "*" and not _ORIGIN.fullmatch(each):
            raise ValueError(
                f"{each[:80]!r} is no origin: write https://shop.example, with the port if there "
                "is one and without a path, or * for all"
            )
    return found


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


def webhook_secrets(value: object) -> object:
    """Read secrets, comma separated; each may appear once."""
    if not isinstance(value, str):
        return value
    found = _parts(value)
    if len(found) > MOST_SECRETS or len(set(found)) < len(found):
        raise ValueError(f"give at most {MOST_SECRETS} secrets, each once")
    return tuple(SecretStr(each) for each in found)


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
WebhookSecrets = Annotated[tuple[WebhookSecret, ...], BeforeValidator(webhook_secrets)]
CallRate = Annotated[Rate, BeforeValidator(rate)]
Origins = Annotated[tuple[str, ...], BeforeValidator(origins)]
