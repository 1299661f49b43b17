"""Amazon reviews (McAuley and others) as sequences of what each person reviewed.

| layout | fields |
|---|---|
| JSON Lines, 2014 and 2018 | reviewerID, asin, overall, unixReviewTime (seconds) |
| JSON Lines, 2023 | user_id, parent_asin (else asin), rating, timestamp (milliseconds) |
| ratings only, 2014 | CSV without header: user, item, rating, seconds |
| ratings only, 2018 | CSV without header: item, user, rating, seconds |
| ratings only, 2023 | CSV with the header user_id,parent_asin,rating,timestamp (milliseconds) |

Which of the two headerless orders a file has is told by the first rows: an item's id has ten
characters, a person's has more. Files may be packed (.gz). Titles and categories come from the
metadata file, JSON Lines with asin or parent_asin, title, and categories or category.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from app.datasets.lines import bad, comma_lines, fields, number_in, text
from app.evaluation.errors import DatasetUnreadable
from app.evaluation.log import Deed, Log, Thing

HEADER_2023 = ["user_id", "parent_asin", "rating", "timestamp"]

_FIRST = 50
_ITEM = re.compile(r"[0-9A-Z]{10}")
_MILLISECONDS = 1e11
"""Times beyond are in milliseconds: in seconds it would be the year 5138."""


def is_amazon(file: Path) -> bool:
    """Tell whether a file's first line is one of the layouts."""
    try:
        if _is_csv(file):
            row = next(comma_lines(file), (0, []))[1]
            return row == HEADER_2023 or _order([row]) is not None
        return any(_known(row) for _, row in islice(_objects(file), 1))
    except DatasetUnreadable:
        return False


def amazon(file: Path, metadata: Path | None = None) -> Log:
    """Read reviews, and what is known of the items where a metadata file is given.

    Raises:
        DatasetUnreadable: A line is not as the layouts say.
    """
    deeds = list(_csv(file) if _is_csv(file) else _reviews(file))
    touched = {each.item_id for each in deeds}
    things = [] if metadata is None else [t for t in _things(metadata) if t.item_id in touched]
    return Log.of(file.name.split(".")[0], deeds, things)


def _reviews(file: Path) -> Iterator[Deed]:
    for line, row in _objects(file):
        if not _known(row):
            raise bad(file, line, "no reviewerID and asin, and no user_id and parent_asin")
        user = row.get("reviewerID") or row.get("user_id")
        item = row.get("parent_asin") or row.get("asin")
        stars = row.get("overall", row.get("rating"))
        when = row.get("unixReviewTime", row.get("timestamp"))
        yield _deed(file, line, str(user), str(item), str(stars), str(when))


def _csv(file: Path) -> Iterator[Deed]:
    rows = comma_lines(file)
    first = list(islice(rows, _FIRST))
    if first and first[0][1] == HEADER_2023:
        order, first = "user first", first[1:]
    else:
        order = _order([row for _, row in first]) or ""
    if not order:
        raise bad(file, 1, "neither user,item,rating,timestamp nor item,user,rating,timestamp")
    for line, row in (*first, *rows):
        one, other, stars, when = fields(file, line, row, 4)
        user, item = (one, other) if order == "user first" else (other, one)
        yield _deed(file, line, user, item, stars, when)


def _order(rows: list[list[str]]) -> str | None:
    """Tell which column holds items."""
    for place, order in ((1, "user first"), (0, "item first")):
        if rows and all(len(row) == 4 and _ITEM.fullmatch(row[place]) for row in rows):
            return order
    return None


def _deed(file: Path, line: int, user: str, item: str, stars: str, when: str) -> Deed:
    seconds = number_in(file, line, "the time", when)
    return Deed(
        user,
        item,
        "rating",
        number_in(file, line, "the rating", stars),
        seconds / 1_000 if seconds > _MILLISECONDS else seconds,
    )


def _things(file: Path) -> Iterator[Thing]:
    for line, row in _objects(file):
        item = row.get("parent_asin") or row.get("asin")
        if not isinstance(item, str):
            raise bad(file, line, "no asin or parent_asin")
        title = row.get("title")
        listed = row.get("categories") or row.get("category") or []
        names = _flat(listed)
        yield Thing(item, title if isinstance(title, str) and title.strip() else None,
                    categories=tuple(dict.fromkeys(names)))  # fmt: skip


def _flat(listed: object) -> list[str]:
    """Categories are a list, or a list of paths."""
    if isinstance(listed, list):
        return [name for each in listed for name in _flat(each)]
    return [listed] if isinstance(listed, str) and listed else []


def _objects(file: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    with text(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise bad(file, number, f"not JSON: {error}") from error
            if not isinstance(row, dict):
                raise bad(file, number, "not a JSON object")
            yield number, row


def _known(row: Mapping[str, object]) -> bool:
    return row.keys() >= {"reviewerID", "asin"} or (
        "user_id" in row and ("parent_asin" in row or "asin" in row)
    )


def _is_csv(file: Path) -> bool:
    return ".csv" in file.suffixes
