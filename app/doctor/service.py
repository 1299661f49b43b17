"""A service that runs already: it knows what nobody else can look at while it does."""

from ipaddress import ip_address

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from app.doctor.findings import Finding
from app.settings import Settings

PATIENCE_SECONDS = 15.0
"""The service asks its own parts first, within their time-outs."""

CONNECT_SECONDS = 2.0


class Told(BaseModel):
    """What /health/ready says, as far as it is of use here."""

    model_config = ConfigDict(extra="ignore")

    status: str
    index: str | None
    generation: int | None
    problems: list[str]


def address(settings: Settings) -> str:
    """Return where a service with these settings listens, seen from this machine."""
    host = settings.host.strip("[]")
    try:
        number = ip_address(host)
    except ValueError:
        pass
    else:
        if number.is_unspecified:
            host = "127.0.0.1" if number.version == 4 else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def ask(settings: Settings) -> tuple[Told | None, Finding]:
    """Ask a running service how it is; nobody need be there."""
    url = address(settings)
    if not settings.port:
        return None, Finding("service", "skip", "KINDRED_PORT is 0, so nobody knows where it is")
    timeout = httpx.Timeout(PATIENCE_SECONDS, connect=CONNECT_SECONDS)
    try:
        with httpx.Client(timeout=timeout, trust_env=False) as client:
            told = Told.model_validate_json(client.get(f"{url}/health/ready").content)
    except httpx.ConnectError:
        return None, Finding("service", "skip", f"nobody listens at {url}")
    except httpx.HTTPError as error:
        seen = f"something listens at {url}, but did not answer ({type(error).__name__})"
        return None, Finding("service", "fail", seen, "look at its log; restart it if it hangs")
    except ValidationError:
        return None, Finding(
            "service",
            "warn",
            f"what listens at {url} is no Kindred",
            "`kindred serve` cannot have that port: give it another in KINDRED_PORT",
        )
    return told, _judged(told, url)


def _judged(told: Told, url: str) -> Finding:
    seen = f"{url} is {told.status}"
    if told.problems:
        seen += f": {'; '.join(told.problems)}"
    if told.status == "down":
        return Finding("service", "fail", seen, "it cannot reach its database: see there")
    if told.status != "ready" or told.problems:
        return Finding("service", "warn", seen, "see the parts it names")
    return Finding("service", "ok", seen)
