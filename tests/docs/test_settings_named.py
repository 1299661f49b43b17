"""Every setting the documents name exists, and values they give it are taken."""

import re
from pathlib import Path

import pytest

from app.settings import Settings, variable
from tests.docs.pages import DOCS, ROOT

PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_a_page_names_exists(path: Path) -> None:
    known = {variable(name) for name in Settings.model_fields}
    named = set(re.findall(r"KINDRED_[A-Z0-9_]*[A-Z0-9]", path.read_text()))

    assert named <= known


def test_settings_that_pages_export_are_taken() -> None:
    for path in DOCS.rglob("*.md"):
        for name, value in re.findall(
            r"^export (KINDRED_\w+)=(\S+)", path.read_text(), re.MULTILINE
        ):
            # One variable of a pair may not stand alone; each of them has to be read.
            weights = {"KINDRED_WEIGHT_TEXT": "1", "KINDRED_WEIGHT_IMAGE": "1"}
            assert Settings.from_environment({**weights, name: value}), path
