import httpx

from tests.app.running import RunningApp


def metric(client: httpx.Client, line: str) -> float:
    values = [
        float(each.rpartition(" ")[2])
        for each in client.get("/metrics").text.splitlines()
        if each.startswith(line + " ")
    ]
    return values[0] if values else 0.0


def test_a_living_process_says_so(client: httpx.Client) -> None:
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_readiness_tells_what_is_up(running: RunningApp) -> None:
    running.put("healthy")

    ready = running.client.get("/health/ready").json()

    assert ready["status"] == "ready"
    assert ready["generation"] == 1
    assert ready["database"].startswith("SQLite")
    assert ready["queue"]["waiting"] == 0
    assert ready["worker"] == "thread"
    assert {model["space"]: model["training"] for model in ready["models"]} == {
        "text": "hash",
        "image": "hash",
    }


def test_requests_are_counted_by_their_route(client: httpx.Client) -> None:
    line = (
        'kindred_http_requests_total{method="GET",route="/v1/users/{user_id}/for-you",status="200"}'
    )
    before = metric(client, line)

    client.get("/v1/users/a-very-private-name/for-you")

    assert metric(client, line) == before + 1
    assert "a-very-private-name" not in client.get("/metrics").text


def test_unknown_paths_and_methods_share_one_label(client: httpx.Client) -> None:
    line = 'kindred_http_requests_total{method="other",route="unmatched",status="404"}'
    before = metric(client, line)

    client.request("BREW", "/coffee")
    client.request("STEEP", "/tea")

    assert metric(client, line) == before + 2


def test_writes_and_interactions_are_counted_by_what_became_of_them(client: httpx.Client) -> None:
    lines = (
        'kindred_catalogue_writes_total{status="accepted"}',
        'kindred_interactions_total{status="invalid"}',
    )
    before = [metric(client, line) for line in lines]

    client.put("/v1/items/counted", json={"title": "x"})
    client.post("/v1/interactions", json={"user_id": "a"})

    assert [metric(client, line) for line in lines] == [value + 1 for value in before]
    assert metric(client, "kindred_database_up") == 1
