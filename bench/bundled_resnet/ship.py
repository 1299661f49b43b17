"""Projects what was trained, and puts it where Kindred looks for it.

    python -m bench.bundled_resnet.ship --data FOLDER --weights WORK/weights.safetensors

There is no prior mean: the projection already puts the middle of part A at 0. Shrunk by 50 items
towards the middle of photographs and drawings, small catalogues did no better (share of the three
nearest of one type, 16 photographs of 4 types: .888; with their own mean .898, with none .884).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from bench.bundled_resnet import data, project
from bench.bundled_resnet.train import DRAWN_OF_EACH
from embedders import bundled
from embedders.factory import BUNDLED, EmbedderOptions, make
from embedders.views import Whole


def projected(state: dict[str, torch.Tensor], folder: Path) -> dict[str, torch.Tensor]:
    """Add a projection, fitted on what the network was trained on, to a trunk's weights."""
    network = bundled.trunk()
    network.load_state_dict({name: held.float() for name, held in state.items()}, strict=False)
    look = Whole(bundled.SIDE)
    photographed = data.products(folder, "train")
    drawn, names = data.drawings(DRAWN_OF_EACH)
    pixels = data.pixels(data.files(folder, photographed), look)
    seen = project.features(network, np.concatenate([pixels, np.stack([look(d) for d in drawn])]))
    types = [product.labels[0] for product in photographed] + names
    colours = [product.labels[1] for product in photographed] + [""] * len(names)
    matrix, offset = project.fit(seen, types, colours)
    return state | {
        "projection.weight": torch.from_numpy(matrix)[:, :, None, None].half().contiguous(),
        "projection.bias": torch.from_numpy(offset).half(),
    }


def main() -> None:
    """Write the weights."""
    parser = argparse.ArgumentParser(description="Ship the weights of the small ResNet.")
    parser.add_argument("--data", type=Path, required=True, help="products.csv and images.tar")
    parser.add_argument("--weights", type=Path, required=True, help="what was trained")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    bundled.WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(projected(load_file(asked.weights), asked.data), bundled.WEIGHTS)
    bundled.WEIGHTS.chmod(0o644)
    identity = make(BUNDLED, EmbedderOptions(threads=asked.threads)).model
    print(f"{bundled.WEIGHTS}: {identity}, {bundled.WEIGHTS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
