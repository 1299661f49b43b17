"""How alike are the ten nearest, by text, by pictures and by both?

    python -m bench.similar --data FOLDER [--html lists.html] [--cache FOLDER] [--limit N]

FOLDER holds `products.csv` and `images.tar` of the Fashion Product Images (Small). Defaults are
chosen on a part of the data that no model was trained on, and everything is reported on another
(part B). Prints Markdown; says on stderr how far it is. The first run embeds some 7,600 pictures a
model, which takes minutes; with `--cache` the next one embeds nothing.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from app.options import Options
from bench.machine import describe
from bench.similar import page, report
from bench.similar.cache import Cache
from bench.similar.study import Parts, Study, parts, study
from bench.similar.weighting import split
from embedders.errors import EmbedderError
from embedders.factory import EmbedderOptions, make

TEXT = "text:all-MiniLM-L6-v2"
IMAGES = ("image:bundled", "image:resnet18:imagenet", "image:resnet18:untrained")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    asked = _arguments(arguments)
    began = time.monotonic()
    options = EmbedderOptions(threads=asked.threads)
    text = make(asked.text, options)
    held = parts(asked.data, asked.limit)
    print(_heading(held, asked))
    cache = Cache(asked.cache)
    studies: list[Study] = []
    for specification in asked.image or IMAGES:
        _say(began, f"{specification} …")
        try:
            with contextlib.redirect_stdout(sys.stderr):  # torch says there that it downloads
                image = make(specification, options)
        except (EmbedderError, ValueError) as error:
            # What follows is advice on the service's settings.
            print(f"Not measured: `{specification}`: {str(error).partition(': set ')[0]}.\n")
            continue
        studies.append(study(held, text, image, cache, asked.image_weight))
    print(report.lists(held, studies, asked.image_weight))
    for each in studies:
        if written := report.sections(each):
            print(f"\n{written}")
    if asked.html is not None:
        _write_page(asked.html, held, studies, asked.image_weight)
    _say(began, "done")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.similar", description="How alike are the ten nearest?"
    )
    parser.add_argument("--data", type=Path, required=True, help="products.csv and images.tar")
    parser.add_argument("--html", type=Path, help="write the lists as a page of pictures")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--limit", type=int, help="items of each part, for a quick look")
    parser.add_argument("--threads", type=int, default=1, help="that a model may use")
    parser.add_argument("--text", default=TEXT, help="text model, as a specification")
    parser.add_argument(
        "--image",
        action="append",
        help=f"image model; again for more (default: {', '.join(IMAGES)})",
    )
    parser.add_argument(
        "--image-weight",
        type=float,
        default=Options().weight_image / (Options().weight_text + Options().weight_image),
        help="of the image space in the mix (default: the service's)",
    )
    return parser.parse_args(arguments)


def _heading(held: Parts, asked: argparse.Namespace) -> str:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "torchvision", "sentence-transformers")
    )
    precision = "bfloat16" if torch.cpu.get_capabilities().get("amx_bf16") else "float32"
    limit = f", at most {asked.limit} a part" if asked.limit else ""
    return "\n".join(
        [
            "# Similar items, measured",
            "",
            f"- Machine: {describe()}; {versions}; {precision}.",
            f"- Data: Fashion Product Images (Small), MIT. Defaults are chosen by "
            f"{len(held.chosen_by)} items held back from part A; {len(held.reported)} items of "
            f"part B are reported{limit}. Parts are a hash of the id.",
            f"- Text: {asked.text}, product names alone.",
            "",
        ]
    )


def _write_page(file: Path, held: Parts, studies: Sequence[Study], weight: float) -> None:
    trained = next((each for each in studies if each.choice is not None), None)
    if trained is None:
        print(f"\n{file} is not written: no trained image model was measured.")
        return
    vectors = trained.vectors
    fewer = vectors.without(held.reported.without_picture())
    shown = {
        "text": vectors.lists(split(0.0)),
        "pictures": vectors.lists(split(1.0)),
        "mix": vectors.lists(split(weight)),
        "mix, a fifth missing": fewer.lists(split(weight)),
    }
    heading = (
        f"{len(held.reported)} products of part B, pictures by {trained.model}; the mix is text "
        f"{1 - weight:.2f}, image {weight:.2f}. In the last row a fifth of all items lack their "
        "picture."
    )
    page.write(file, held.reported, shown, heading)


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
