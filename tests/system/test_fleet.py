"""Three apps, two workers, PostgreSQL: killed while everything flows in, and nothing is lost.

The long form, which freezes processes and kills the Milvus server too, is `python -m bench.chaos`.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.chaos.fleet import Killable, running_fleet
from bench.chaos.storm import Weather, described, weathered
from bench.chaos.traffic import Shape
from tests.milvus_server import MilvusServer
from tests.relay import Relay, relayed

KILLS = 5
"""With the seed below: both workers, an app, PostgreSQL, and the way to Milvus."""


@dataclass(frozen=True)
class Wire:
    """The way to the Milvus server, which other tests share: it is cut instead of the server."""

    relay: Relay

    def kill(self) -> None:
        self.relay.cut()

    def start(self) -> None:
        self.relay.resume()


@pytest.mark.server
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_though_everything_is_killed(
    tmp_path: Path, milvus_server: MilvusServer
) -> None:
    port = urlsplit(milvus_server.uri).port
    assert port is not None
    weather = Weather(seconds=1, pause=1.5, down=0.5, reindex_every=5, frozen=0)
    with (
        relayed(port) as relay,
        running_fleet(tmp_path, f"http://127.0.0.1:{relay.port}") as fleet,
    ):
        others: dict[str, Killable] = {"milvus": Wire(relay), "postgres": fleet.postgres}

        outcome = weathered(
            fleet, others, weather, seed=1, shape=Shape(items=40, pause=0.05), at_least=KILLS
        )

    assert outcome.unharmed, "\n".join(described(outcome))
    assert set(outcome.kills) >= {"worker-0", "worker-1", "app-1", "postgres", "milvus"}
    assert outcome.ledger.acknowledged > 0
    looked = {check["name"]: check["looked_at"] for check in outcome.audit["checks"]}
    assert looked["items"] > 0
    assert looked["activity"] > 0
