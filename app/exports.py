"""Everything out again, in formats that `kindred import` reads back the same."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.formats.errors import FileExists
from app.formats.opening import by_extension
from app.formats.rows import Format
from app.formats.writers import Type, writer
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.json_lines import STDIN
from indexer.catalogue import Catalogue
from indexer.items import Item

STDOUT = STDIN
"""A dash means both, depending on the way."""

ITEMS_AT_ONCE = 100
"""Few, because an item may carry its picture."""

INTERACTIONS_AT_ONCE = 1_000

ITEM_FIELDS: Mapping[str, Type] = {
    "item_id": "text",
    "title": "text",
    "description": "text",
    "image_url": "text",
    "categories": "names",
    "price": "number",
    "available": "flag",
    "created_at": "moment",
    "attributes": "object",
}
INTERACTION_FIELDS: Mapping[str, Type] = {
    "user_id": "text",
    "item_id": "text",
    "type": "text",
    "value": "number",
    "timestamp": "moment",
    "session_id": "text",
    "interaction_id": "text",
    "recommendation_id": "text",
}

Progress = Callable[[int], None]
"""Rows done."""


def export_items(
    catalogue: Catalogue,
    target: Path,
    *,
    chosen: Format | None = None,
    overwrite: bool = False,
    progress: Progress = lambda _: None,
) -> int:
    """Write every item that is not deleted, in order of its key.

    Args:
        catalogue: Where they are; it may change meanwhile.
        target: A file, which appears when it is complete, or STDOUT.
        chosen: None: told by the file's name, else JSON Lines.
        overwrite: Whether to write over a file.
        progress: Told after each page.

    Returns:
        How many there were.

    Raises:
        FileError: There is a file already, or the format cannot hold a value.
        DatabaseUnavailable: Nothing was written.
    """
    done = 0
    with open_target(target, overwrite=overwrite) as file:
        form = chosen or by_extension(target) or "jsonl"
        with writer(file, form, ITEM_FIELDS) as out:
            for page in catalogue.pages(limit=ITEMS_AT_ONCE):
                out.write([item_row(each.item) for each in page])
                done += len(page)
                progress(done)
    return done


def export_interactions(
    interactions: Interactions,
    target: Path,
    *,
    chosen: Format | None = None,
    overwrite: bool = False,
    progress: Progress = lambda _: None,
) -> int:
    """Write every interaction in order of arrival; arguments and errors as `export_items`."""
    done = after = 0
    with open_target(target, overwrite=overwrite) as file:
        form = chosen or by_extension(target) or "jsonl"
        with writer(file, form, INTERACTION_FIELDS) as out:
            while page := interactions.page(after=after, limit=INTERACTIONS_AT_ONCE):
                out.write([interaction_row(each) for _, each in page])
                after = page[-1][0]
                done += len(page)
                progress(done)
    return done


@contextmanager
def open_target(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Give a file to write to, which appears under its name when it is complete, or STDOUT."""
    if target == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.exists() and not overwrite:
        raise FileExists(f"{target} is there already: --overwrite writes over it")
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def item_row(item: Item) -> dict[str, object]:
    """Write an item in the shape HTTP takes."""
    return {
        "item_id": item.item_id,
        "title": item.title,
        "description": item.description,
        "image_url": item.image_url,
        "categories": list(item.categories),
        "price": item.price,
        "available": item.available,
        "created_at": item.created_at,
        "attributes": dict(item.attributes or {}),
    }


def interaction_row(interaction: Interaction) -> dict[str, object]:
    """Write an interaction in the shape HTTP takes."""
    return {
        "user_id": interaction.user_id,
        "item_id": interaction.item_id,
        "type": interaction.kind,
        "value": interaction.value,
        "timestamp": interaction.happened_at,
        "session_id": interaction.session_id,
        "interaction_id": interaction.interaction_id,
        "recommendation_id": interaction.recommendation_id,
    }
