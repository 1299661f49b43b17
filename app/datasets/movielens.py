"""MovieLens (Harper and Konstan, TiiS 2015) in the layouts GroupLens has published it in.

| layout | ratings | movies | sets |
|---|---|---|---|
| csv | ratings.csv, with a header | movies.csv | latest, latest-small, 20M, 25M, 32M |
| dat | ratings.dat, `::` between fields, Latin-1 | movies.dat | 1M, 10M |
| tab | u.data, tabs | u.item, `|`, Latin-1 | 100k |

Every rating is an interaction of kind "rating" with its stars as value; genres are categories.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.datasets.lines import bad, comma_lines, fields, number_in, split_lines
from app.evaluation.log import Deed, Log, Thing

NO_GENRES = "(no genres listed)"

GENRES = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]
"""Of 100k, in the order of its flags (its file u.genre)."""

_HEADER = ["userId", "movieId", "rating", "timestamp"]


@dataclass(frozen=True, slots=True)
class _Layout:
    ratings: str
    movies: str
    separator: str | None


_LAYOUTS = (
    _Layout("ratings.csv", "movies.csv", None),
    _Layout("ratings.dat", "movies.dat", "::"),
    _Layout("u.data", "u.item", "\t"),
)


def is_movielens(folder: Path) -> bool:
    """Tell whether a folder holds one of the layouts."""
    return _layout(folder) is not None


def movielens(folder: Path) -> Log:
    """Read a folder.

    Raises:
        DatasetUnreadable: A line is not as its layout says; or the folder holds none of them.
    """
    layout = _layout(folder)
    if layout is None:
        names = ", ".join(f"{each.ratings} with {each.movies}" for each in _LAYOUTS)
        raise bad(folder, 0, f"holds none of {names}")
    deeds = _ratings(folder / layout.ratings, layout)
    return Log.of(folder.name, deeds, _movies(folder / layout.movies, layout))


def _layout(folder: Path) -> _Layout | None:
    return next(
        (
            each
            for each in _LAYOUTS
            if (folder / each.ratings).is_file() and (folder / each.movies).is_file()
        ),
        None,
    )


def _ratings(file: Path, layout: _Layout) -> Iterator[Deed]:
    for line, row in _rows(file, layout, header=_HEADER):
        user, movie, stars, when = fields(file, line, row, 4)
        yield Deed(
            user,
            movie,
            "rating",
            number_in(file, line, "rating", stars),
            number_in(file, line, "timestamp", when),
        )


def _movies(file: Path, layout: _Layout) -> Iterator[Thing]:
    if layout.separator == "\t":
        yield from _flagged_movies(file)
        return
    for line, row in _rows(file, layout, header=["movieId", "title", "genres"]):
        movie, title, genres = fields(file, line, row, 3)
        named = tuple(each for each in genres.split("|") if each and each != NO_GENRES)
        yield Thing(movie, title.strip() or None, categories=tuple(dict.fromkeys(named)))


def _flagged_movies(file: Path) -> Iterator[Thing]:
    for line, row in split_lines(file, "|", "latin-1"):
        movie, title, *_ = fields(file, line, row, 5 + len(GENRES))
        flags = zip(GENRES, row[5:], strict=True)
        named = tuple(name for name, flag in flags if flag == "1" and name != "unknown")
        yield Thing(movie, title.strip() or None, categories=named)


def _rows(file: Path, layout: _Layout, header: list[str]) -> Iterator[tuple[int, list[str]]]:
    if layout.separator is not None:
        yield from split_lines(file, layout.separator, "latin-1")
        return
    rows = comma_lines(file)
    line, found = next(rows, (1, []))
    if found != header:
        raise bad(file, line, f"the header is {','.join(found)!r}, not {','.join(header)!r}")
    yield from rows
