"""The ratings of MovieLens (ml-latest-small)."""

import csv
import re
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.interests.recorded import Goods, Recorded, Rows

SITTING = 30 * 60
"""Seconds; a longer pause between two ratings of a person begins another sitting."""

LAPSE = timedelta(days=36_500)
"""A film that anybody has rated can be had from then on."""

NO_GENRES = "(no genres listed)"


def read(folder: Path) -> Recorded:
    """Read it; an item's words are its title without the year, and its genres."""
    with (folder / "movies.csv").open(encoding="utf-8", newline="") as file:
        films = sorted(csv.DictReader(file), key=lambda each: int(each["movieId"]))
    with (folder / "ratings.csv").open(encoding="utf-8", newline="") as file:
        ratings = [
            (int(each["timestamp"]), int(each["userId"]), each["movieId"], float(each["rating"]))
            for each in csv.DictReader(file)
        ]
    ratings.sort(key=lambda each: each[0])
    place = {each["movieId"]: row for row, each in enumerate(films)}
    people = sorted({user for _, user, _, _ in ratings})
    person = {user: row for row, user in enumerate(people)}
    who = np.array([person[user] for _, user, _, _ in ratings], dtype=np.int64)
    when = np.array([time for time, _, _, _ in ratings], dtype=np.int64)
    return Recorded(
        "movielens-small",
        "MovieLens ml-latest-small, by GroupLens; research, no commercial use",
        tuple(_film(each) for each in films),
        tuple(map(str, people)),
        "rating",
        who,
        np.array([place[film] for _, _, film, _ in ratings], dtype=np.int64),
        when,
        np.array([stars for _, _, _, stars in ratings]),
        sittings(who, when),
        LAPSE,
        "its genres",
    )


def sittings(who: Rows, when: Rows) -> Rows:
    """Number the sittings: shape (n,), a person's ratings without a long pause between them."""
    numbers = np.zeros(len(who), dtype=np.int64)
    last: dict[int, tuple[int, int]] = {}
    count = 0
    for row, (person, time) in enumerate(zip(who.tolist(), when.tolist(), strict=True)):
        before, number = last.get(person, (time, -1))
        if number < 0 or time - before > SITTING:
            number, count = count, count + 1
        numbers[row] = number
        last[person] = (time, number)
    return numbers


def _film(row: dict[str, str]) -> Goods:
    genres = tuple(each for each in row["genres"].split("|") if each != NO_GENRES)
    title = re.sub(r"\s*\(\d{4}\)\s*$", "", row["title"])
    # "Matrix, The" is read as people say it.
    title = re.sub(r"^(.*), (The|A|An)$", r"\2 \1", title)
    return Goods(row["movieId"], title, genres)
