"""What is measured where: defaults are chosen on one time and its people, reported on others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.recommend.settings import RecommendSettings
from bench.interests import fashion, films, retail
from bench.interests.occasions import Occasion, Point, Window, drawn, occasions
from bench.interests.recorded import Recorded
from bench.interests.trial import Met, Tried, Way, met, tried
from bench.interests.vectors import see, with_categories
from bench.interests.ways import Sweep
from bench.interests.world import World
from bench.similar.cache import Cache
from embedders.spaces import Embedder

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Occasions of one kind in one data set.

    Attributes:
        title: In words.
        folder: Of the data set.
        point: Where in a visit.
        choosing: The time defaults are chosen on; None: nothing is.
        reporting: The time that is reported.
        least: Distinct items a person must have touched before.
        each: Occasions of one person at most.
        again: Whether what they touched before is wanted, and may be shown, too.
    """

    title: str
    folder: str
    point: Point
    choosing: Window | None
    reporting: Window
    least: int
    each: int = 1
    again: bool = False


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


AUTUMN = Window(_day(2011, 8, 19), _day(2011, 10, 14))
WINTER = Window(_day(2011, 10, 14), _day(2011, 12, 10))
EARLIER = Window(_day(2000, 1, 1), _day(2014, 1, 1))
LATER = Window(_day(2014, 1, 1), _day(2019, 1, 1))
MADE_UP = Window(_day(2020, 1, 25), _day(2020, 3, 1))

RETAIL, FILMS, FASHION = "online-retail", "movielens-small", "fashion"

SCENES = (
    Scene("the next invoice, new items", RETAIL, "return", AUTUMN, WINTER, 5),
    Scene("the rest of an invoice, new items", RETAIL, "midway", AUTUMN, WINTER, 5),
    Scene("the next sitting, new films", FILMS, "return", EARLIER, LATER, 10, 3),
    Scene("the rest of a sitting, new films", FILMS, "midway", EARLIER, LATER, 10, 3),
    Scene("the next invoice, any items", RETAIL, "return", None, WINTER, 5, again=True),
    Scene("more of the same types", FASHION, "return", None, MADE_UP, 3),
)
"""The last eight weeks of purchases are reported, and the eight before them choose. Ratings are few
in any eight weeks, and people seldom come back; so years stand for weeks."""

READERS: dict[str, Callable[[Path], Recorded]] = {
    RETAIL: retail.read,
    FILMS: films.read,
    FASHION: fashion.read,
}


@dataclass(frozen=True, slots=True)
class Staged:
    """A scene with its occasions.

    Attributes:
        choosing: Empty where nothing is chosen.
        reporting: Of people who are not among those chosen by.
    """

    scene: Scene
    world: World
    choosing: Sequence[Met]
    reporting: Sequence[Met]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way, tried in every scene that it was tried in."""

    name: str
    of: dict[Scene, Tried]


def worlds(folder: Path, text: Embedder, cache: Cache, say: Say) -> dict[str, World]:
    """Read and embed the data sets that are there, by their folders' names."""
    held = {}
    for name, read in READERS.items():
        if not (folder / name).is_dir():
            say(f"{name}: not there")
            continue
        say(f"{name}: read and embed …")
        recorded = read(folder / name)
        seen = see(recorded, text, cache)
        held[name] = World(with_categories(recorded, seen), seen)
    return held


def staged(scene: Scene, world: World, *, choosing: int | None, reporting: int | None) -> Staged:
    """Find a scene's occasions.

    Args:
        scene: Which.
        world: Of its data set.
        choosing: People at most that defaults are chosen by; None: all.
        reporting: People at most that are reported.
    """

    def within(window: Window) -> list[Occasion]:
        return occasions(world.recorded, scene.point, window, least=scene.least, each=scene.each)

    chosen_by: list[Occasion] = []
    if scene.choosing is not None:
        chosen_by = drawn(within(scene.choosing), choosing)
    known = frozenset(each.person for each in chosen_by)
    reported = drawn(within(scene.reporting), reporting, without=known)
    return Staged(
        scene,
        world,
        met(world, chosen_by, again=scene.again),
        met(world, reported, again=scene.again),
    )


def compare(ways: Sequence[Way], stages: Sequence[Staged], *, chosen_by: bool) -> list[Outcome]:
    """Try ways in scenes, on the people defaults are chosen by or on the others."""
    there = [each for each in stages if _people(each, chosen_by=chosen_by)]
    return [
        Outcome(
            way.name,
            {
                each.scene: tried(
                    _suited(way, each.scene), _people(each, chosen_by=chosen_by), each.world
                )
                for each in there
            },
        )
        for way in ways
    ]


def swept(sweep: Sweep, stages: Sequence[Staged], product: Way, known: Outcome) -> list[Outcome]:
    """Try a sweep where it can matter, on the people defaults are chosen by.

    Args:
        sweep: What is varied.
        stages: The scenes.
        product: The way all others differ from in one thing.
        known: What came of it, so that it is not tried again for every sweep.
    """
    able = [
        each
        for each in stages
        if each.scene.point in sweep.points and sweep.kind in {None, each.world.recorded.kind}
    ]
    outcomes = []
    for way in sweep.ways:
        if (way.settings, way.ask) == (product.settings, product.ask):
            held = {each.scene: known.of[each.scene] for each in able}
            outcomes.append(Outcome(f"{way.name} (today)", held))
        else:
            outcomes += compare([way], able, chosen_by=True)
    return outcomes


def _people(staged: Staged, *, chosen_by: bool) -> Sequence[Met]:
    return staged.choosing if chosen_by else staged.reporting


def _suited(way: Way, scene: Scene) -> Way:
    if not scene.again:
        return way
    settings: RecommendSettings = replace(way.settings, excluded_kinds=frozenset())
    return replace(way, settings=settings)
