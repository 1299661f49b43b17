"""What OpenAPI says is held against what is answered: see `tests.app.api.conformance`."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from tests.app.running import RunningApp, hashed

KEY = "conformance"
ROOT = Path(__file__).parents[3]


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
    command = [sys.executable, "-m", "tests.app.api.conformance", str(guarded.client.base_url), KEY]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "0"},  # sets are gone through in the same order, too
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "\n\n".join(found["failures"]) == ""
    described = guarded.client.get("/openapi.json").json()["paths"]
    every = {
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    }
    assert set(found["statuses"]) == every
    refused = {where for where, seen in found["statuses"].items() if min(seen) >= 300}
    assert refused <= set(ASKED)
    assert found["cases"] > 1_000


ASKED: dict[str, dict[str, Any]] = {
    "GET /v1/search": {"query": {"q": "mug", "explain": True}},
    "POST /v1/sessions/for-you": {
        "body": {"interactions": [{"type": "view", "item_id": "mug-1"}], "explain": True}
    },
    "PATCH /v1/users/{user_id}/interests/{interest}": {
        "path_parameters": {"user_id": "who-likes-it", "interest": "mug-3"},
        "body": {"factor": 2},
    },
    "POST /v1/users/{user_id}:merge": {
        "path_parameters": {"user_id": "ana"},
        "body": {"from": "visitor-81"},
    },
    "POST /v1/scenarios/{name}:try": {
        "path_parameters": {"name": "december"},
        "body": {"draft": {"defaults": {"limit": 1}}, "requests": [{"user_id": "ana"}]},
    },
    "DELETE /v1/scenarios/{name}": {"path_parameters": {"name": "over"}},
}
"""Good requests of the operations that take one of several fields, or what there is, which chance
seldom draws."""


@pytest.fixture(scope="module")
def described(guarded: RunningApp) -> schemathesis.BaseSchema:
    # Here, as the hostile run may have deleted one that was there before.
    over = guarded.client.put("/v1/scenarios/over", json={"defaults": {"limit": 1}})
    assert over.status_code < 300
    guarded.put("mug-3")
    liked = {"user_id": "who-likes-it", "item_id": "mug-3", "type": "like"}
    assert guarded.client.post("/v1/interactions", json=liked).json()["recorded"] == 1
    return schemathesis.openapi.from_url(f"{guarded.client.base_url}/openapi.json")


@pytest.mark.parametrize("operation", ASKED)
def test_a_good_request_is_answered_as_it_is_described(
    described: schemathesis.BaseSchema, operation: str
) -> None:
    method, path = operation.split()
    case = described[path][method].Case(
        **ASKED[operation],
        headers={"Authorization": f"Bearer {KEY}"},
        media_type="application/json" if "body" in ASKED[operation] else None,
    )

    response = case.call_and_validate()

    assert response.status_code < 300
