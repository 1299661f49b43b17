"""Who may call: keys with scopes, and signatures on webhooks.

A key holds `read`, `write` or both, and `admin` stands for everything. `write` does not include
`read`: the key of a shop's event pipeline should not be able to read what people are recommended.
Where no key is configured everyone who can reach the service may call, which settings only allow on
loopback.
"""

import hashlib
import hmac

from fastapi.security import HTTPBearer
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request

from app.api.context import services_of
from app.errors import Forbidden, Unauthorized
from app.values import ApiKey, Scope


class Needs(HTTPBearer):
    """Admits requests whose key has one of some scopes.

    It is both a guard, asked before the body is parsed, and a dependency, so that OpenAPI shows it.
    """

    def __init__(self, *scopes: Scope) -> None:
        super().__init__(
            scheme_name="key",
            description="A key of KINDRED_API_KEYS; not needed where none is configured.",
            auto_error=False,
        )
        self.scopes = scopes

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Do nothing: the guard was asked before (the base class would return credentials)."""

    async def admit(self, request: Request) -> None:
        """Return, or raise Unauthorized or Forbidden."""
        keys = services_of(request).settings.api_keys
        if not keys:
            return
        key = _key(request, keys)
        request.scope["kindred.caller"] = key.name
        if not key.scopes & {*self.scopes, "admin"}:
            raise Forbidden(f"The key {key.name!r} needs the scope {' or '.join(self.scopes)}.")


class SignedOrWrites(Needs):
    """Admits webhooks: by signature where a secret is set, by a key with `write` otherwise."""

    def __init__(self) -> None:
        super().__init__("write")

    async def admit(self, request: Request) -> None:
        """Return, or raise Unauthorized or Forbidden."""
        secret = services_of(request).settings.webhook_secret
        if secret is None:
            await super().admit(request)
            return
        body = await request.body()
        try:
            Webhook(secret.get_secret_value()).verify(body, dict(request.headers), json_parse=False)
        except WebhookVerificationError as error:
            raise Unauthorized(f"The webhook's signature does not hold: {error}.") from error
        except ValueError as error:
            # The library lets what is malformed (base64, UTF-8, the commas) out as it finds it.
            raise Unauthorized("The webhook's signature headers are malformed.") from error


def _key(request: Request, keys: tuple[ApiKey, ...]) -> ApiKey:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Unauthorized("Send a key: Authorization: Bearer …")
    # Header values are bytes, which Starlette reads as Latin-1: this gives back what was sent.
    digest = hashlib.sha256(given.strip().encode("latin-1")).digest()
    # Every key is compared, in constant time, so that time tells nothing about any of them.
    found = [key for key in keys if hmac.compare_digest(key.digest, digest)]
    if not found:
        raise Unauthorized("There is no such key.")
    return found[0]
