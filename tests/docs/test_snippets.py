"""The examples in the documents do what the text around them says."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.clock import utc_now
from app.imports import import_interactions, import_items
from app.settings import Settings
from tests.app.running import RunningApp
from tests.docs.conftest import SECRET
from tests.docs.pages import ROOT, blocks
from tests.service import free_port, until

WEBHOOKS = "how-to/webhooks.md"
SHELL_PAGES = (
    "tutorial.md",
    "how-to/data.md",
    "how-to/requests.md",
    "how-to/search.md",
    "how-to/paging.md",
    "how-to/people.md",
    "how-to/privacy.md",
    "how-to/together.md",
    "how-to/scenarios.md",
    "how-to/weights.md",
)
FEEDBACK: list[dict[str, object]] = [
    {"FeedbackType": "star", "UserId": "bob", "ItemId": "vue", "Timestamp": "2026-02-24T00:00:00Z"},
    {"FeedbackType": "read", "UserId": "bob", "ItemId": "d3", "Timestamp": "0001-01-01T00:00:00Z"},
    {"FeedbackType": "fork", "UserId": "bob", "ItemId": "d3", "Timestamp": "2026-02-24T00:00:00Z"},
]
ITEMS: list[dict[str, object]] = [
    {
        "ItemId": "vue",
        "IsHidden": False,
        "Categories": ["web"],
        "Timestamp": "2026-02-24T10:00:00.123456789Z",
        "Labels": ["javascript", "ui"],
        "Comment": "A framework for the web",
    },
    {
        "ItemId": "d3",
        "IsHidden": True,
        "Categories": None,
        "Timestamp": "0001-01-01T00:00:00Z",
        "Labels": {"language": "javascript"},
        "Comment": "",
    },
]


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a program and return what it wrote; fail with its complaint when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},  # noqa: TID251 - a program's environment
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def address(app: RunningApp) -> str:
    return str(app.client.base_url).rstrip("/")


@pytest.mark.parametrize(
    ("language", "program", "suffix", "item_id"),
    [
        ("python", sys.executable, "py", "mug-python"),
        ("javascript", "node", "mjs", "mug-javascript"),
        ("sh", "sh", "sh", "mug-curl"),
    ],
)
def test_a_signed_webhook_is_accepted(
    language: str,
    program: str,
    suffix: str,
    item_id: str,
    guarded_shop: RunningApp,
    tmp_path: Path,
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    script = tmp_path / f"send.{suffix}"
    script.write_text(blocks(WEBHOOKS, language)[-1])

    run(
        [program, str(script)],
        tmp_path,
        RECOMMENDER_URL=address(guarded_shop),
        RECOMMENDER_SECRET=SECRET,
    )

    stored = guarded_shop.client.get(f"/v1/items/{item_id}").json()
    assert stored["title"] == "Hand-thrown stoneware mug"
    assert stored["price"] == 18.5


def test_the_secret_that_is_made_is_one_kindred_takes(tmp_path: Path) -> None:
    made = run(["sh", "-c", blocks(WEBHOOKS, "sh")[0]], tmp_path).strip()

    assert Settings.from_environment({"KINDRED_WEBHOOK_SECRET": made}).webhook_secret is not None


def test_the_event_that_is_shown_is_accepted(open_shop: RunningApp) -> None:
    event = json.loads(blocks(WEBHOOKS, "json")[0])

    answer = open_shop.client.post("/v1/webhooks/catalog", json=event)

    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("name", SHELL_PAGES)
def test_what_a_reader_pastes_into_a_shell_works(
    name: str, open_shop: RunningApp, tmp_path: Path
) -> None:
    # curl reads this file first: an answer that is an error fails the command.
    (tmp_path / ".curlrc").write_text("fail-with-body\n")
    pasted = blocks(name, "sh")

    assert pasted
    for each in pasted:
        here = each.replace("http://127.0.0.1:8000", address(open_shop))
        run(
            ["sh", "-e", "-c", here],
            tmp_path,
            HOME=str(tmp_path),
            RECOMMENDER_URL=address(open_shop),
            RECOMMENDER_KEY="any",
        )


def test_the_tour_of_the_readme_works(open_shop: RunningApp, tmp_path: Path) -> None:
    (tmp_path / ".curlrc").write_text("fail-with-body\n")
    text = (ROOT / "README.md").read_text()
    pasted = text.partition("## A tour")[2].split("```")[1]

    assert "curl" in pasted
    here = pasted.replace("http://127.0.0.1:8000", address(open_shop))
    run(["sh", "-e", "-c", here], tmp_path, HOME=str(tmp_path))


def test_lines_shown_for_importing_are_ones_that_land(
    open_shop: RunningApp, tmp_path: Path
) -> None:
    services = open_shop.services
    item, interaction = blocks("how-to/data.md", "json")
    assert item == blocks("tutorial.md", "json")[0]
    (tmp_path / "items.jsonl").write_text(item)
    (tmp_path / "interactions.jsonl").write_text(interaction)

    items = import_items(tmp_path / "items.jsonl", services.catalogue, now=utc_now())
    interactions = import_interactions(
        tmp_path / "interactions.jsonl",
        services.interactions,
        now=utc_now(),
        kinds=services.settings.kinds,
    )

    assert items.bad == interactions.bad == 0
    assert items.landed == interactions.landed == 1


def test_what_gorse_holds_can_be_imported(open_shop: RunningApp, tmp_path: Path) -> None:
    with gorse() as url:
        code = blocks("how-to/gorse.md", "python")[0]
        said = run([sys.executable, "-c", code], tmp_path, GORSE_URL=url, GORSE_API_KEY="sesame")
    services = open_shop.services

    items = import_items(tmp_path / "items.jsonl", services.catalogue, now=utc_now())
    interactions = import_interactions(
        tmp_path / "interactions.jsonl",
        services.interactions,
        now=utc_now(),
        kinds=services.settings.kinds,
    )

    assert said == "2 of other types, or without a time, were left out\n"
    assert (items.landed, items.bad) == (2, 0)
    assert not interactions.problems
    assert interactions.landed == 1
    vue = open_shop.client.get("/v1/items/vue").json()
    assert vue["title"] == "A framework for the web"
    assert vue["attributes"] == {"labels": ["javascript", "ui"]}
    assert vue["created_at"] == "2026-02-24T10:00:00.123456Z"
    assert open_shop.client.get("/v1/items/d3").json()["available"] is False


def test_the_shops_page_shows_lists_and_takes_likes(open_shop: RunningApp) -> None:
    with shop(address(open_shop)) as url:
        page = open_shop.client.get(url).text
        listed = open_shop.client.get(f"{url}/api/users/eve/for-you?limit=10").json()
        like = {"user_id": "eve", "item_id": "mug-001", "type": "like"}
        liked = open_shop.client.post(f"{url}/api/interactions", json=like)
        after = open_shop.client.get(f"{url}/api/users/eve/for-you?limit=10").json()

    assert "<h1>A small shop</h1>" in page
    assert "mug-001" in [item["item_id"] for item in listed["items"]]
    assert liked.json()["recorded"] == 1
    assert "mug-001" not in [item["item_id"] for item in after["items"]]


def test_the_shops_page_passes_nothing_else_on(open_shop: RunningApp) -> None:
    with shop(address(open_shop)) as url:
        answers = [
            open_shop.client.get(f"{url}/metrics"),
            open_shop.client.get(f"{url}/api/operations/1"),
            open_shop.client.post(f"{url}/api/webhooks/catalog", json={}),
            open_shop.client.post(f"{url}/api/items:batch", json={}),
        ]

    assert [answer.status_code for answer in answers] == [404] * 4


@contextmanager
def shop(kindred: str) -> Iterator[str]:
    """Run docs/examples/shop.py in front of a service."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "docs" / "examples" / "shop.py")],
        env={"RECOMMENDER_URL": kindred, "SHOP_PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        until(lambda: _listens(port), seconds=20, what="the shop is open")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@contextmanager
def gorse() -> Iterator[str]:
    """Answer as Gorse's server node does: pages with a cursor, for those with its key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["X-API-Key"] == "sesame"
            parts = urlsplit(self.path)
            answers: dict[str, tuple[str, list[dict[str, object]]]] = {
                "/api/items": ("Items", ITEMS),
                "/api/feedback": ("Feedback", FEEDBACK),
            }
            name, rows = answers[parts.path]
            asked = parse_qs(parts.query, keep_blank_values=True)
            start = int(asked["cursor"][0] or 0)
            # One a page, so that the cursor matters.
            more = str(start + 1) if start + 1 < len(rows) else ""
            body = json.dumps({"Cursor": more, name: rows[start : start + 1]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
