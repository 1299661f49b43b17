"""The documents as text: their pages, and the code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    """Read a page by its path under docs/."""
    return (DOCS / name).read_text()


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language, in order; "" for those without one."""
    found = _BLOCK.finditer(page(name))
    return [each["code"] for each in found if each["language"] == language]
