import pytest
from structlog.testing import capture_logs

from embedders.errors import WeightsUnavailable
from embedders.factory import EmbedderOptions, Resolved, make
from embedders.spaces import Embedder
from indexer.database import Database
from indexer.errors import ModelUnavailable
from indexer.generation import SpaceModel
from indexer.memory import MemoryStore
from indexer.models import Models
from tests.indexer.house import House

CONFIGURED = {"image": "best"}
BETTER = "hash:image:32"
FALLBACK = "hash:image:16"


def nothing_better(specification: str) -> Resolved:
    return Resolved(FALLBACK, BETTER, f"the host of {specification} is out of reach")


def nothing_better_image(specification: str) -> Resolved:
    return nothing_better(specification) if specification == "best" else Resolved(specification)


def better_image(specification: str) -> Resolved:
    return Resolved(BETTER if specification == "best" else specification)


def made(specification: str) -> Embedder:
    return make(specification, EmbedderOptions())


def test_a_space_is_described_by_what_its_configuration_came_to() -> None:
    models = Models(made, nothing_better)

    (space,) = models.spaces(CONFIGURED)

    assert space == SpaceModel("image", 16, made(FALLBACK).model, FALLBACK)


def test_falling_back_is_logged_with_the_reason() -> None:
    models = Models(made, nothing_better)

    with capture_logs() as logged:
        models.spaces(CONFIGURED)

    assert logged == [
        {
            "event": "fallback_model",
            "log_level": "warning",
            "space": "image",
            "model": FALLBACK,
            "instead_of": BETTER,
            "reason": "the host of best is out of reach",
        }
    ]


def test_an_index_that_has_the_better_model_is_not_made_worse() -> None:
    models = Models(made, nothing_better)
    live = SpaceModel("image", 32, made(BETTER).model, BETTER)

    (space,) = models.spaces(CONFIGURED, live=[live])

    assert space == live


def test_a_rebuild_takes_the_better_model_when_it_can_be_had() -> None:
    models = Models(made, lambda _: Resolved(BETTER))
    live = SpaceModel("image", 16, made(FALLBACK).model, FALLBACK)

    (space,) = models.spaces(CONFIGURED, live=[live])

    assert space.specification == BETTER


def test_what_an_index_was_built_with_is_not_resolved_again() -> None:
    models = Models(made, lambda _: Resolved(BETTER))
    live = SpaceModel("image", 16, made(FALLBACK).model, FALLBACK)

    embedder = models.embedder(live)

    assert embedder.model == live.model


def test_a_configuration_that_leads_nowhere_is_an_unavailable_model() -> None:
    def nowhere(specification: str) -> Resolved:
        raise WeightsUnavailable(specification)

    with pytest.raises(ModelUnavailable, match="best"):
        Models(made, nowhere).spaces(CONFIGURED)


def test_a_generation_keeps_what_its_configuration_came_to(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(sqlite_database, MemoryStore(), CONFIGURED)
    monkeypatch.setattr(house.models, "_resolve", nothing_better)
    house.ready()
    monkeypatch.setattr(house.models, "_resolve", lambda _: Resolved(BETTER))

    house.the_owner.prepare()  # as a later start does, when the better one can be had

    live = house.generations.live(house.store.engine)
    assert live is not None
    assert [each.specification for each in live.spaces] == [FALLBACK]


def test_a_reindex_of_the_space_brings_in_the_better_model(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(sqlite_database, MemoryStore(), {"text": "hash:text:8", **CONFIGURED})
    monkeypatch.setattr(house.models, "_resolve", nothing_better_image)
    house.ready()
    monkeypatch.setattr(house.models, "_resolve", better_image)

    house.jobs.request("reindex", {"spaces": ["image"]}, now=house.clock())
    house.jobs_runner.run_once()

    live = house.generations.live(house.store.engine)
    assert live is not None
    assert [each.specification for each in live.spaces] == ["hash:text:8", BETTER]
