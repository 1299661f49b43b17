"""The reference is complete: whatever the program has, its page names."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from app.api.problems import Problem
from app.cli import app
from app.errors import AppError
from app.reference import current, reference
from app.telemetry import Metrics
from tests.app.running import RunningApp
from tests.docs.pages import DOCS, page


def commands(
    group: TyperGroup, words: tuple[str, ...] = ("kindred",)
) -> Iterator[tuple[str, TyperCommand]]:
    """Give every command that can be called, as it is typed."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*words, name))
        elif isinstance(command, TyperCommand) and not command.hidden:
            yield " ".join((*words, name)), command


def every_command() -> list[tuple[str, TyperCommand]]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return list(commands(group))


def errors(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Give every error a client may see."""
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


def families() -> list[tuple[str, str]]:
    """Give every metric of the program, with its kind."""
    return [
        (family.name + ("_total" if family.type == "counter" else ""), family.type)
        for family in Metrics().registry.collect()
    ]


@pytest.mark.parametrize(("name", "command"), every_command())
def test_every_command_and_its_options_are_in_the_reference(
    name: str, command: TyperCommand
) -> None:
    text = page("reference/command-line.md")
    options = [
        each.opts[0]
        for each in command.params
        if isinstance(each, TyperOption) and not each.hidden and each.name != "help"
    ]

    assert f"`{name}" in text
    assert [option for option in options if option not in text] == []


@pytest.mark.parametrize("kind", list(errors()))
def test_every_error_is_in_the_reference_with_its_status(kind: type[AppError]) -> None:
    assert f"| {kind.status} | `{kind.type}` |" in page("reference/errors.md")


def test_the_problem_that_is_shown_has_the_fields_of_one() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", page("reference/errors.md"), re.DOTALL)[0])

    assert Problem.model_validate(shown).errors is not None


@pytest.mark.parametrize(("name", "kind"), families())
def test_every_metric_is_in_the_reference(name: str, kind: str) -> None:
    text = page("reference/metrics.md")

    if name.startswith("kindred_"):
        assert f"| `{name}` | {kind} |" in text
    else:
        assert f"`{name}`" in text


def test_every_metric_that_the_documents_name_exists() -> None:
    known = {name for name, _ in families()}
    suffixes = re.compile(r"_(bucket|count|sum)$")

    for path in DOCS.rglob("*.md"):
        for name in re.findall(r"(?<!#)\bkindred_[a-z_]+\b", path.read_text()):
            assert suffixes.sub("", name) in known, f"{path}: {name}"


def test_the_api_reference_is_what_the_program_says(open_shop: RunningApp) -> None:
    document = open_shop.client.get("/openapi.json").json()

    assert page("reference/api.md") == reference(document), (
        "run: python -m app.reference > docs/reference/api.md"
    )


def test_the_program_can_describe_itself_without_being_served(client: httpx.Client) -> None:
    assert current() == client.get("/openapi.json").json()


def test_every_route_is_in_both_pages_about_http(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    for path, methods in paths.items():
        assert path in page("reference/http.md"), path
        for method in methods:
            assert f"### `{method.upper()} {path}`" in page("reference/api.md")


@pytest.fixture
def client(open_shop: RunningApp) -> httpx.Client:
    return open_shop.client
