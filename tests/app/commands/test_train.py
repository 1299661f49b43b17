"""`kindred train` on a real database and a real index, as a shell would run it."""

import json
from pathlib import Path

import pytest

from app.commands.train import told
from indexer.database import Database
from indexer.generations import Generations
from indexer.jobs import Jobs
from tests.app.commands.conftest import Kindred

RING = 12
SMALL = {"KINDRED_TRAIN_DIMENSIONS": "8", "KINDRED_TRAIN_PASSES": "2"}


def fill(kindred: Kindred, folder: Path) -> None:
    """Forty people who each touch six items of a ring, one after the other, an hour apart."""
    items = [{"item_id": f"item-{n}", "title": f"thing {n}"} for n in range(RING)]
    deeds = [
        {
            "user_id": f"user-{person}",
            "item_id": f"item-{(person + step) % RING}",
            "type": "view",
            "timestamp": f"2026-01-{1 + person % 28:02d}T{step:02d}:{person:02d}:00Z",
        }
        for person in range(40)
        for step in range(6)
    ]
    for what, rows in (("items", items), ("interactions", deeds)):
        file = folder / f"{what}.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        done = kindred("import", what, str(file))
        assert done.returncode == 0, done.stderr


def test_without_a_service_it_learns_here_and_says_what_that_brought(
    kindred: Kindred, tmp_path: Path
) -> None:
    fill(kindred, tmp_path)

    done = kindred("train", **SMALL)
    checked = kindred("doctor", "--quick", "--json")

    assert done.returncode == 0, done.stderr
    assert "learned from 240 interactions of 40 people with 12 items, in " in done.stdout
    assert "answers now; `kindred reindex --rollback` goes back" in done.stdout
    parts = {each["name"]: each for each in json.loads(checked.stdout)["checks"]}
    assert parts["index"]["verdict"] == "ok"
    assert "from 240 interactions" in parts["index"]["seen"]


def test_nothing_to_learn_from_is_one_sentence(kindred: Kindred, tmp_path: Path) -> None:
    done = kindred("train", KINDRED_TRAIN_DIMENSIONS="8")

    assert done.returncode == 1
    assert "nothing was learned from what people did" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    database = Database(f"sqlite:///{tmp_path / 'kindred.db'}")
    assert Generations(database).all() == []
    database.close()


def test_asked_for_without_waiting_it_is_left_to_a_service(
    kindred: Kindred, tmp_path: Path
) -> None:
    done = kindred("train", "--no-wait", "--force")

    database = Database(f"sqlite:///{tmp_path / 'kindred.db'}")
    job = Jobs(database).last("train")
    database.close()
    assert done.returncode == 0, done.stderr
    assert "as job 1: the next service or worker to start does it" in done.stdout
    assert job is not None
    assert (job.state, job.arguments["force"]) == ("waiting", True)


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (None, "too little was done of late to say how good it is"),
        (
            {
                "against": "live", "ndcg": 0.2, "against_ndcg": 0.15, "low": 0.01, "high": 0.09,
                "answers": 1_200, "people": 300,
            },
            "nDCG@10 0.2000, the index before 0.1500: a difference of +0.0500 (95 % interval "
            "+0.0100 to +0.0900) over 1,200 interactions of 300 people that neither had learned "
            "from",
        ),
    ],
)  # fmt: skip
def test_a_report_is_told_in_sentences(judged: dict[str, object] | None, said: str) -> None:
    training = {
        "interactions": 9_000, "people": 700, "items": 80, "passes": 6, "read": 10_000,
        "dropped": {"repeats": 950, "machines": 0, "rare items": 50}, "judged": judged,
    }  # fmt: skip

    sentences = told({"training": training, "generation": 5})

    assert sentences == [
        "learned from 9,000 interactions of 700 people with 80 items, in 6 passes",
        "left out of 10,000 interactions: 950 repeats, 50 rare items",
        said,
        "generation 5 answers now; `kindred reindex --rollback` goes back",
    ]
