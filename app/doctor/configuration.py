"""The settings, and who may call a service that runs with them."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app.doctor.findings import Finding
from app.errors import SettingsError
from app.settings import PREFIX, Settings, is_loopback


def read_settings(environ: Mapping[str, str]) -> tuple[Settings | None, Finding]:
    """Read the settings as a service would, and say which are set, without their values."""
    try:
        settings = Settings.from_environment(environ)
    except SettingsError as error:
        seen = "; ".join(str(error).splitlines())
        return None, Finding("settings", "fail", seen, "docs/reference/settings.md lists them all")
    names = sorted(name for name, value in environ.items() if _is_set(name, value))
    if not names:
        return settings, Finding("settings", "ok", "none is set, so the defaults hold")
    return settings, Finding("settings", "ok", f"set: {', '.join(names)}; the others by default")


def _is_set(name: str, value: str) -> bool:
    return name.startswith(PREFIX) and bool(value.strip())


def access(settings: Settings) -> Finding:
    """Look at who may call: keys, the webhooks' secret, and where pictures may come from."""
    keys = ", ".join(f"{key.name} ({'+'.join(sorted(key.scopes))})" for key in settings.api_keys)
    secret = bool(settings.webhook_secret)
    signed = "webhooks are signed" if secret else "webhooks are not signed"
    asked = "the keys of `kindred keys` alone" if settings.require_key else "no key of the settings"
    seen = f"{'keys: ' + keys if keys else asked}, {signed}"
    if is_loopback(settings.host):
        return Finding("access", "ok", f"only this machine reaches {settings.host}; {seen}")
    seen = f"others reach {settings.host}; {seen}"
    if settings.allow_private_addresses:
        return Finding(
            "access",
            "warn",
            f"{seen}; pictures may come from private addresses",
            "turn KINDRED_ALLOW_PRIVATE_ADDRESSES off, unless whoever writes items is trusted",
        )
    if not secret:
        return Finding(
            "access",
            "warn",
            seen,
            "set KINDRED_WEBHOOK_SECRET, so that a webhook is known to come from your shop; "
            "without it webhooks need a key with scope write",
        )
    return Finding("access", "ok", seen)


def kept_in(settings: Settings) -> list[Path]:
    """Name the folders of this machine that settings have files kept in."""
    folders = []
    if settings.database_url.startswith("sqlite:///"):
        folders.append(sqlite_file(settings).parent)
    if settings.uses_lite:
        folders.append(Path(settings.milvus_uri).parent)
    return folders


def sqlite_file(settings: Settings) -> Path:
    """Return the file of a SQLite database, whose URL may go on with options."""
    return Path(settings.database_url.removeprefix("sqlite:///").partition("?")[0])


def named_hosts(settings: Settings) -> set[str]:
    """Collect the hosts settings name, without addresses."""
    hosts = set()
    for url in (settings.milvus_uri, settings.database_url):
        parts = urlsplit(url)
        if parts.scheme and parts.scheme != "sqlite" and parts.hostname:
            hosts.add(parts.hostname)
    return hosts
