"""Is anything lost, or there twice, when everything is killed at random?

    python -m bench.chaos [--minutes 3] [--seed 1] [--keep FOLDER]

Starts PostgreSQL, a Milvus server, three apps and two workers, sends items, interactions and
questions, asks for rebuilds, and kills any of them with -9 all the while; then waits until nothing
waits any more, and compares what was acknowledged with SQL, and SQL with the index, by
`kindred doctor --audit`. Ends with 1 when something was lost, is there twice, or is at fault. Needs
the extra `test`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.chaos.fleet import Killable, running_fleet
from bench.chaos.storm import Weather, described, weathered
from bench.ending import ends_when_told
from bench.machine import describe
from tests.milvus_server import running_milvus_server


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the logs, to be kept")
    given = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory(prefix="kindred-chaos-", ignore_cleanup_errors=True) as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with (
            running_milvus_server(session_seconds=5) as milvus,
            running_fleet(folder, milvus.uri) as fleet,
        ):
            others: dict[str, Killable] = {"milvus": milvus, "postgres": fleet.postgres}
            weather = Weather(seconds=60 * given.minutes)
            outcome = weathered(fleet, others, weather, seed=given.seed)
    print(f"seed           {given.seed}, {given.minutes:g} minutes")
    print("\n".join(described(outcome)))
    sys.exit(0 if outcome.unharmed else 1)


if __name__ == "__main__":
    ends_when_told()
    main()
