"""Products of one part of the data, as the service would be given them: a title and a picture."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.bundled_resnet import data
from embedders.items import Content
from embedders.spaces import Mask

Rows = NDArray[np.int64]

WITHOUT_PICTURE = 0.2
"""Share of a catalogue whose pictures are taken away to see what becomes of it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products that are found for each other; those of a part are in the order of their ids.

    Attributes:
        products: Their ids and labels.
        contents: What the embedders look at, one a product: title and picture, no categories, which
            would give the article type away.
    """

    products: tuple[data.Product, ...]
    contents: tuple[Content, ...]

    def __len__(self) -> int:
        return len(self.products)

    def values(self, label: str) -> list[str]:
        """Return a label of every product, one of data.LABELS."""
        place = data.LABELS.index(label)
        return [product.labels[place] for product in self.products]

    def label(self, label: str) -> Rows:
        """Number the values of a label, shape (n,); -1 where it is not known."""
        values = self.values(label)
        return data.numbered(values, sorted(set(values) - {"", "NA"}))

    def without_picture(self) -> Mask:
        """Choose a fifth by a hash of the id, shape (n,)."""
        return np.array(
            [share_of(product.number, "picture") < WITHOUT_PICTURE for product in self.products],
            dtype=np.bool_,
        )

    def sources(self) -> set[bytes]:
        """Return every title and every picture file, to tell who has a twin elsewhere."""
        titles = {(content.title or "").encode() for content in self.contents}
        return titles | {content.picture or b"" for content in self.contents}


def merged(catalogues: Sequence[Catalogue]) -> Catalogue:
    """Put catalogues one after another; the first keeps its row numbers."""
    return Catalogue(
        tuple(product for each in catalogues for product in each.products),
        tuple(content for each in catalogues for content in each.contents),
    )


def share_of(number: str, purpose: str) -> float:
    """Throw dice for a product: a number from 0 to 1 that its id and a purpose decide."""
    digest = hashlib.sha256(f"{purpose} {number}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def sampled(
    products: Sequence[data.Product], limit: int | None, purpose: str
) -> list[data.Product]:
    """Choose at most `limit` products by a hash of their ids; they stay in order."""
    if limit is None or len(products) <= limit:
        return list(products)
    chosen = sorted(products, key=lambda product: share_of(product.number, purpose))[:limit]
    return sorted(chosen, key=lambda product: int(product.number))


def read(folder: Path, part: data.Part, limit: int | None = None) -> Catalogue:
    """Read the products of a part.

    Args:
        folder: Holds `products.csv` and `images.tar`.
        part: Which part.
        limit: Take no more than this, chosen by a hash of the id.
    """
    products = sampled(data.products(folder, part), limit, "limit")
    with (folder / "products.csv").open(encoding="utf-8", newline="") as opened:
        titles = {row["id"]: row["productDisplayName"] for row in csv.DictReader(opened)}
    contents = [
        Content(title=titles[product.number] or None, picture=picture or None)
        for product, picture in zip(products, data.files(folder, products), strict=True)
    ]
    return Catalogue(tuple(products), tuple(contents))
