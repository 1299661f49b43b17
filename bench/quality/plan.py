"""What is measured: on which data, by which methods, how much of everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.evaluations import SplitName, Trial

FOLDER = Path("build/quality")

BASELINES = (
    "random",
    "popular",
    "trending",
    "kindred-last:behaviour=0",
    "item-knn",
    "item-knn-last",
    "als",
    "bpr",
    "ease",
    "ease-recent",
    "elsa",
    "elsa-recent",
)
"""In the order of the tables. The fourth is what is like a person's last item by content alone."""

CONTENT, BEHAVIOUR, HYBRID, TUNED = (
    "kindred:behaviour=0",
    "kindred:behaviour=1",
    "kindred",
    "kindred-tuned",
)
OURS = (CONTENT, BEHAVIOUR, HYBRID)

TITLES: Mapping[str, str] = {
    "random": "random",
    "popular": "popular",
    "trending": "trending",
    "kindred-last:behaviour=0": "last item, content",
    "item-knn": "ItemKNN, whole history",
    "item-knn-last": "ItemKNN, last item",
    "als": "ALS",
    "bpr": "BPR",
    "ease": "EASE",
    "ease-recent": "EASE, recency weight",
    "elsa": "ELSA",
    "elsa-recent": "ELSA, recency weight",
    CONTENT: "Kindred, content only",
    BEHAVIOUR: "Kindred, behaviour only",
    HYBRID: "**Kindred as it ships**",
    TUNED: "**Kindred, tuned**",
}

NEWCOMERS = (0, 1, 2, 5)
"""So many interactions are known of each."""

ASKED_OF_NEWCOMERS = ("popular", "trending", "item-knn-last", "ease-recent")


@dataclass(frozen=True, slots=True)
class Cell:
    """One data set, split one way."""

    dataset: str
    split: SplitName

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.dataset}-{self.split}"

    @property
    def title(self) -> str:
        """Of its section."""
        said = {"time": "global cut", "last": "leave last out"}
        titles = {"online-retail": "Online Retail II", "movielens": "MovieLens small"}
        return f"{titles.get(self.dataset, self.dataset)}, {said[self.split]}"


CELLS = (
    Cell("movielens", "last"),
    Cell("movielens", "time"),
    Cell("online-retail", "time"),
)
TINY_CELLS = (Cell("made-up", "time"), Cell("made-up", "last"))


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything.

    Attributes:
        cells: In this order.
        data: Name of a data set to where it lies.
        folder: Where what was measured is kept, and laboratories are.
        people: At most so many are asked for, drawn at random; None: everybody.
        panel: So many judge what is tried when tuning, at most.
        tries: Of tuning.
        newcomers: So many people are turned into newcomers, at most; and of those there are not
            more than a quarter, as what they did is forgotten.
        parts: Of every cell; None: all.
        environment: Variables of the laboratories besides those that are set.
        tiny: Whether it is only to see that it runs.
    """

    cells: tuple[Cell, ...]
    data: Mapping[str, Path]
    environment: Mapping[str, str]
    folder: Path = FOLDER
    people: int | None = None
    panel: int = 300
    tries: int = 30
    newcomers: int = 300
    parts: tuple[str, ...] | None = None
    tiny: bool = False

    def trial(self, cell: Cell) -> Trial:
        """How a cell is asked."""
        return Trial(split=cell.split, ks=(10,), people=self.people)


# Neither set has pictures: without them the space of looks is zeros, and its model only costs time.
USUAL = {"KINDRED_IMAGE_MODEL": "none"}
TINY = {**USUAL, "KINDRED_TEXT_MODEL": "hash", "KINDRED_TRAIN_PASSES": "2"}
