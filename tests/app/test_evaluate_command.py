"""`kindred evaluate` as people type it."""

import json
from pathlib import Path

import pytest

from app.clock import utc_now
from app.services import Services
from app.settings import Settings, variable
from indexer.memory import MemoryStore
from indexer.milvus import MilvusStore
from tests.app.typing_kindred import Kindred, typing_kindred
from tests.milvus_server import MilvusServer

pytestmark = pytest.mark.usefixtures("learns_here")


@pytest.fixture
def kindred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kindred:
    settings = {"data_dir": str(tmp_path / "data"), "text_model": "hash", "image_model": "none"}
    return typing_kindred(monkeypatch, settings)


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """People who each go round in one group of four items, at different paces."""
    rows = ["user_id,item_id,type,timestamp"]
    for person in range(20):
        for day in range(3):
            item = f"g{person % 2}-{(person // 2 + day) % 4}"
            rows.append(f"u{person},{item},purchase,2026-01-{3 * day + 1 + person % 3:02}")
    file = tmp_path / "clicks.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


@pytest.fixture
def items(tmp_path: Path) -> Path:
    words = ("red mug", "blue lamp")
    rows = [f"g{g}-{n},{words[g]} {n},{words[g]}" for g in range(2) for n in range(4)]
    file = tmp_path / "items.csv"
    file.write_text("item_id,title,categories\n" + "\n".join(rows) + "\n")
    return file


def test_a_table_is_evaluated_to_a_terminal_a_file_and_a_page(
    kindred: Kindred, clicks: Path, items: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    result, report = tmp_path / "a.json", tmp_path / "a.html"

    done = kindred(
        *("evaluate", str(clicks), "--items", str(items), "--split", "last", "--exact"),
        *("--method", "popular", "--method", "kindred", "--k", "3", "--k", "1"),
        *("--json", str(result), "--html", str(report)),
    )

    assert done.exit_code == 0, done.output
    assert "20 people are asked for 20 items among 8" in done.stdout
    run = json.loads(result.read_text())
    assert [each["name"] for each in run["methods"]] == ["popular", "kindred"]
    assert run["about"]["search"] == "exact"
    means = {each["name"]: each["overall"]["ndcg@3"]["mean"] for each in run["methods"]}
    assert means["kindred"] > means["popular"]
    assert report.read_text().startswith("<!doctype html>")
    assert not (tmp_path / "data").exists()


@pytest.mark.server
def test_a_milvus_server_searches_as_a_lite_file_does_and_is_left_as_it_was(
    kindred: Kindred, clicks: Path, items: Path, tmp_path: Path, milvus_server: MilvusServer
) -> None:
    store = MilvusStore(milvus_server.uri, None)
    store.create("somebody_elses", 8)
    files = {"lite": tmp_path / "lite.json", "server": tmp_path / "server.json"}
    on = {"lite": (), "server": ("--server", milvus_server.uri)}

    done = [
        kindred(
            *("evaluate", str(clicks), "--items", str(items), "--split", "last", *on[name]),
            *("--method", "kindred", "--k", "3", "--json", str(file)),
        )
        for name, file in files.items()
    ]

    left = store.collections()
    store.drop("somebody_elses")
    store.close()
    assert [each.exit_code for each in done] == [0, 0], done[1].output
    lite, server = (json.loads(file.read_text()) for file in files.values())
    assert (lite["about"]["search"], server["about"]["search"]) == (
        "approximate",
        "approximate, on a server",
    )
    assert lite["methods"][0]["overall"] == server["methods"][0]["overall"]
    assert "somebody_elses" in left
    assert not any(name.startswith("laboratory") for name in left)


@pytest.mark.parametrize("command", ["evaluate", "tune"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--server", "milvus.db"), "address of a Milvus server"),
        (("--server", "http://127.0.0.1:9", "--exact"), "leave --server out"),
    ],
)
def test_a_server_is_an_address_and_does_not_search_exactly(
    kindred: Kindred, clicks: Path, command: str, given: tuple[str, ...], said: str
) -> None:
    refused = kindred(command, str(clicks), *given)

    assert refused.exit_code == 2
    assert said in " ".join(refused.output.replace("│", " ").split())


def test_two_results_are_tested_against_each_other(
    kindred: Kindred, clicks: Path, tmp_path: Path
) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, seed in zip(files, ("0", "1"), strict=True):
        kindred(
            *("evaluate", str(clicks), "--split", "last", "--method", "random", "--seed", seed),
            *("--k", "1", "--json", str(file)),
        )

    done = kindred("evaluate", "--compare", str(files[0]), str(files[1]))

    assert done.exit_code == 0, done.output
    assert "ndcg@1" in done.stdout
    assert "adjusted p" in done.stdout


def test_the_services_own_interactions_are_evaluated_without_a_data_set(
    kindred: Kindred, clicks: Path, items: Path
) -> None:
    kindred("import", "items", str(items))
    kindred("import", "interactions", str(clicks))

    done = kindred("evaluate", "--method", "item-knn", "--share", "0.3")

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("own: ")
    assert "item-knn" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--split", "weekly"), "'weekly', but must be one of time, last"),
        (("--share", "1.5"), "must be above 0 and below 1"),
        (("--layout", "csv"), "'csv', but must be one of movielens"),
    ],
)
def test_options_that_cannot_be_used_are_told(
    kindred: Kindred, clicks: Path, arguments: tuple[str, str], told: str
) -> None:
    done = kindred("evaluate", str(clicks), *arguments)

    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())


def test_a_method_nobody_knows_is_told_with_the_nearest_name(
    kindred: Kindred, clicks: Path
) -> None:
    done = kindred("evaluate", str(clicks), "--method", "item-nkn")

    assert done.exit_code == 1
    assert "did you mean 'item-knn'?" in str(done.exception)


def test_weights_can_be_tried_side_by_side(kindred: Kindred, clicks: Path, items: Path) -> None:
    both = kindred(
        *("evaluate", str(clicks), "--items", str(items), "--split", "last", "--exact"),
        *("--method", "kindred:text=1", "--method", "kindred"),
    )
    other = kindred("evaluate", str(clicks), "--exact", "--method", "kindred:smell=1")
    wrong = kindred("evaluate", str(clicks), "--method", "kindred:text=much")

    assert both.exit_code == 0, both.output
    assert "kindred:text=1" in both.stdout
    assert "'smell': the index has no such space, it has text" in str(other.exception)
    assert "'text=much' for a weight" in str(wrong.exception)


def test_people_are_drawn_and_a_validation_part_is_carved(kindred: Kindred, clicks: Path) -> None:
    done = kindred(
        *("evaluate", str(clicks), "--method", "popular", "--split", "last"),
        *("--validation", "--people", "5"),
    )
    cold = kindred(
        *("evaluate", str(clicks), "--method", "popular", "--split", "last"),
        *("--people", "5", "--given", "0"),
    )

    assert done.exit_code == 0, done.output
    assert "5 people are asked for 5 items" in done.stdout
    assert "after 30 interactions" in " ".join(cold.stdout.split())
    assert "after 20 interactions" in " ".join(done.stdout.split())


def test_what_was_touched_is_to_be_found_again_where_repeats_are_asked_for(
    kindred: Kindred, tmp_path: Path
) -> None:
    rows = [f"u{n},mug,purchase,2026-01-0{day}" for n in range(5) for day in (1, 2)]
    file = tmp_path / "clicks.csv"
    file.write_text("user_id,item_id,type,timestamp\n" + "\n".join(rows) + "\n")

    once = kindred("evaluate", str(file), "--split", "last", "--method", "popular")
    again = kindred(
        *("evaluate", str(file), "--split", "last", "--repeats", "--exact"),
        *("--method", "popular", "--method", "kindred"),
    )

    assert "none is new to its person" in str(once.exception)
    assert again.exit_code == 0, again.output
    assert again.stdout.count("1.000") >= 2


def test_sampled_numbers_are_called_what_they_are(
    kindred: Kindred, clicks: Path, items: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    result, report = tmp_path / "a.json", tmp_path / "a.html"
    options = ("evaluate", str(clicks), "--items", str(items), "--split", "last", "--exact")

    done = kindred(
        *(*options, "--method", "popular", "--method", "kindred", "--negatives", "2"),
        *("--negatives-by", "popularity", "--json", str(result), "--html", str(report)),
    )

    assert done.exit_code == 0, done.output
    assert "Krichene and Rendle" in " ".join(done.stdout.split())
    assert "sampled metrics" in report.read_text()
    run = json.loads(result.read_text())
    assert (run["about"]["negatives"], run["about"]["negatives_by"]) == (2, "popularity")
    # Of three items one is to be found.
    assert run["methods"][1]["overall"]["hit@10"]["mean"] == 1


def test_an_audit_shows_groups_of_items_and_of_people(
    kindred: Kindred, clicks: Path, items: Path
) -> None:
    done = kindred(
        *("evaluate", str(clicks), "--items", str(items), "--split", "last", "--audit"),
        *("--method", "popular", "--by", "price"),
    )
    wrong = kindred("evaluate", str(clicks), "--method", "popular", "--people-by", "country")

    assert done.exit_code == 0, done.output
    for told in (
        "popularity: 1",
        "category: red mug",
        "price: (none)",
        "people: newcomers",
        "rfm:",
    ):
        assert told in done.stdout
    assert wrong.exit_code == 2
    assert "leave DATA out" in wrong.output


def test_the_services_own_people_are_audited_by_their_attributes(
    kindred: Kindred, clicks: Path, items: Path, tmp_path: Path
) -> None:
    kindred("import", "items", str(items))
    kindred("import", "interactions", str(clicks))
    settings = Settings.from_environment({variable("data_dir"): str(tmp_path / "data")})
    services = Services(settings, clock=utc_now, store=MemoryStore())
    for person in range(20):
        country = "PT" if person % 2 else "DK"
        services.people.set_attributes(f"u{person}", {"country": country}, now=utc_now())
    services.stop()

    done = kindred("evaluate", "--method", "item-knn", "--audit", "--people-by", "country")

    assert done.exit_code == 0, done.output
    assert "country: PT" in done.stdout
    assert "country: DK" in done.stdout
