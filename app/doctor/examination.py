"""The whole examination: every part in turn, each within its time, none stopping the others."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from app.doctor import configuration, machine
from app.doctor.findings import QUICK, Finding, within
from app.doctor.models import Models
from app.doctor.parts import Parts
from app.settings import Settings

SLOW = timedelta(minutes=3)
"""Longest a model may take: torch alone takes seconds to load, and weights may be fetched."""

NAMED = ("milvus", "index", "generations", "queue", "workers")


def examine(
    environ: Mapping[str, str], *, now: Callable[[], datetime], loads_models: bool = True
) -> Iterator[Finding]:
    """Look at every part of the Kindred that an environment describes; nothing is changed.

    Args:
        environ: Its KINDRED_… variables.
        now: Reads the machine's clock.
        loads_models: Whether models are loaded, which takes seconds and memory.

    Yields:
        What is found, part by part, as it is found.
    """
    settings, found = configuration.read_settings(environ)
    yield found
    if settings is None:
        yield from _without_settings(now)
        return
    yield configuration.access(settings)
    yield from _machine(settings)
    models = Models(settings)
    for space in models.spaces:
        name = f"{space} model"
        if loads_models:
            yield within(SLOW, name, partial(models.look, space))
        else:
            yield Finding(name, "skip", "not loaded, as asked for")
    with Parts(settings, models.identities, now=now) as parts:
        yield from parts.findings()


def _without_settings(now: Callable[[], datetime]) -> Iterator[Finding]:
    yield within(QUICK, "network", partial(machine.network, ()))
    yield within(QUICK, "clock", lambda: machine.clock(now()))
    for name in ("access", "disk", "memory", "models", "service", "database", *NAMED):
        yield Finding(name, "skip", "the settings, which cannot be used, say where it is")


def _machine(settings: Settings) -> Iterator[Finding]:
    specifications = settings.embedder_specifications().values()
    real = any(not each.startswith("hash:") for each in specifications)
    yield within(QUICK, "disk", partial(machine.disk, configuration.kept_in(settings)))
    yield within(QUICK, "memory", partial(machine.memory, settings.cached_items, loads_models=real))
    yield within(QUICK, "network", partial(machine.network, configuration.named_hosts(settings)))
