"""What OpenAPI says is held against what is answered, by schemathesis, with all its checks.

The same seed makes the same requests. What a check finds is a failure unless it stands below, with
the reason: rules that JSON Schema has no words for, and what is meant to be as it is.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import Status, events, from_schema

from tests.app.running import RunningApp, hashed

KEY = "conformance"

CONFIG = {
    "seed": 7,
    "headers": {"Authorization": f"Bearer {KEY}"},
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
    r"must not hold the character NUL",
    # One of several fields, or several together.
    r"exactly one of",
    r"give interactions, or next",
    r"give q, what to look for, or the next",
    r"go together",
    r"together says what goes with an item",
    r"together asks for what goes with one item",
    r"baskets of .* are not counted here",
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
    r"is of no space",
    # JSON takes more than a database does.
    r"has more than 20 digits",
    r"must be text of 1 to 256 characters",
    r"an attribute has no name",
    r"must be a text, a number, true, false or a list of such",
    r"are nested|nests deeper|too deep",
    r"Input should be a valid (integer|number)",
    # Texts in a form of their own.
    r"If-Match takes one version",
    r"If-None-Match takes \* alone",
    r"is not a duration",
    r"base64|no picture",
    r"image_url is .* but must be",
)
"""What a problem says of a request that its schema allows, and that is refused rightly."""

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


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    settings = hashed(tmp_path_factory.mktemp("conformance"), api_keys=f"all:admin:{digest}")
    with RunningApp(settings) as app:
        app.ready()
        app.client.headers["Authorization"] = f"Bearer {KEY}"
        app.put("mug-1")  # those of the examples
        app.put("mug-2")
        yield app


@pytest.mark.timeout(600)  # 15 seconds of work, on a machine that may be busy
def test_every_operation_answers_as_it_is_described(guarded: RunningApp) -> None:
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_url(f"{guarded.client.base_url}/openapi.json", config=config)
    found = Found()

    for event in from_schema(schema).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), event
        if isinstance(event, events.ScenarioFinished):
            taken_in(found, event)

    assert "\n\n".join(found.failures) == ""
    described = guarded.client.get("/openapi.json").json()["paths"]
    every = {
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    }
    assert set(found.statuses) == every
    refused = {where for where, seen in found.statuses.items() if min(seen) >= 300}
    assert refused <= set(ASKED)
    assert found.cases > 1_000


ASKED: dict[str, dict[str, Any]] = {
    "GET /v1/search": {"query": {"q": "mug", "explain": True}},
    "POST /v1/sessions/for-you": {
        "body": {"interactions": [{"type": "view", "item_id": "mug-1"}], "explain": True}
    },
    "POST /v1/users/{user_id}:merge": {
        "path_parameters": {"user_id": "ana"},
        "body": {"from": "visitor-81"},
    },
    "POST /v1/scenarios/{name}:try": {
        "path_parameters": {"name": "december"},
        "body": {"draft": {"defaults": {"limit": 1}}, "requests": [{"user_id": "ana"}]},
    },
}
"""Good requests of the operations that take one of several fields, which chance seldom draws."""


@pytest.fixture(scope="module")
def described(guarded: RunningApp) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{guarded.client.base_url}/openapi.json")


@pytest.mark.parametrize("operation", ASKED)
def test_a_good_request_is_answered_as_it_is_described(
    described: schemathesis.BaseSchema, operation: str
) -> None:
    method, path = operation.split()
    case = described[path][method].Case(
        **ASKED[operation],
        headers={"Authorization": f"Bearer {KEY}"},
        media_type="application/json",
    )

    response = case.call_and_validate()

    assert response.status_code == 200
