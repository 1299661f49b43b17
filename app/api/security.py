"""What answers tell browsers not to do with them."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from app.access.rates import Allowance
from app.api.keys import ALLOWANCE

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Where an answer of the API ends up shown as a page, nothing in it runs or loads.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer that does not say otherwise."""

EXPOSED = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
"""Headers that pages of other origins may read, where CORS is on."""

TAKEN = ("Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-ID")
"""Headers that such pages may send."""

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def secure(headers: MutableHeaders, scope: Scope) -> None:
    """Add what every answer has: what browsers must not do, and what the key has left."""
    for name, value in EVERYWHERE.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/v1/"):
        # It may be about a person; no cache between here and there has any business with it.
        headers.setdefault("Cache-Control", "no-store")
    allowance = scope.get(ALLOWANCE)
    if isinstance(allowance, Allowance):
        for name, value in allowance.headers().items():
            headers[name] = value


def page_policy(html: str) -> str:
    """Write a Content-Security-Policy for a page of ours: its own scripts run, and no others."""
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _SCRIPT.findall(html)
    ]
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; connect-src 'self'; img-src 'self' data:; "
        # Swagger UI writes styles into the page as it draws.
        "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
