"""What was found, as what Kindred takes: a file of settings, or scenarios."""

from typing import Any

from app.api.scenario_bodies import ScenarioBody
from app.tuning.outcome import EVERYBODY, Found
from app.tuning.segments import rule

LISTS = ["for-you"]
"""The lists that were judged."""


def settings_file(found: Found, dataset: str) -> str:
    """Write the variables that differ, under what is known of them."""
    lines = [
        f"# Tuned by `kindred tune` on {dataset}.",
        f"# {found.verdict}",
        *(f"{name}={text}" for name, text in sorted(found.changes.items())),
    ]
    return "\n".join(lines) + "\n"


def scenario(found: Found, dataset: str) -> dict[str, Any]:
    """Write the body of `PUT /v1/scenarios/{name}`: with a rule for a segment, else for a name."""
    body: dict[str, Any] = {"description": f"Tuned on {dataset}; {found.verdict}."[:1_000]}
    if found.name != EVERYBODY:
        body |= {"when": rule(found.name), "for": LISTS}
    body["defaults"] = dict(found.changes)
    ScenarioBody.model_validate(body)
    return body


def scenario_name(found: Found) -> str:
    """Name a scenario, and the file it is written to."""
    return "tuned" if found.name == EVERYBODY else f"tuned-{found.name}"
