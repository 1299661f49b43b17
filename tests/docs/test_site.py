"""The site builds from what is here, without a broken link, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import DOCS, ROOT

LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""Elements that fetch something when a page opens, and where from."""


class Loads(HTMLParser):
    """Collects what a page fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        wanted = given.get(LOADING.get(tag, ""))
        # A link to the next page fetches nothing.
        if wanted and given.get("rel") not in {"next", "prev", "canonical"}:
            self.found.append(wanted)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a warning, such as for a broken link or anchor, fails it."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # noqa: TID251 - a program's environment
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    # README.md is a folder's own page.
    expected = {path.with_name(path.name.replace("README", "index")) for path in pages}

    built = {path.relative_to(site) for path in site.rglob("*.html")}

    assert expected <= built


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        parser = Loads()
        parser.feed(path.read_text())
        assert parser.found, path
        assert [each for each in parser.found if re.match(r"(https?:)?//", each)] == [], path


def test_no_style_loads_anything_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text()) == [], path


def test_every_page_has_its_place_in_the_navigation() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    listed = [
        page
        for entry in config["nav"]
        for page in (next(iter(entry.values())) if isinstance(entry, dict) else [entry])
    ]

    assert sorted(listed) == sorted(
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")
    )


def test_links_out_of_the_readme_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text()):
            assert link.startswith("http") or (ROOT / link).exists(), f"{name}: {link}"


def test_pictures_say_what_they_show_and_can_be_read_in_the_dark() -> None:
    for path in (DOCS / "images").glob("*.svg"):
        text = path.read_text()
        assert "<title" in text, path
        if path.name != "favicon.svg":
            assert "<desc" in text, path
            assert "@media (prefers-color-scheme: dark)" in text, path
    for page in DOCS.rglob("*.md"):
        assert "![](" not in page.read_text(), page
