"""Put the service under everything at once for a while, and say what it did to it.

    python -m bench.soak [--minutes 10] [--engine lite|server] [--seed 7] [--kills 4] [--json FILE]

A real `kindred serve` is read from, written to, and sent what it must refuse, by many at a time; in
the first half it is killed with -9 in the midst of trainings and rebuilds (so is the Milvus server,
with `--engine server`, where records are in PostgreSQL), in the second it is let be. Afterwards
everything that was acknowledged is looked for in an export, the index is audited, and memory at
the start and the end of the quiet half is compared. Exits with 1 if anything is wrong. Embedders
are the hashing ones: models are measured elsewhere. Needs the extra `test`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.ending import ends_when_told
from bench.soak.run import Plan, Soak
from bench.soak.stage import running

TINY = Plan(seconds=12, items=200, readers=2, writers=1, visitors=1, kills=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, run, and print the report."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=usual.seconds / 60)
    parser.add_argument("--engine", choices=["lite", "server"], default="lite")
    parser.add_argument("--items", type=int, default=usual.items, help="there at the start")
    parser.add_argument("--kills", type=int, default=usual.kills, help="of the service")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--tiny", action="store_true", help="seconds, to see that it runs")
    parser.add_argument("--json", type=Path, help="write the report here, too")
    asked = parser.parse_args(arguments)
    plan = replace(TINY if asked.tiny else usual, seed=asked.seed)
    if not asked.tiny:
        plan = replace(plan, seconds=60 * asked.minutes, items=asked.items, kills=asked.kills)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), asked.engine) as stage:
        report = Soak(stage, asked.engine, plan, say).run()
    print("\n".join(report.lines()))
    if asked.json is not None:
        asked.json.write_text(json.dumps(report.as_json(), indent=2), encoding="utf-8")
    return 0 if report.sound else 1


def say(what: str) -> None:
    """Tell how far it is, on stderr."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    ends_when_told()
    sys.exit(main())
