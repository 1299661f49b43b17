"""Holds what OpenAPI says against what is answered, by schemathesis, with all its checks.

    python -m tests.app.api.conformance URL KEY

calls a service and writes what it found as JSON. It is a program of its own because what is drawn
depends on which modules are loaded: Hypothesis takes constants out of their source. Here they are
always the same, so the same seed makes the same requests.

What a check finds is a failure unless it stands below, with the reason: rules that JSON Schema has
no words for, and what is meant to be as it is.
"""

import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import Status, events, from_schema

CONFIG: dict[str, Any] = {
    "seed": 7,
    "generation": {"max-examples": 10, "deterministic": True, "database": "none"},
    "phases": {
        phase: {"enabled": True} for phase in ("examples", "coverage", "fuzzing", "stateful")
    },
}

BY_DESIGN = {
    ("negative_data_rejection", "POST /v1/interactions"): "what breaks a rule is told one by one",
    ("negative_data_rejection", "POST /v1/items:batch"): "what breaks a rule is told one by one",
    ("allow_header_conformance", "POST /v1/users/{user_id}:merge"): "an id may end in :merge",
    ("unsupported_method", "POST /v1/users/{user_id}:merge"): "an id may end in :merge",
    ("allow_header_conformance", "POST /v1/scenarios/{name}:try"): "read as a name, and refused",
    ("unsupported_method", "POST /v1/scenarios/{name}:try"): "read as a name, and refused",
    ("use_after_free", "GET /v1/scenarios/{name}/versions"): "kept after the scenario is deleted",
    ("use_after_free", "GET /v1/items/{item_id}/status"): "tells of deleted items as well",
    ("use_after_free", "PUT /v1/items/{item_id}"): "a deleted item may be created anew",
    ("use_after_free", "PUT /v1/scenarios/{name}"): "a deleted scenario may be created anew",
}
"""Check and operation to why what it finds is meant to be so."""

RULES = (
    # Unicode: what is printable and in normal form, after it was brought there.
    r"must be 1 to 128 printable characters",
    r"must consist of printable characters",
    r"must be free of NUL and of lone surrogates",
    r"hold(s|) the character NUL",
    # One of several fields, or several together.
    r"exactly one of",
    r"give at least one of",
    r"stands alone: it is the same for everybody",
    r"are about the rule: give `when`",
    r"give interactions, or next",
    r"give q, what to look for, or the next",
    r"go together",
    r"together says what goes with an item",
    r"together asks for what goes with one item",
    r"baskets of .* are not counted here",
    r"must be categories or attributes\.NAME",
    r"has no title, description or image_url",
    r"names no field to change",
    r"weighs a person against what is asked for",
    r"is not the path's",
    r"is .* itself; name another",
    r"expect different versions",
    # What this service gave, and what it has.
    r"not a next_cursor this service gave",
    r"not one that an answer of this service gave",
    r"there is no such kind",
    r"is not one of title, image_url",
    r"is of no space|has no such space",
    r"more than five minutes ahead of this machine's clock",
    # JSON takes more than a database does.
    r"has more than 20 digits",
    r"must be text of 1 to 256 characters",
    r"an attribute has no name",
    r"must be a text, a number, true, false or a list of such",
    r"are nested|nests deeper|too deep",
    r"Input should be a valid (integer|number)",
    # Texts in a form of their own.
    r"must lie between 1970 and 9999",
    r"If-Match takes one version",
    r"If-None-Match takes \* alone",
    r"is not a duration",
    r"base64|no picture",
    r"image_url is .* but must be",
)
"""What a problem says of a request that its schema allows, and that is refused rightly.

A new rule that JSON Schema has no words for belongs here; one that it has words for, in the schema.
"""

GONE_OR_CHANGED = {410, 412}
"""Statuses of what was there when the request was made up."""


@dataclass
class Found:
    """What a run found.

    Attributes:
        cases: Requests made.
        statuses: Statuses by operation.
        failures: What is wrong, in words.
    """

    cases: int = 0
    statuses: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    failures: list[str] = field(default_factory=list)


def taken_in(found: Found, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for number, checks in recorder.checks.items():
        operation = recorder.cases[number].value.operation.label
        response = recorder.interactions[number].response
        assert response is not None
        found.cases += 1
        found.statuses[operation].add(response.status_code)
        for check in checks:
            failure = check.failure_info
            if check.status is not Status.FAILURE or failure is None:
                continue
            if (check.name, operation) in BY_DESIGN:
                continue
            if check.name == "positive_data_acceptance" and rightly_refused(
                response.status_code, response.content
            ):
                continue
            found.failures.append(
                f"{check.name}: {operation}: {failure.failure.message}\n"
                f"{failure.code_sample[:2000]}\n{response.status_code} {response.content[:500]!r}"
            )


def rightly_refused(status: int, content: bytes) -> bool:
    if status in GONE_OR_CHANGED:
        return True
    problem = json.loads(content)
    told = [problem["detail"], *(each["message"] for each in problem.get("errors", ()))]
    return status in {400, 422} and any(re.search(rule, each) for rule in RULES for each in told)


def run(url: str, key: str) -> Found:
    """Make requests of every operation there is."""
    headers = {"Authorization": f"Bearer {key}"}
    config = schemathesis.Config.from_dict({**CONFIG, "headers": headers})
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.failures.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            taken_in(found, event)
    return found


if __name__ == "__main__":
    done = run(*sys.argv[1:])
    statuses = {operation: sorted(seen) for operation, seen in done.statuses.items()}
    json.dump({"cases": done.cases, "statuses": statuses, "failures": done.failures}, sys.stdout)
