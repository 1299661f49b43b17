"""`kindred tune-index` on a real database and a real index, as a shell would run it."""

import json
from pathlib import Path

from app.settings import Settings
from tests.app.commands.conftest import Kindred


def fill(kindred: Kindred, folder: Path) -> None:
    """Make a hundred and twenty items searchable."""
    file = folder / "items.jsonl"
    items = [{"item_id": f"item-{n}", "title": f"thing {n}"} for n in range(120)]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in items))
    assert kindred("import", "items", str(file)).returncode == 0
    assert kindred("reindex").returncode == 0


def test_it_writes_settings_that_kindred_reads(kindred: Kindred, tmp_path: Path) -> None:
    fill(kindred, tmp_path)
    file = tmp_path / "index.env"

    done = kindred("tune-index", "--sample", "10", "--write", str(file))

    assert done.returncode == 0, done.stderr
    said = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    settings = Settings.from_environment(dict(line.split("=") for line in said))
    assert str(settings.search_width) in done.stdout
    assert "all widths find the same: this engine heeds none" in done.stdout


def test_without_an_index_it_says_so(kindred: Kindred) -> None:
    done = kindred("tune-index")

    assert done.returncode == 1
    assert "no index has been built yet" in done.stderr


def test_lite_builds_what_it_likes_so_links_are_refused(kindred: Kindred) -> None:
    done = kindred("tune-index", "--links", "32")

    assert done.returncode == 2
    assert "Milvus Lite builds what it likes" in done.stderr
