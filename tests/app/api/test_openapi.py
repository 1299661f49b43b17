import json
from typing import Any

import httpx
import pytest

from app.api.problems import MEDIA_TYPE

OPERATIONS = {
    "receive_catalog_event": "POST /v1/webhooks/catalog",
    "put_items": "POST /v1/items:batch",
    "put_item": "PUT /v1/items/{item_id}",
    "patch_item": "PATCH /v1/items/{item_id}",
    "delete_item": "DELETE /v1/items/{item_id}",
    "get_item": "GET /v1/items/{item_id}",
    "list_items": "GET /v1/items",
    "get_item_status": "GET /v1/items/{item_id}/status",
    "get_operation": "GET /v1/operations/{operation_id}",
    "get_similar": "GET /v1/items/{item_id}/similar",
    "get_together": "GET /v1/items/{item_id}/together",
    "get_people_alike": "GET /v1/users/{user_id}/similar",
    "get_for_you": "GET /v1/users/{user_id}/for-you",
    "get_popular": "GET /v1/popular",
    "get_trending": "GET /v1/trending",
    "recommend": "POST /v1/recommendations",
    "search": "GET /v1/search",
    "recommend_to_session": "POST /v1/sessions/for-you",
    "list_scenarios": "GET /v1/scenarios",
    "get_scenario": "GET /v1/scenarios/{name}",
    "put_scenario": "PUT /v1/scenarios/{name}",
    "delete_scenario": "DELETE /v1/scenarios/{name}",
    "list_scenario_versions": "GET /v1/scenarios/{name}/versions",
    "try_scenario": "POST /v1/scenarios/{name}:try",
    "record_interactions": "POST /v1/interactions",
    "put_person": "PUT /v1/users/{user_id}",
    "patch_person": "PATCH /v1/users/{user_id}",
    "get_person": "GET /v1/users/{user_id}",
    "erase_person": "DELETE /v1/users/{user_id}",
    "export_person": "GET /v1/users/{user_id}/export",
    "put_consent": "PUT /v1/users/{user_id}/consent",
    "list_suspects": "GET /v1/suspects",
    "merge_people": "POST /v1/users/{user_id}:merge",
    "get_interests": "GET /v1/users/{user_id}/interests",
    "patch_interest": "PATCH /v1/users/{user_id}/interests/{interest}",
    "seed_interest": "POST /v1/users/{user_id}/interests",
    "list_audit": "GET /v1/audit",
    "get_live": "GET /health/live",
    "get_ready": "GET /health/ready",
    "get_metrics": "GET /metrics",
}


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(value) for value in node))
    return set()


def test_operations_have_the_names_clients_are_generated_from(document: dict[str, Any]) -> None:
    named = {each["operationId"]: where for where, each in operations(document).items()}

    assert named == OPERATIONS


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_problems_are_documented_as_problem_details(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        if " /v1/" not in where:
            continue
        assert {"401", "403", "422", "503"} <= set(operation["responses"]), where
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == [MEDIA_TYPE], f"{where} {status}"


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        body = operation.get("requestBody")
        if body is not None:
            schemas = document["components"]["schemas"]
            names = {each.rpartition("/")[2] for each in references(body)}
            shown = [body, *(schemas[name] for name in names)]
            assert "example" in json.dumps(shown), where


def test_examples_of_bodies_are_accepted(client: httpx.Client, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    item = schemas["ItemBody"]["examples"][0]
    calls = [
        ("POST", "/v1/webhooks/catalog", schemas["Created"]["examples"][0]),
        ("PUT", "/v1/items/shown", schemas["ItemReplacement"]["examples"][0]),
        ("PATCH", "/v1/items/shown", schemas["ItemPatch"]["examples"][0]),
        ("POST", "/v1/items:batch", {"items": [item]}),
    ]
    calls += [("POST", "/v1/recommendations", each) for each in schemas["Question"]["examples"]]
    session = schemas["SessionQuestion"]["examples"][0]
    calls += [("POST", "/v1/sessions/for-you", session)]
    calls += [("PUT", "/v1/scenarios/shown", schemas["ScenarioBody"]["examples"][0])]
    trials = schemas["TrialBody"]["examples"]
    calls += [("POST", "/v1/scenarios/shown:try", each) for each in trials]
    body = document["paths"]["/v1/interactions"]["post"]["requestBody"]["content"]
    examples = body["application/json"]["examples"]
    calls += [("POST", "/v1/interactions", each["value"]) for each in examples.values()]
    calls += [
        ("PUT", "/v1/users/shown", schemas["PersonBody"]["examples"][0]),
        ("PATCH", "/v1/users/shown", schemas["PersonPatch"]["examples"][0]),
        ("PUT", "/v1/users/shown/consent", schemas["ConsentBody"]["examples"][0]),
        ("POST", "/v1/users/shown/interests", schemas["SeedBody"]["examples"][0]),
        ("POST", "/v1/users/shown:merge", schemas["MergeBody"]["examples"][0]),
    ]

    for method, path, example in calls:
        answer = client.request(method, path, json=example)
        assert answer.is_success, f"{method} {path}: {answer.text}"
