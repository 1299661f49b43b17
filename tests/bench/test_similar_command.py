"""The whole command, on a small data set and without models."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from bench.similar.__main__ import main
from bench.similar.page import QUESTIONS


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "lists.html"


@pytest.fixture(scope="module")
def printed(shop: Path, lists: Path) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(
            [
                *("--data", str(shop), "--html", str(lists), "--text", "hash:text:64"),
                *("--image", "hash:image:48", "--image", "image:resnet18:/no/weights.safetensors"),
            ]
        )
    return said.getvalue()


@pytest.fixture(scope="module")
def page(printed: str, lists: Path) -> str:
    assert printed
    return lists.read_text(encoding="utf-8")


def test_text_pictures_and_the_mix_are_held_against_chance_and_perfect_lists(printed: str) -> None:
    names = re.findall(r"^\| ([^|]+?) \| [01]\.", printed.partition("## Choices")[0], re.MULTILINE)

    assert names == [
        "drawn at random",
        "text alone",
        "pictures alone, hash-image:48",
        "… only items without a twin in part A",
        "mix, hash-image:48",
        "perfect lists",
        *(f"{name} of hash-image:48, among all" for name in ("text", "image", "mix")),
    ]


def test_every_choice_and_what_it_rests_on_is_printed(printed: str) -> None:
    assert "## Choices with hash-image:48" in printed
    assert "| image weight (same type, and both) |" in printed
    assert "| length of predicted parts " in printed
    assert "| items a prior counts as " in printed
    assert "### Weights" in printed
    assert "### A fifth without pictures" in printed
    assert "### Means of a few like items" in printed


def test_machine_versions_and_data_are_named(printed: str) -> None:
    assert "- Machine: " in printed
    assert "torch " in printed
    assert "- Data: Fashion Product Images (Small), MIT." in printed


def test_weights_that_cannot_be_had_are_named_and_the_rest_is_measured(printed: str) -> None:
    assert "Not measured: `image:resnet18:/no/weights.safetensors`: " in printed


def test_the_page_needs_no_other_file_and_no_network(page: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)


def test_the_page_shows_four_lists_of_ten_a_question(page: str) -> None:
    assert page.count("<h2>") == QUESTIONS
    assert page.count("<div class=list>") == 4 * QUESTIONS
    assert page.count("<figure ") == 40 * QUESTIONS


def test_names_are_text_on_the_page_whatever_is_in_them(page: str) -> None:
    assert "&lt;b&gt;Red&lt;/b&gt; Mug" in page
    assert "<b>Red</b>" not in page
