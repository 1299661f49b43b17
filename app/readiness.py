"""What is up: the answer of /health/ready."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from app.disk import DISK_FULL, MEGABYTE, free_bytes
from embedders.behaviour import SPACE as BEHAVIOUR
from embedders.factory import BUNDLED
from indexer.assembly import Assembly
from indexer.database import Database
from indexer.errors import IndexerError
from indexer.filters import EVERYTHING
from indexer.generation import Generation
from indexer.owner import Owner
from indexer.queue import QueueDepth

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model the live generation was built with, and whether this process has it loaded."""

    space: str
    model: str
    training: str | None
    state: Literal["loading", "ready", "failed", "elsewhere"]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is up.

    Attributes:
        status: ready: everything; degraded: answers come, some from popularity alone;
            down: the database cannot be reached, so nothing can be accepted.
        database: Name and version, or None when it cannot be reached.
        index: Version of the vector store, or None when it cannot be reached.
        index_loading: Share of the live collection loaded, 0 to 1, or None when it is not loading.
        generation: The live one's number, or None.
        models: One a space.
        queue: None when the database cannot be reached.
        worker: "thread" in this process, "elsewhere" when another process works, or "none".
        problems: One sentence each: what is wrong and what to do; loud notices about weights too.
    """

    status: Literal["ready", "degraded", "down"]
    database: str | None
    index: str | None
    index_loading: float | None
    generation: int | None
    models: tuple[ModelInUse, ...]
    queue: QueueDepth | None
    worker: Literal["thread", "elsewhere", "none"]
    problems: tuple[str, ...]


def examine(
    database: Database,
    assembly: Assembly,
    owner: Owner | None,
    *,
    now: datetime,
    folder: Path | None = None,
) -> Readiness:
    """Look at every part; bounded in time by their time-outs.

    Args:
        database: Of records.
        assembly: The indexer's parts.
        owner: What this process runs of it, or None.
        now: For telling which workers live.
        folder: Where files are kept on this machine, if any are.
    """
    problems: list[str] = []
    version = _asked(database.ping, problems)
    index = _asked(lambda: _searchable(assembly), problems)
    live: Generation | None = None
    queue = None
    workers: list[str] = []
    if version is not None:
        engine = assembly.store.engine
        live = _asked(lambda: assembly.generations.live(engine), problems)
        queue = _asked(assembly.queue.depth, problems)
        workers = _asked(lambda: assembly.jobs.alive(engine, now=now), problems) or []
    following = assembly.index.following
    if following is None:
        problems.append(f"for-you and similar answer from popularity: {assembly.index.state}")
    models = _models(live, assembly, owner)
    problems += _worker_problems(owner, workers) + _notices(models)
    problems += _fallbacks(live, assembly)
    problems += [] if folder is None else _room(folder)
    whole = index is not None and following is not None
    status: Literal["ready", "degraded"] = "ready" if whole else "degraded"
    return Readiness(
        status="down" if version is None else status,
        database=version,
        index=index,
        index_loading=assembly.index.loading,
        generation=following,
        models=models,
        queue=queue,
        worker="thread" if owner is not None else "elsewhere" if workers else "none",
        problems=tuple(problems),
    )


def _searchable(assembly: Assembly) -> str:
    """Return the version of the vector store, once a search has been answered."""
    if assembly.index.following is not None:
        snapshot = assembly.index.snapshot()
        anything = np.full((1, snapshot.layout.dimensions), 1.0, dtype=np.float32)
        # As people do, so that this hears at once of what they found out, and they of this.
        snapshot.search(anything, limit=1, where=EVERYTHING, exclude=())
    return assembly.store.ping()


def _room(folder: Path) -> list[str]:
    """Say so before the disk is full."""
    free = free_bytes(folder)
    if free >= DISK_FULL:
        return []
    return [
        f"only {free / MEGABYTE:,.0f} MB are free under {folder}: make room, writes are refused "
        "when the disk is full"
    ]


def _worker_problems(owner: Owner | None, workers: list[str]) -> list[str]:
    if owner is None and not workers:
        return ["no worker lives, so new items wait: start `kindred worker`"]
    if owner is not None and owner.problem is not None:
        return [f"nothing is indexed at present: {owner.problem}"]
    return []


def _models(
    live: Generation | None, assembly: Assembly, owner: Owner | None
) -> tuple[ModelInUse, ...]:
    found = []
    for space in () if live is None else live.content:
        report = assembly.models.report(space.specification)
        unasked: Literal["loading", "elsewhere"] = "elsewhere" if owner is None else "loading"
        state = unasked if report.state == "absent" else report.state
        found.append(ModelInUse(space.space, space.model, report.training, state, report.problem))
    if live is not None and live.training is not None:
        # No model is asked for it: what was learned is in SQL and in the index.
        found.append(ModelInUse(BEHAVIOUR, live.training, "learned", "ready", None))
    return tuple(found)


def _notices(models: tuple[ModelInUse, ...]) -> list[str]:
    """Say loudly what is wrong with models, and what untrained weights are worth."""
    notices = [each.problem for each in models if each.problem is not None]
    notices += [
        f"the {each.space} space uses UNTRAINED weights ({each.model}): what is near in it means "
        "little; set KINDRED_IMAGE_WEIGHTS and run `kindred reindex --space image`"
        for each in models
        if each.training == "untrained"
    ]
    return notices


def _fallbacks(live: Generation | None, assembly: Assembly) -> list[str]:
    """Say where the live index was built with less than what is configured."""
    return [
        f"the {each.space} space is read with the small bundled network ({each.model}), because "
        "ImageNet's weights could not be had when the index was built: let them be fetched, or set "
        "KINDRED_IMAGE_WEIGHTS to a file of them, and run `kindred reindex --space image`; or set "
        "KINDRED_IMAGE_MODEL=bundled to keep it"
        for each in (() if live is None else live.spaces)
        if each.specification == BUNDLED
        and assembly.specifications.get(each.space, BUNDLED) != BUNDLED
    ]


def _asked(ask: Callable[[], T], problems: list[str]) -> T | None:
    """Ask a part; when it fails, note why."""
    try:
        return ask()
    except IndexerError as error:
        problems.append(str(error))
        return None
