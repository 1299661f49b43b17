"""The table of segments in the documents is the program's."""

import re

from app.people.changes import MAX_CHOICES, MAX_FORGOTTEN, MAX_SEEDS
from app.people.segments import GROUPS, LEAST_PEOPLE, PREFIX, Quintiles, scores
from tests.docs.pages import page

PAGE = "how-to/people.md"


def test_the_table_of_segments_is_the_programs() -> None:
    rows = re.findall(r"^\| ([1-5])\b[^|]*\|(.*)\|$", page(PAGE), re.MULTILINE)

    shown = {int(recency): re.findall(r"`([\w:]+)`", cells) for recency, cells in rows}

    assert shown == {
        recency: [PREFIX + name for name in names] for recency, names in enumerate(GROUPS, 1)
    }


def test_the_segment_computed_by_hand_is_what_the_program_computes() -> None:
    hundred = tuple(float(each) for each in (19, 39, 59, 79))
    spread = Quintiles(100, hundred, hundred, hundred)

    # Who is ahead of 85 of 100 people with values 0 to 99 has the value 85.
    ana = scores(recency=85, frequency=45, monetary=65, quintiles=spread)

    assert ana is not None
    assert (ana.recency, ana.frequency, ana.monetary) == (5, 3, 4)
    assert ana.segment == "rfm:champions"
    assert "a champion" in page(PAGE)


def test_the_bounds_that_are_told_are_the_programs() -> None:
    text = " ".join(page(PAGE).split())

    assert f"The last {MAX_CHOICES} choices and {MAX_FORGOTTEN:,} forgotten items" in text
    assert f"A person has at most {MAX_SEEDS}; the oldest goes" in text
    assert f"Once {LEAST_PEOPLE} people have done something" in text
