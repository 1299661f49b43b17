"""How long does a pass over a million interactions take, and how much memory?

    python -m bench.behaviour.scale [--rows N] [--items N] [--people N] [--sample N]

Interactions are drawn at random, with items as unequally popular as in shops (Zipf), and content of
384 numbers. Prints the processor's seconds of one pass, which depend little on what else runs, and
the most memory the process held.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.machine import describe
from embedders.behaviour_training import learn
from embedders.learning import TrainingSettings
from embedders.options import EmbedderOptions
from embedders.sequences import Sequences, sequences

CONTENT = 384


def drawn(rows: int, items: int, people: int) -> Sequences:
    """Draw interactions of two years, a fixed seed deciding."""
    random = np.random.default_rng(0)
    shares = 1 / (10 + np.arange(items))
    return sequences(
        random.integers(people, size=rows),
        random.choice(items, rows, p=shares / shares.sum()),
        np.ones(rows, dtype=np.float32),
        random.uniform(0, 730, rows),
        count=people,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = TrainingSettings()
    parser = argparse.ArgumentParser(prog="python -m bench.behaviour.scale")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=chosen.dimensions)
    parser.add_argument("--sample", type=int, default=chosen.sample)
    asked = parser.parse_args(arguments)
    random = np.random.default_rng(1)
    content = random.normal(size=(asked.items, CONTENT)).astype(np.float32)
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    held = drawn(asked.rows, asked.items, asked.people)
    settings = replace(
        chosen, dimensions=asked.dimensions, sample=asked.sample, passes=1, latest=0.0
    )
    began = time.process_time()
    learn(held, content, settings, EmbedderOptions(device="cpu", threads=1))
    took = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{describe()}, 1 thread")
    print(
        f"{asked.rows} rows, {asked.people} people, {asked.items} items, {asked.dimensions} "
        f"dimensions, samples of {asked.sample}: {took:.0f} s a pass, {memory:.0f} MB at most"
    )


if __name__ == "__main__":
    main()
