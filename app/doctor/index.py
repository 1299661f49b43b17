"""The index: the engine, the generation that answers, and those before and after it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from app.doctor.findings import Finding
from app.doctor.service import Told, address
from app.settings import Settings
from embedders.factory import BUNDLED
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.inspection import Inspection
from indexer.milvus import MilvusStore
from indexer.queue import WorkQueue
from indexer.store import VectorStore

OLDEST_SERVER = (2, 3)
"""The oldest the tests run against."""

PATIENCE = timedelta(seconds=8)
"""Longest Milvus may take for a question, so that it speaks before its check is given up."""

REINDEX = "run `kindred reindex`"


def opened(settings: Settings) -> MilvusStore:
    """Make the vector store that settings name, not contacted yet.

    Raises:
        StoreRejected: Milvus Lite cannot use a file of that name.
    """
    token = settings.milvus_token
    secret = None if token is None else token.get_secret_value()
    return MilvusStore(settings.milvus_uri, secret, timeout=PATIENCE, write_timeout=PATIENCE)


def lite_elsewhere(settings: Settings, told: Told | None) -> Finding:
    """Say what can be said of a Lite file that another process owns."""
    file, url = settings.milvus_uri, address(settings)
    if told is None:
        return Finding(
            "milvus",
            "warn",
            f"{file} is owned by another process and takes one at a time, and no service answers "
            f"at {url} that could be asked instead",
            "if the service listens elsewhere, say where (KINDRED_HOST, KINDRED_PORT); a reindex "
            "owns the file as well while it runs",
        )
    if told.index is None:
        seen = f"the service at {url}, which owns {file}, cannot use it"
        return Finding("milvus", "fail", seen, "see what the service says")
    return Finding("milvus", "ok", f"{told.index}, says the service at {url}, which owns {file}")


def lite_missing(settings: Settings) -> Finding | None:
    """Say that there is no Lite file yet; looking for it any other way would make it."""
    if Path(settings.milvus_uri).exists():
        return None
    seen = f"there is no file yet: {settings.milvus_uri}"
    return Finding("milvus", "skip", seen, "`kindred serve` makes it as it starts")


def milvus(store: VectorStore) -> Finding:
    """Ask the engine its version.

    Raises:
        StoreUnavailable, StoreRejected, OwnedElsewhere: It cannot be had.
    """
    version = store.ping()
    read = re.fullmatch(r"milvus v?(\d+)\.(\d+).*", version)
    if read is not None and (int(read[1]), int(read[2])) < OLDEST_SERVER:
        return Finding(
            "milvus",
            "warn",
            f"{version} at {store.engine}",
            "it is older than any Kindred is tested with (2.3): upgrade it",
        )
    return Finding("milvus", "ok", f"{version} at {store.engine}")


def live(
    generations: Generations,
    engine: str,
    specifications: Mapping[str, str],
    identities: Mapping[str, str],
) -> tuple[Generation | None, Finding]:
    """Look which generation answers, and whether its models are those of the settings.

    Args:
        generations: In SQL.
        engine: Where vectors live now.
        specifications: Space to model, as configured.
        identities: Of the models that were loaded, by specification.
    """
    found = generations.live(engine)
    if found is None:
        return None, _nothing_live(generations, engine)
    seen = f"generation {found.generation_id}, fitted on {found.fitted_on:,} items"
    seen += _learned(found)
    # Behaviour is nobody's to configure: it is there once it was learned.
    built = {each.space: each.specification for each in found.content}
    changed = [
        space for space, each in specifications.items() if built.get(space) not in _may_be(each)
    ]
    dropped = sorted(built.keys() - specifications.keys())
    if changed or dropped:
        differing = ", ".join(
            f"{space}: {built.get(space, 'none')} in the index, "
            f"{specifications.get(space, 'none')} in the settings"
            for space in [*changed, *dropped]
        )
        again = f"{REINDEX} to change over" if dropped else _redo(changed)
        advice = f"{again}; until then the index's own models are used"
        return found, Finding("index", "warn", f"{seen}; {differing}", advice)
    for space in found.content:
        held = identities.get(space.specification, space.model)
        if held != space.model:
            other = f"{seen}; the {space.space} model is {held} here, but was {space.model} then"
            return found, Finding(
                "index", "fail", other, f"{_redo([space.space])}, or bring the old weights back"
            )
    return found, Finding("index", "ok", seen)


def _learned(found: Generation) -> str:
    """Say what behaviour was learned from, if it was."""
    known = (found.report or {}).get("training")
    if found.training is None or not isinstance(known, dict):
        return ""
    day, interactions = known["trained_at"][:10], known["interactions"]
    text = f", behaviour learned on {day} from {interactions:,} interactions"
    judged = known["judged"]
    return text if judged is None else f"{text}, nDCG@10 {judged['ndcg']:.3f} on what came after"


def _may_be(specification: str) -> tuple[str, ...]:
    """Return what an index can have been built with, asked for a model: see `embedders.factory`."""
    wanted, _, best = specification.rpartition(":")
    return (f"{wanted}:imagenet", BUNDLED) if best == "best" else (specification,)


def _redo(spaces: list[str]) -> str:
    return f"run `kindred reindex {' '.join(f'--space {space}' for space in spaces)}`"


def _nothing_live(generations: Generations, engine: str) -> Finding:
    elsewhere = [each.engine for each in generations.all() if each.state == "live"]
    if elsewhere:
        return Finding(
            "index",
            "fail",
            f"the catalogue is indexed on {', '.join(elsewhere)}, not on {engine}",
            f"{REINDEX} to index it here, or set KINDRED_MILVUS_URI back",
        )
    seen = "none has been built yet"
    return Finding("index", "skip", seen, "`kindred serve` makes the first as it starts")


def uncounted(found: Generation, told: Told | None, so_far: Finding) -> Finding:
    """Say that rows were not counted; a service that owns the file tells which index answers.

    Args:
        found: The live generation.
        told: What a service says, if one answers.
        so_far: What was found of the generation before.
    """
    seen = f"{so_far.seen}; rows not counted, as Milvus cannot be asked from here"
    answering = None if told is None else told.generation
    if answering is not None and answering != found.generation_id and so_far.verdict != "fail":
        return Finding(
            "index",
            "warn",
            f"{seen}; the service answers from generation {answering}",
            "it follows within seconds; if not, look at its log, and whether it has other settings",
        )
    return Finding("index", so_far.verdict, seen, so_far.advice)


def counted(
    found: Generation, store: VectorStore, inspection: Inspection, work: WorkQueue, so_far: Finding
) -> Finding:
    """Compare how many rows the engine holds with how many SQL says it does.

    Args:
        found: The live generation.
        store: Owned or reachable.
        inspection: Of the records.
        work: Rows in it may be either way.
        so_far: What was found of the generation before; returned when all is well.
    """
    if found.collection not in store.collections():
        return Finding(
            "index",
            "fail",
            f"generation {found.generation_id} is missing in {store.engine}",
            "restart the service or its workers: they build it anew from SQL",
        )
    before, waiting = inspection.searchable(), work.depth()
    rows = store.count(found.collection)
    after = inspection.searchable()
    slack = waiting.waiting + waiting.set_aside
    seen = f"{so_far.seen}; {rows:,} rows, {after:,} searchable items in SQL"
    if min(before, after) - slack <= rows <= max(before, after) + slack:
        return Finding("index", so_far.verdict, seen, so_far.advice)
    if so_far.verdict == "fail":
        return so_far
    advice = f"{REINDEX}: it compares every item and mends what differs"
    return Finding("index", "warn", seen, advice)


def history(
    generations: Generations, inspection: Inspection, engine: str, now: datetime
) -> Finding:
    """Look whether a rebuild runs or is stuck, and what a rollback would go to."""
    kept = generations.previous(engine)
    seen = "none to roll back to"
    if kept is not None:
        seen = f"generation {kept.generation_id} is kept for `kindred reindex --rollback`"
    building, job = generations.building(engine), inspection.open_job(now=now)
    if building is not None:
        seen += f"; generation {building.generation_id} is at {building.phase}"
    if job is not None and not job.held:
        seen += f"; a {job.kind} waits since {job.requested_at.isoformat(timespec='seconds')}"
        advice = "a service or worker takes it up as it starts; so does `kindred reindex`"
        return Finding("generations", "warn", seen, advice)
    if job is not None:
        return Finding("generations", "ok", f"{seen}; a {job.kind} is in hand")
    if building is not None:
        seen += ", and nobody is building it"
        return Finding("generations", "warn", seen, f"{REINDEX} to go on where it was")
    failed = inspection.last_failure()
    if failed is not None:
        what = "training" if failed.kind == "train" else "rebuild"
        again = "run `kindred train`" if failed.kind == "train" else REINDEX
        return Finding(
            "generations",
            "warn",
            f"{seen}; the last {what} failed: {failed.reason[:300]}",
            f"put right what it says, then {again}",
        )
    return Finding("generations", "ok", seen)
