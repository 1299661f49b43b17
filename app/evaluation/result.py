"""A run as JSON: what was asked, what came of every method, and each person's numbers."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.audit import PeopleGroup
from app.evaluation.confidence import Estimate
from app.evaluation.errors import NotComparable
from app.evaluation.judging import Judged
from app.evaluation.metrics import METRICS
from app.evaluation.splits import Questions

FORM = "kindred-evaluation-1"
"""Names the shape of the JSON; it changes when a reader of the old one would err."""

DIGITS = 6

SAMPLED = (
    "These are sampled metrics: what was to be found was ranked among a few drawn items, not among "
    "the catalogue. They are inconsistent: which method they call better can change with how many "
    "are drawn, and how (Krichene and Rendle, KDD 2020). Compare them only with numbers made the "
    "same way, and choose by the whole catalogue."
)
"""What every report of a run with `negatives` says."""


def as_json(
    about: Mapping[str, object], asked: Questions, methods: Sequence[Judged], *, ks: Sequence[int]
) -> dict[str, Any]:
    """Write a run.

    Args:
        about: What the run was: data set, split, settings; JSON values.
        asked: The questions.
        methods: What came of each.
        ks: As they were judged.

    Returns:
        JSON values; people are named by digests of their ids, NaN is null.
    """
    return {
        "form": FORM,
        "about": dict(about),
        "ks": list(ks),
        "asked": {
            "people": len(asked),
            "to_be_found": int(asked.wanted.sum()),
            "learned_from": len(asked.train),
            "items": len(asked.train.things),
            "new_items": int((asked.liked.popularity() == 0).sum()),
        },
        "methods": [_method(each) for each in methods],
        "people": [digest(asked.train.people[person]) for person in asked.people.tolist()],
        "targets": target_digest(asked),
        "values": {
            each.name: {
                name: [_number(value) for value in each.values[name]]
                for name in each.values
                if name.split("@")[0] in METRICS
            }
            for each in methods
        },
    }


def read(file: Path) -> dict[str, Any]:
    """Read a run that was written.

    Raises:
        NotComparable: It is none.
        OSError: The file cannot be read.
    """
    try:
        run = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise NotComparable(f"{file} is not JSON: {error}") from error
    if not isinstance(run, dict) or run.get("form") != FORM:
        raise NotComparable(f"{file} is no result of `kindred evaluate --json` (form {FORM})")
    return run


def digest(user_id: str) -> str:
    """Name a person so that runs can be laid side by side without their ids."""
    return hashlib.sha256(f"kindred:{user_id}".encode()).hexdigest()[:16]


def target_digest(asked: Questions) -> str:
    """Name what was to be found: runs with the same can be compared."""
    things = asked.train.things
    lines = [" ".join(things[item].item_id for item in mine) for mine in asked.targets]
    if asked.among is not None:
        lines += ["among", *(" ".join(map(str, mine.tolist())) for mine in asked.among)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _method(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.name,
        "seconds": round(judged.seconds, 2),
        "overall": {name: _estimate(each) for name, each in judged.overall.items()},
        "catalogue": {name: _number(each) for name, each in judged.catalogue.items()},
        "exposure": {
            group: {part: _number(share) for part, share in shares.items()}
            for group, shares in judged.exposure.items()
        },
        "audit": {
            "items": {
                group: {name: _number(each) for name, each in asdict(mine).items()}
                for group, mine in judged.audit.items.items()
            },
            "people": {group: _people(mine) for group, mine in judged.audit.people.items()},
        },
        "segments": {
            group: {name: _estimate(each) for name, each in inside.items()}
            for group, inside in judged.segments.items()
        },
    }


def _people(group: PeopleGroup) -> dict[str, Any]:
    return {
        "quality": _estimate(group.quality),
        "gap": _estimate(group.gap),
        "lift": _number(group.lift),
        "miscalibration": _number(group.miscalibration),
        "new_items": _number(group.new_items),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: _number(each) for name, each in asdict(estimate).items()}


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else float(np.round(value, DIGITS))
