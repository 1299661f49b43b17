"""The audit of one method as part of a page."""

from collections.abc import Mapping
from typing import Any

from app.evaluation.cells import cell, escaped, number, table

SHARES = ("catalogue", "liked", "to_be_found", "shown", "for_one_wanted", "found", "ever_shown")
"""Numbers of a group of items, in the order of reports."""

OF_PEOPLE = ("lift", "miscalibration", "new_items")
"""Numbers of a group of people besides quality and gap."""


def sections(method: Mapping[str, Any], k: int) -> list[str]:
    """Write who is shown and who is served how well by a method.

    Args:
        method: As `app.evaluation.result.as_json` gives it.
        k: Places that were looked at.
    """
    audit = method["audit"]
    items = [
        [escaped(name), f"{group['items']:,}", *(number(group[each]) for each in SHARES)]
        for name, group in audit["items"].items()
    ]
    people = [
        [
            escaped(name),
            f"{group['quality']['people']:,}",
            cell(group["quality"]),
            cell(group["gap"]),
            *(number(group[each]) for each in OF_PEOPLE),
        ]
        for name, group in audit["people"].items()
    ]
    words = [each.replace("_", " ") for each in (*SHARES, *OF_PEOPLE)]
    return [
        f"<p>Of <b>{escaped(method['name'])}</b>, the first {k} places.</p>",
        "<h3>Items</h3>",
        "<p><i>for one wanted</i> is the share of places divided by the share of what was to be "
        "found: below 1 a group is held back, above 1 pushed. <i>found</i> is the share of what "
        "was to be found of the group that was; <i>ever shown</i> the share of its items that "
        "anybody was shown. Popularity and price are cut into equal parts, 1 the least.</p>",
        table(("group", "items", *words[: len(SHARES)]), items),
        "<h3>People</h3>",
        f"<p><i>gap</i> is what a group has more of ndcg@{k} than everybody else: where its "
        "interval is all below 0, it is served worse. <i>lift</i> is how much more popular a list "
        "is than the person's past: far above 0, tastes are drowned by what is popular.</p>",
        table(("group", "people", f"ndcg@{k}", "gap", *words[len(SHARES) :]), people),
    ]
