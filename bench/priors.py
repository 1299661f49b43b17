"""Makes the prior means that are shipped with the default text model.

A prior is where the model puts things for sale in general, so that a small catalogue is centred on
that and not on its own first few items. It is the mean of two means, a sample each of

    fashion/products.csv          Fashion Product Images (Small), MIT: names and categories
    online-retail/*.parquet       UCI Online Retail II, CC BY 4.0: descriptions of what was sold

so that the larger set does not outvote the other. Run once for each new default model; pandas needs
pyarrow to read the second set:

    python -m bench.priors --data FOLDER
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped] # it ships no types
from safetensors.numpy import save

from embedders.factory import EmbedderOptions
from embedders.items import Content
from embedders.spaces import Array
from embedders.text import TextEmbedder, load_text
from embedders.text_weights import DEFAULT

SAMPLE = 4_000
"""Items of each set, spread evenly over it in alphabetical order: the mean of another such sample
lies within .02 of this one's."""


def fashion(folder: Path) -> list[Content]:
    """Read names and categories, from general to special."""
    with (folder / "fashion" / "products.csv").open(encoding="utf-8", newline="") as opened:
        return [
            Content(
                title=row["productDisplayName"],
                categories=(row["masterCategory"], row["subCategory"], row["articleType"]),
            )
            for row in csv.DictReader(opened)
        ]


def retail(folder: Path) -> list[Content]:
    """Read each product's description; cancelled and unpriced rows are no products."""
    sales = pd.read_parquet(
        folder / "online-retail" / "online_retail_II.parquet",
        columns=["Invoice", "StockCode", "Description", "Quantity", "Price", "Customer ID"],
    )
    sold = sales[
        sales["Customer ID"].notna()
        & ~sales["Invoice"].astype(str).str.startswith("C")
        & (sales["Quantity"] > 0)
        & (sales["Price"] > 0)
    ]
    described = sold.dropna(subset=["Description"]).drop_duplicates("StockCode")
    return [Content(title=title) for title in described["Description"]]


def sample(contents: list[Content]) -> list[Content]:
    """Take at most SAMPLE of them, evenly spaced in alphabetical order."""
    ordered = sorted(contents, key=lambda content: content.title or "")
    if len(ordered) <= SAMPLE:
        return ordered
    places = np.linspace(0, len(ordered) - 1, SAMPLE).astype(int)
    return [ordered[place] for place in places]


def mean(embedder: TextEmbedder, contents: list[Content]) -> Array:
    """Average the raw vectors of a sample, shape (d,)."""
    embedded = embedder.embed(sample(contents))
    average: Array = embedded.vectors[embedded.present].mean(axis=0, dtype=np.float64)
    return average


def main() -> None:
    """Write the prior of the default text model."""
    parser = argparse.ArgumentParser(description="Make the prior mean of the default text model.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the two data sets")
    parser.add_argument("--output", type=Path, default=Path("embedders/priors"))
    asked = parser.parse_args()
    embedder = load_text(DEFAULT, EmbedderOptions(precision="float32", threads=2))
    means = [mean(embedder, read(asked.data)) for read in (fashion, retail)]
    asked.output.mkdir(parents=True, exist_ok=True)
    file = asked.output / f"{embedder.model}.safetensors"
    described = {"sources": "Fashion Product Images (Small), MIT; UCI Online Retail II, CC BY 4.0"}
    file.write_bytes(save({"mean": np.mean(means, axis=0).astype(np.float32)}, described))
    print(f"{file}: the two means are {np.linalg.norm(means[0] - means[1]):.3f} apart")


if __name__ == "__main__":
    main()
