"""The machine: its disk, its memory, its clock and its resolver of names."""

import os
import socket
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from app.disk import DISK_FULL, MEGABYTE, free_bytes, nearest
from app.doctor.findings import Finding

GIGABYTE = 10**9

DISK_LOW = 2 * GIGABYTE

MEMORY_SHORT = 200 * MEGABYTE
MEMORY_OF_MODELS = GIGABYTE
"""The default models with their libraries took 620 MB; the rest is room to work."""
BYTES_AN_ITEM = 4_000
"""Of the cache of vectors."""

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""Kindred is younger than this, so a clock that says less is wrong."""

Resolve = Callable[[str], Collection[str]]
"""Turns a host's name into addresses, or raises OSError."""


def disk(folders: Collection[Path], *, free: Callable[[Path], int] = free_bytes) -> Finding:
    """Look at the room, and the right to write, where Kindred keeps its files.

    Args:
        folders: Those that are not there yet are judged by the nearest one above them.
        free: Tells the bytes free in one.
    """
    places = sorted({nearest(folder) for folder in folders})
    if not places:
        return Finding("disk", "skip", "nothing is kept on this machine's disk")
    room = {place: free(place) for place in places}
    seen = ", ".join(f"{_amount(amount)} free in {place}" for place, amount in room.items())
    for place in places:
        if not os.access(place, os.W_OK | os.X_OK):
            return Finding(
                "disk",
                "fail",
                f"this user may not write in {place}",
                "give it the right to, or name another folder in KINDRED_DATA_DIR",
            )
    least = min(room.values())
    if least < DISK_FULL:
        return Finding("disk", "fail", seen, "make room: writes fail when the disk is full")
    if least < DISK_LOW:
        return Finding("disk", "warn", seen, "make room: a reindex writes a second index")
    return Finding("disk", "ok", seen)


def memory(
    cached_items: int,
    *,
    loads_models: bool,
    proc: Path = Path("/proc"),
    cgroup: Path = Path("/sys/fs/cgroup"),
) -> Finding:
    """Look at the memory a service could still take.

    Args:
        cached_items: What its cache may come to hold.
        loads_models: Whether its models are real ones.
        proc: Where the kernel tells of the machine.
        cgroup: Where it tells of the container.
    """
    available = _available(proc, cgroup)
    if available is None:
        return Finding("memory", "skip", "this system does not say how much there is")
    wanted = cached_items * BYTES_AN_ITEM + (MEMORY_OF_MODELS if loads_models else MEMORY_SHORT)
    seen = f"{_amount(available)} available, a full service takes about {_amount(wanted)}"
    if available < MEMORY_SHORT:
        return Finding("memory", "fail", seen, "free memory, or give the machine or container more")
    if available < wanted:
        return Finding(
            "memory",
            "warn",
            seen,
            "no matter if the service runs already; otherwise give it more, or lower "
            "KINDRED_CACHED_ITEMS",
        )
    return Finding("memory", "ok", seen)


def _available(proc: Path, cgroup: Path) -> int | None:
    """Return the bytes that can be had: the machine's or the container's, whichever is less."""
    amounts = []
    try:
        lines = (proc / "meminfo").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            amounts.append(int(rest.split()[0]) * 1024)
    try:
        limit, used = ((cgroup / f"memory.{name}").read_text() for name in ("max", "current"))
        amounts.append(max(int(limit) - int(used), 0))
    except (OSError, ValueError):  # no container, or no limit ("max")
        pass
    return min(amounts, default=None)


def clock(now: datetime) -> Finding:
    """Look whether the machine's clock can be right at all."""
    seen = f"it is {now.astimezone(UTC).isoformat(timespec='seconds')}"
    if now < FIRST:
        advice = "set the clock (NTP): leases, ages and signatures of webhooks depend on it"
        return Finding("clock", "fail", f"{seen}, which cannot be", advice)
    return Finding("clock", "ok", seen)


def addresses(host: str) -> Collection[str]:
    """Resolve a name as the machine does; raises OSError when it cannot."""
    return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}


def network(hosts: Collection[str], *, resolve: Resolve = addresses) -> Finding:
    """Look whether names can be resolved: this machine's own, and those settings name.

    Nothing is contacted but the resolver, and that of no other names.
    """
    try:
        own = resolve("localhost")
    except OSError as error:
        return Finding("network", "fail", f"localhost cannot be resolved ({error})", _HOSTS)
    if not any(ip_address(each.partition("%")[0]).is_loopback for each in own):
        return Finding("network", "fail", f"localhost resolves to {', '.join(sorted(own))}", _HOSTS)
    for host in sorted(hosts):
        try:
            resolve(host)
        except OSError as error:
            return Finding(
                "network",
                "fail",
                f"the name {host!r} cannot be resolved ({error})",
                "put its name right in the settings, or repair the resolver (/etc/resolv.conf)",
            )
    names = ", ".join(["localhost", *sorted(hosts)])
    return Finding("network", "ok", f"names can be resolved: {names}")


_HOSTS = "put the line `127.0.0.1 localhost` into /etc/hosts"


def _amount(amount: int) -> str:
    if amount < GIGABYTE:
        return f"{amount / MEGABYTE:,.0f} MB"
    return f"{amount / GIGABYTE:,.1f} GB"
