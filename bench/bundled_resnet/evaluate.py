"""How good nearest neighbours by pictures alone are, on part B, which nothing was trained on.

    python -m bench.bundled_resnet.evaluate --data FOLDER

Prints, for the bundled network, an untrained ResNet-18, ImageNet's (where it can be had) and
chance, the share of the ten nearest pictures that show the same type of article and the same
colour; then the same by article type, and for drawings like the demo's that were not trained on.
"""

import argparse
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.bundled_resnet import data, measure
from bench.machine import describe
from embedders.errors import WeightsUnavailable
from embedders.spaces import Array

NETWORKS = ("image:bundled", "image:resnet18:untrained", "image:resnet18:imagenet")
FEWEST = 25
"""Pictures a type needs for a line of its own: rarer ones cannot fill ten places."""

DRAWN_OF_EACH = 20
UNSEEN = 10_000
"""Number of the first drawing here; those trained on have lower ones."""


def chance(labels: Sequence[str]) -> float:
    """Return what neighbours drawn by lot would have in common."""
    counts = np.array(list(Counter(labels).values()), dtype=np.float64)
    return float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))


def embedded(networks: Sequence[str], files: Sequence[bytes], threads: int) -> dict[str, Array]:
    """Embed by each network that can be had."""
    found: dict[str, Array] = {}
    for network in networks:
        try:
            found[network] = measure.embed(network, files, threads=threads)
        except WeightsUnavailable as error:
            print(f"{network} cannot be had: {str(error).partition(':')[0]}")
    return found


def drawn_files() -> tuple[list[bytes], list[str]]:
    """Draw what the networks have not seen, as PNG files."""
    files = []
    drawn, names = data.drawings(DRAWN_OF_EACH, first=UNSEEN)
    for each in drawn:
        held = io.BytesIO()
        each.save(held, "PNG")
        files.append(held.getvalue())
    return files, names


def print_table(
    title: str, vectors: Mapping[str, Array], labels: Mapping[str, Sequence[str]]
) -> None:
    """Print a line a network, a column a label."""
    print(f"\n| {title} | {' | '.join(labels)} |\n|---|{'---|' * len(labels)}")
    for network, held in vectors.items():
        shares = (f"{measure.alike(held, values):.3f}" for values in labels.values())
        print(f"| {network} | {' | '.join(shares)} |")
    print(f"| chance | {' | '.join(f'{chance(values):.3f}' for values in labels.values())} |")


def print_types(vectors: Mapping[str, Array], types: Sequence[str]) -> None:
    """Print a line an article type, a column a network."""
    shares = {network: measure.shares(held, types) for network, held in vectors.items()}
    names = np.array(types)
    print(f"\n| article type | pictures | {' | '.join(shares)} | chance |")
    print(f"|---|---|{'---|' * (len(shares) + 1)}")
    for name, count in Counter(types).most_common():
        if count < FEWEST:
            continue
        cells = [f"{held[names == name].mean():.2f}" for held in shares.values()]
        print(f"| {name} | {count} | {' | '.join(cells)} | {(count - 1) / (len(names) - 1):.2f} |")
    rare = np.array([Counter(types)[name] < FEWEST for name in types])
    cells = [f"{held[rare].mean():.2f}" for held in shares.values()]
    print(f"| all others | {int(rare.sum())} | {' | '.join(cells)} | |")


def main() -> None:
    """Measure and print; writes nothing."""
    parser = argparse.ArgumentParser(description="Measure image models on part B.")
    parser.add_argument("--data", type=Path, required=True, help="products.csv and images.tar")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help="specifications")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--part", choices=("b", "choose"), default="b")
    asked = parser.parse_args()
    products = data.products(asked.data, asked.part)
    print(f"{describe()}; {len(products)} photographs of part {asked.part}")
    vectors = embedded(asked.networks, data.files(asked.data, products), asked.threads)
    columns = {"same article type": 0, "same colour": 1}
    labels = {title: [each.labels[place] for each in products] for title, place in columns.items()}
    print_table(f"of the {measure.NEAREST} nearest photographs", vectors, labels)
    print_types(vectors, labels["same article type"])
    files, names = drawn_files()
    drawn = embedded(tuple(vectors), files, asked.threads)
    print_table(f"of the {measure.NEAREST} nearest drawings", drawn, {"same kind": names})


if __name__ == "__main__":
    main()
