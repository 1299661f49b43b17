import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from app.api.rights_bodies import PersonExport
from app.clock import utc_now
from app.interactions.interaction import Interaction
from app.people.suspects import suspect
from app.services import Services
from app.settings import Settings
from app.telemetry import configure_logging
from indexer.memory import MemoryStore
from tests.app.running import RunningApp, hashed
from tests.service import until

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def picture() -> str:
    file = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def live(app: RunningApp, user_id: str) -> None:
    """Let a person leave everything that a person can leave."""
    for item_id in ("cup", "bowl", "vase"):
        app.put(item_id, categories=["ceramics"])
    client, path = app.client, f"/v1/users/{user_id}"
    client.put(path, json={"attributes": {"country": "PT"}})
    client.post(
        "/v1/interactions",
        json=[
            {"user_id": user_id, "item_id": "cup", "type": "purchase", "value": 2},
            {"user_id": user_id, "item_id": "bowl", "type": "view", "session_id": "s-1"},
        ],
    )
    client.post(f"{path}/interests", json={"picture": picture(), "label": "this colour"})
    client.patch(f"{path}/interests/cup", json={"factor": 2})
    client.get(f"{path}/for-you")
    until(lambda: len(exported(app, user_id)["answers"]) == 1, seconds=20, what="it is logged")


def exported(app: RunningApp, user_id: str) -> dict[str, list[dict[str, object]]]:
    answer = app.client.get(f"/v1/users/{user_id}/export")
    assert answer.status_code == 200, answer.text
    found: dict[str, list[dict[str, object]]] = answer.json()
    return found


def test_a_person_gets_everything_that_is_kept_of_them(running: RunningApp) -> None:
    live(running, "eva")

    answer = running.client.get("/v1/users/eva/export")

    held = PersonExport.model_validate_json(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert held.attributes == {"country": "PT"}
    assert held.personalised
    assert [(each.item_id, each.type, each.value) for each in held.interactions] == [
        ("cup", "purchase", 2.0),
        ("bowl", "view", None),
    ]
    assert held.interactions[1].session_id == "s-1"
    assert held.activity is not None
    assert held.activity.interactions == 2
    (seed,) = held.seeds
    assert seed.label == "this colour"
    assert (seed.picture or "").startswith("data:image/jpeg;base64,/9j/")
    assert [(each.anchor, each.factor) for each in held.choices] == [("cup", 2.0)]
    (shown,) = held.answers
    assert shown.kind == "for-you"
    assert {each["item_id"] for each in shown.items} == {"vase"}
    assert held.suspicion is None


def test_a_long_export_is_whole(running: RunningApp) -> None:
    done = [
        Interaction("long", f"item-{number}", "view", None, NOON, None, f"long-{number}")
        for number in range(2_001)
    ]
    for start in range(0, len(done), 1_000):
        running.services.interactions.record(done[start : start + 1_000], now=NOON)

    held = exported(running, "long")

    ids = [str(each["interaction_id"]) for each in held["interactions"]]
    assert sorted(ids) == sorted(f"long-{number}" for number in range(2_001))


def test_of_somebody_unknown_there_is_nothing_to_export(client: httpx.Client) -> None:
    answer = client.get("/v1/users/nobody-at-all/export")

    assert answer.status_code == 404
    assert "'nobody-at-all'" in answer.json()["detail"]


def test_of_who_only_looked_there_are_the_lists_they_were_shown(running: RunningApp) -> None:
    running.client.get("/v1/users/looker/for-you")
    until(
        lambda: running.client.get("/v1/users/looker/export").status_code == 200,
        seconds=20,
        what="the list is logged",
    )

    held = PersonExport.model_validate(exported(running, "looker"))

    assert [each.kind for each in held.answers] == ["for-you"]
    assert held.interactions == []
    assert held.activity is None
    assert running.client.delete("/v1/users/looker").json()["answers"] == 1
    assert running.client.get("/v1/users/looker/export").status_code == 404


def test_an_erased_person_is_a_stranger(running: RunningApp) -> None:
    live(running, "fay")

    erased = running.client.delete("/v1/users/fay")

    assert erased.json() == {
        "user_id": "fay",
        "personalised": True,
        "interactions": 2,
        "answers": 1,
        "done": True,
    }
    assert running.client.get("/v1/users/fay").status_code == 404
    assert running.client.get("/v1/users/fay/export").status_code == 404
    assert running.client.get("/v1/users/fay/interests").json()["interests"] == []
    listed = running.client.get("/v1/users/fay/for-you").json()
    assert listed["shortfall"]["reasons"] == ["nothing_known", "catalogue"]
    assert running.client.delete("/v1/users/fay").json()["interactions"] == 0


def test_what_comes_late_of_an_erased_person_is_answered_as_ignored(running: RunningApp) -> None:
    running.client.delete("/v1/users/gil")
    late = {"user_id": "gil", "item_id": "cup", "type": "view", "timestamp": NOON.isoformat()}

    answer = running.client.post("/v1/interactions", json=[late])

    assert answer.json() == {
        "recorded": 0,
        "duplicates": 0,
        "ignored": 1,
        "invalid": 0,
        "results": [{"index": 0, "status": "ignored", "item_known": True, "why": "erased"}],
    }


def test_somebody_who_opted_out_gets_what_is_popular_and_is_told_so(running: RunningApp) -> None:
    live(running, "hal")

    out = running.client.put("/v1/users/hal/consent", json={"personalised": False})

    assert out.json()["personalised"] is False
    assert out.json()["interactions"] == 2
    question = {
        "user_id": "hal",
        "session": [{"item_id": "cup", "type": "view"}],
        "limit": 3,
    }
    for answer in (
        running.client.get("/v1/users/hal/for-you", params={"limit": 3}),
        running.client.post("/v1/recommendations", json=question),
    ):
        listed = answer.json()
        assert "opted_out" in listed["shortfall"]["reasons"]
        assert "opted out of personalisation" in listed["shortfall"]["detail"]
        sources = {each["source"] for each in listed["items"]}
        assert sources <= {"trending", "popular", "newest"}
        assert sources
        assert "cup" in {each["item_id"] for each in listed["items"]}
    read = running.client.get("/v1/users/hal").json()
    assert read["personalised"] is False
    assert (read["attributes"], read["activity"], read["updated_at"]) == ({}, None, None)


def test_nothing_can_be_said_of_somebody_who_opted_out(running: RunningApp) -> None:
    running.client.put("/v1/users/ida/consent", json={"personalised": False})

    for answer in (
        running.client.put("/v1/users/ida", json={"attributes": {"country": "PT"}}),
        running.client.patch("/v1/users/ida", json={"attributes": {"country": "PT"}}),
        running.client.post("/v1/users/ida/interests", json={"words": "cups"}),
    ):
        assert answer.status_code == 409
        assert "opted out" in answer.json()["detail"]
    did = {"user_id": "ida", "item_id": "cup", "type": "view"}
    result = running.client.post("/v1/interactions", json=[did]).json()["results"][0]
    assert (result["status"], result["why"]) == ("ignored", "opted_out")
    held = exported(running, "ida")
    assert held["interactions"] == held["seeds"] == held["answers"] == []


def test_who_opts_in_again_is_known_from_then_on(running: RunningApp) -> None:
    path = "/v1/users/joe"
    running.client.put(f"{path}/consent", json={"personalised": False})

    answer = running.client.put(f"{path}/consent", json={"personalised": True})

    assert answer.json()["personalised"] is True
    put = running.client.put(path, json={"attributes": {"country": "PT"}})
    assert put.json()["attributes"] == {"country": "PT"}


def test_a_visitor_who_turns_out_to_be_somebody_who_opted_out_is_erased(
    running: RunningApp,
) -> None:
    running.client.put("/v1/users/kim/consent", json={"personalised": False})
    did = {"user_id": "visitor-k", "item_id": "cup", "type": "view"}
    running.client.post("/v1/interactions", json=did)

    merged = running.client.post("/v1/users/kim:merge", json={"from": "visitor-k"})

    assert merged.status_code == 200
    assert merged.json()["interactions"] == 0
    assert running.client.get("/v1/users/visitor-k").status_code == 404
    assert exported(running, "kim")["interactions"] == []


def test_suspects_are_listed_a_page_at_a_time(running: RunningApp) -> None:
    database = running.services.people._database
    with database.writing() as connection:
        for name in ("bot-1", "bot-2", "bot-3"):
            suspect(connection, name, ["clockwork"], looked_at=60, now=NOON)

    first = running.client.get("/v1/suspects", params={"limit": 2}).json()
    rest = running.client.get("/v1/suspects", params={"after": first["next_after"]}).json()

    assert [each["user_id"] for each in first["suspects"]] == ["bot-1", "bot-2"]
    assert [each["user_id"] for each in rest["suspects"]] == ["bot-3"]
    assert rest["next_after"] is None
    assert rest["suspects"][0]["reasons"] == ["clockwork"]
    assert rest["suspects"][0]["found_at"] == "2026-05-04T12:00:00Z"


def test_a_running_service_deletes_what_expired_and_finishes_what_was_begun(
    tmp_path: Path,
) -> None:
    before = Services(hashed(tmp_path, worker="none"), clock=utc_now, store=MemoryStore())
    did = [Interaction(name, "cup", "view", None, NOON) for name in ("lea", "max")]
    before.interactions.record(did, now=NOON)
    before.eraser.erase("lea", now=NOON, most=0)
    assert before.interactions.count() == 2
    before.stop()

    with RunningApp(hashed(tmp_path, worker="none", interaction_retention="view=1d")) as app:
        until(lambda: app.services.interactions.count() == 0, seconds=20, what="both are gone")

        assert app.client.get("/v1/users/max").status_code == 404


PERSON = "näme-of-á-person"


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_the_log_names_a_person(
    form: str, serve: Callable[..., RunningApp], capsys: pytest.CaptureFixture[str]
) -> None:
    written = StringIO()
    settings = Settings(log_level="debug", log_format=form)
    app = serve()
    app.ready()
    configure_logging(settings, stream=written)
    try:
        live(app, PERSON)
        _go_everywhere(app)
    finally:
        configure_logging(Settings(), least="error")

    log = written.getvalue()
    assert "/v1/users/{user_id}/export" in log
    assert "/v1/users/{user_id}/interests/{interest}" in log
    assert "unexpected_error" in log
    for line in (*log.splitlines(), *capsys.readouterr().err.splitlines()):
        for spelled in (PERSON, json.dumps(PERSON)[1:-1], "of-%C3%A1", "of-\\xc3", "of-\\xe1"):
            assert spelled not in line


def _go_everywhere(app: RunningApp) -> None:
    """Call every route that takes a person, well and wrongly."""
    client, path = app.client, f"/v1/users/{PERSON}"
    did = {"user_id": PERSON, "item_id": "cup", "type": "view"}
    calls: list[tuple[str, str, object]] = [
        ("GET", path, None),
        ("PATCH", path, {"attributes": {"segments": [PERSON]}}),
        ("PATCH", path, {"attributes": {"segments": "wrong"}}),
        ("GET", f"{path}/interests", None),
        ("PATCH", f"{path}/interests/no-such", {"factor": 2}),
        ("POST", f"{path}/interests", {"words": "cups"}),
        ("GET", f"/v1/search?q=cup&user_id={PERSON}", None),
        ("POST", "/v1/recommendations", {"user_id": PERSON, "limit": 2}),
        ("POST", "/v1/recommendations", {"user_id": PERSON, "limit": -1}),
        ("POST", "/v1/interactions", [did, {**did, "type": "no-such"}]),
        ("POST", "/v1/interactions", {**did, "user_id": f"{PERSON}/"}),
        ("POST", f"/v1/users/visitor-of-{PERSON}:merge", {"from": PERSON}),
        ("POST", f"{path}:merge", {"from": f"visitor-of-{PERSON}"}),
        ("GET", f"{path}/export", None),
        ("GET", f"{path}/no-such-route", None),
        ("GET", f"{path}%2F", None),
        ("PUT", f"{path}/consent", {"personalised": False}),
        ("PUT", f"{path}/consent", {"personalised": True}),
        ("DELETE", path, None),
    ]
    for method, where, body in calls:
        client.request(method, where, json=body)

    def fail(user_id: str) -> None:
        raise RuntimeError(f"nobody foresaw this, {len(user_id)}")

    read = app.services.people.read
    app.services.people.read = fail  # type: ignore[assignment,method-assign]
    try:
        assert client.get(path).status_code == 500
    finally:
        app.services.people.read = read  # type: ignore[method-assign]
