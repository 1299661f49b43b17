"""Public interactions and what the items are."""

import csv
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped] # it ships no types
from safetensors.numpy import load_file, save_file

from embedders.factory import EmbedderOptions
from embedders.fitting import fit
from embedders.items import Content
from embedders.layout import Layout, RawBatch
from embedders.sequences import Sequences, sequences
from embedders.spaces import Array, Embedder

SETS = ("movielens-small", "online-retail")

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Dataset:
    """A set of interactions.

    Attributes:
        name: One of SETS.
        sequences: Every interaction weighs 1. Those of a person at one moment are in an order
            drawn by a hash: the order of the file would give away which items are numbered next.
        contents: One an item.
    """

    name: str
    sequences: Sequences
    contents: tuple[Content, ...]


def read(folder: Path, name: str) -> Dataset:
    """Read a set from the folder of all data sets."""
    if name == "movielens-small":
        return _movielens(folder / name)
    if name == "online-retail":
        return _retail(folder / name)
    raise ValueError(f"a data set is one of {', '.join(SETS)}, not {name!r}")


def blocks(dataset: Dataset, embedder: Embedder, cache: Path | None) -> Array:
    """Embed the items' words, centred and of unit length: shape (items, d), zeros where absent."""
    file = cache / f"{dataset.name}@{embedder.model.replace('/', '_')}.npz" if cache else None
    if file and file.exists():
        return load_file(file)["blocks"]
    embedded = embedder.embed(dataset.contents)
    name = embedder.space.name
    raw = RawBatch({name: embedded.vectors}, {name: embedded.present})
    evidence = fit(Layout((embedder.space,)), lambda: [raw], {}).evidence(raw)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({"blocks": evidence}, file)
    return evidence


def options() -> EmbedderOptions:
    """Models run in one thread."""
    return EmbedderOptions(threads=1)


def _movielens(folder: Path) -> Dataset:
    with (folder / "movies.csv").open(encoding="utf-8", newline="") as opened:
        films = {row["movieId"]: row for row in csv.DictReader(opened)}
    ratings = pd.read_csv(folder / "ratings.csv", dtype={"movieId": str})
    numbers = {film: place for place, film in enumerate(sorted(set(ratings["movieId"])))}
    contents = tuple(
        Content(
            title=films[film]["title"],
            categories=tuple(
                genre for genre in films[film]["genres"].split("|") if "(" not in genre
            ),
        )
        for film in numbers
    )
    items = ratings["movieId"].map(numbers).to_numpy(np.int64)
    people = pd.factorize(ratings["userId"])[0].astype(np.int64)
    days = ratings["timestamp"].to_numpy(np.float64) / _DAY
    return Dataset("movielens-small", _shuffled(people, items, days), contents)


def _retail(folder: Path) -> Dataset:
    sales = pd.read_parquet(folder / "online_retail_II.parquet").drop_duplicates()
    sold = sales[
        sales["Customer ID"].notna()
        & ~sales["Invoice"].astype(str).str.startswith("C")
        & (sales["Quantity"] > 0)
        & (sales["Price"] > 0)
    ].drop_duplicates(["Invoice", "StockCode"])
    items, codes = pd.factorize(sold["StockCode"], sort=True)
    titles = sold.drop_duplicates("StockCode").set_index("StockCode")["Description"]
    contents = tuple(Content(title=str(titles[code])) for code in codes)
    people = pd.factorize(sold["Customer ID"], sort=True)[0].astype(np.int64)
    days = sold["InvoiceDate"].to_numpy("datetime64[s]").astype(np.float64) / _DAY
    return Dataset("online-retail", _shuffled(people, items.astype(np.int64), days), contents)


def _shuffled(
    people: np.typing.NDArray[np.int64],
    items: np.typing.NDArray[np.int64],
    days: np.typing.NDArray[np.float64],
) -> Sequences:
    drawn = np.array(
        [zlib.crc32(f"{a} {b}".encode()) for a, b in zip(people, items, strict=True)], np.int64
    )
    order = np.argsort(drawn, kind="stable")
    weights = np.ones(len(items), dtype=np.float32)
    return sequences(people[order], items[order], weights, days[order], count=int(people.max()) + 1)
