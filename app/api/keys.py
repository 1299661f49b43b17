"""Who may call: keys with scopes, and signatures on webhooks.

A key holds `read`, `write` or both, and `admin` stands for everything. `write` does not include
`read`: the key of a shop's event pipeline should not be able to read what people are recommended.
Where there never was a key everyone who can reach the service may call, which settings only allow
on loopback; and only by a name of this machine, or a page on the web could have its own name lead
here (DNS rebinding) and read everything through the browser of whoever opens it.
"""

import re
from ipaddress import ip_address

from fastapi.security import HTTPBearer
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request

from app.access.audit import Actor
from app.access.rates import POLICY
from app.api.context import context_of, services_of
from app.api.problems import request_id_of
from app.errors import Forbidden, TooManyRequests, Unauthorized
from app.services import Services
from app.values import ApiKey, Scope

KEY = "kindred.key"
"""Where a request's scope has the key it was admitted with."""

ALLOWANCE = "kindred.allowance"
"""Where it has what the key has left."""


_PORT = re.compile(r":\d{1,5}$", re.ASCII)


class Needs(HTTPBearer):
    """Admits requests whose key has one of some scopes, and has not called too often.

    It is both a guard, asked before the body is parsed, and a dependency, so that OpenAPI shows it.
    """

    def __init__(self, *scopes: Scope) -> None:
        super().__init__(
            scheme_name="key",
            description="A key of KINDRED_API_KEYS or `kindred keys`; not needed on this machine "
            "where there never was one.",
            auto_error=False,
        )
        self.scopes = scopes

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Do nothing: the guard was asked before (the base class would return credentials)."""

    async def admit(self, request: Request) -> None:
        """Return, or raise Unauthorized, Forbidden or TooManyRequests."""
        services = services_of(request)
        if not services.live_keys.needed:
            _check_host(request, services)
            return
        key = _key(request, services)
        request.scope["kindred.caller"] = key.name
        request.scope[KEY] = key
        _count(request, services, key)
        if not key.scopes & {*self.scopes, "admin"}:
            raise Forbidden(f"The key {key.name!r} needs the scope {' or '.join(self.scopes)}.")


class SignedOrWrites(Needs):
    """Admits webhooks: by signature where secrets are set, by a key with `write` otherwise."""

    def __init__(self) -> None:
        super().__init__("write")

    async def admit(self, request: Request) -> None:
        """Return, or raise Unauthorized, Forbidden or TooManyRequests."""
        secrets = services_of(request).settings.webhook_secret
        if not secrets:
            await super().admit(request)
            return
        body = await request.body()
        headers = dict(request.headers)
        # Each is tried whatever the others said: several hold while they are being changed.
        found = [_fault(secret.get_secret_value(), body, headers) for secret in secrets]
        faults = [fault for fault in found if fault is not None]
        if len(faults) == len(found):
            raise faults[0]


def actor_of(request: Request) -> Actor:
    """Say who makes a request, for the audit log."""
    key = request.scope.get(KEY)
    request_id = request_id_of(request)
    if not isinstance(key, ApiKey):
        return Actor(None, request_id=request_id)
    return Actor(key.name, key.key_id, request_id)


def _fault(secret: str, body: bytes, headers: dict[str, str]) -> Unauthorized | None:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return Unauthorized(f"The webhook's signature does not hold: {error}.")
    except ValueError:
        # The library lets what is malformed (base64, UTF-8, the commas) out as it finds it.
        return Unauthorized("The webhook's signature headers are malformed.")
    return None


def _key(request: Request, services: Services) -> ApiKey:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Unauthorized("Send a key: Authorization: Bearer …")
    now = context_of(request).now()
    # Header values are bytes, which Starlette reads as Latin-1: this gives back what was sent.
    key = services.live_keys.find(given.strip().encode("latin-1"), now=now)
    if key is None:
        raise Unauthorized("There is no such key, or it does not hold any more.")
    services.live_keys.used(key, now=now)
    return key


def _count(request: Request, services: Services, key: ApiKey) -> None:
    rate = key.rate or services.settings.key_rate
    if rate is None:
        return
    # One bucket for each key, also where one that was revoked had the same name.
    allowance = services.rates.take(f"{key.key_id or ''}:{key.name}", rate)
    request.scope[ALLOWANCE] = allowance
    if allowance.wait is not None:
        raise TooManyRequests(
            f"The key {key.name!r} may call {rate} times; wait {allowance.wait} s.",
            wait=allowance.wait,
            policies=[POLICY],
        )


def _check_host(request: Request, services: Services) -> None:
    # As it came: Starlette takes the address that was connected to for a header it cannot read.
    named = request.headers.get("host", "")
    host = _PORT.sub("", named).strip("[]").lower()
    if host in ("", "localhost", services.settings.host) or host.endswith(".localhost"):
        return
    try:
        ip_address(host)
    except ValueError:
        raise Forbidden(
            f"Without keys this service answers to localhost and to addresses, not to "
            f"{named[:80]!r}: make a key (`kindred keys make`), so that any name will do."
        ) from None
