"""docker-compose.yml, checked as far as that goes without a container engine."""

import hashlib
import importlib.util
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from app.clock import utc_now
from app.commands.serve import DRAIN_SECONDS
from app.main import create_app
from app.services import Services
from app.settings import Settings, variable
from app.values import duration
from indexer.memory import MemoryStore
from tests.app.running import hashed
from tests.deploy.stack import (
    COMPOSE,
    ROOT,
    Dockerfile,
    compose,
    filled,
    mounted_files,
    named_volumes,
    parsed,
    variables,
)

SERVICES = compose()["services"]
OURS = ("app", "worker")


def environment(name: str, secrets: dict[str, str]) -> dict[str, str]:
    """What a container of ours is started with: the image's variables under the service's."""
    given = filled(SERVICES[name]["environment"], secrets)
    return {**Dockerfile.read().environment(), **given}


@pytest.mark.parametrize("path", ["docker-compose.yml", "deploy/cuda.yml"])
def test_the_file_is_what_the_compose_specification_says(path: str) -> None:
    check = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", path]

    checked = subprocess.run(
        [sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_variable_is_made_by_the_script_or_has_a_default(secrets: dict[str, str]) -> None:
    asked = variables(COMPOSE.read_text())

    assert {name for name, default in asked.items() if default is None} == set(secrets)
    assert {name for name, default in asked.items() if default is not None} == {"ACCELERATOR"}


def test_the_key_is_shown_once_and_only_its_hash_is_kept(
    made: "subprocess.CompletedProcess[str]", secrets: dict[str, str]
) -> None:
    key = made.stderr.split()[-1]

    assert key not in made.stdout
    assert secrets["KINDRED_API_KEYS"].endswith(hashlib.sha256(key.encode()).hexdigest())


@pytest.mark.parametrize("name", OURS)
def test_kindred_starts_with_what_its_container_is_given(
    name: str, secrets: dict[str, str]
) -> None:
    settings = Settings.from_environment(environment(name, secrets))

    assert not settings.uses_lite
    assert settings.database_url.startswith("postgresql+psycopg://kindred:")
    assert settings.webhook_secret is not None
    assert settings.api_keys[0].scopes == {"read", "write"}


def test_one_container_answers_and_the_other_works(secrets: dict[str, str]) -> None:
    assert Settings.from_environment(environment("app", secrets)).worker == "none"
    assert "command" not in SERVICES["app"]
    assert SERVICES["worker"]["command"] == ["worker"]


@pytest.mark.parametrize("path", ["docker-compose.yml", "deploy/cuda.yml", "Dockerfile"])
def test_every_kindred_variable_is_a_setting(path: str) -> None:
    text = (ROOT / path).read_text()
    known = {variable(name) for name in Settings.model_fields}

    assert set(re.findall(r"KINDRED_[A-Z0-9_]+", text)) <= known


def test_addresses_lead_to_services_of_the_file_and_their_ports(secrets: dict[str, str]) -> None:
    given = environment("app", secrets)
    milvus = filled(SERVICES["milvus"]["environment"], secrets)
    etcd = " ".join(SERVICES["etcd"]["command"])
    minio = filled(SERVICES["minio"]["environment"], secrets)
    postgres = filled(SERVICES["postgres"]["environment"], secrets)

    database = urlsplit(given["KINDRED_DATABASE_URL"])
    assert database.hostname == "postgres"
    assert database.path == f"/{postgres['POSTGRES_DB']}"
    assert database.username == postgres["POSTGRES_USER"]
    assert database.password == postgres["POSTGRES_PASSWORD"]
    assert urlsplit(given["KINDRED_MILVUS_URI"]).hostname == "milvus"
    assert milvus["ETCD_ENDPOINTS"] == "etcd:2379"
    assert ":2379" in etcd
    assert milvus["MINIO_ADDRESS"] == "minio:9000"
    assert milvus["MINIO_ACCESS_KEY_ID"] == minio["MINIO_ROOT_USER"]
    assert milvus["MINIO_SECRET_ACCESS_KEY"] == minio["MINIO_ROOT_PASSWORD"]


def test_milvus_has_a_setting_for_every_variable_it_is_given() -> None:
    # Milvus forgets case, dots and underscores when it matches variables with its settings.
    known = {
        name.replace(".", "").lower() for name in _paths(yaml.safe_load(_milvus_configuration()))
    }
    given = [name.replace("_", "").lower() for name in SERVICES["milvus"]["environment"]]

    assert "querynodesegcoreinterimindexenableindex" in given
    assert set(given) <= known


def test_the_port_is_the_programs_and_reached_from_this_machine_alone() -> None:
    port = Dockerfile.read().environment()["KINDRED_PORT"]

    assert SERVICES["app"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert [name for name, each in SERVICES.items() if "ports" in each] == ["app", "prometheus"]
    assert all(
        published.startswith("127.0.0.1:")
        for each in SERVICES.values()
        for published in each.get("ports", [])
    )


def test_the_workers_check_asks_what_the_app_answers(tmp_path: Path) -> None:
    script = SERVICES["worker"]["healthcheck"]["test"][-1]
    asked = urlsplit(re.findall(r"http://[^']+", script)[0])
    paths = _paths_of_the_api(tmp_path)
    answer = paths["/health/ready"]["get"]["responses"]["200"]["content"]["application/json"]

    assert asked.hostname == "app"
    assert str(asked.port) == Dockerfile.read().environment()["KINDRED_PORT"]
    assert asked.path in paths
    assert answer["schema"]["$ref"].endswith("/Ready")


def test_every_service_says_when_it_is_well_and_waits_for_those_it_needs() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or name == "app", name  # the image has the app's
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            assert how == {"condition": "service_healthy"}, name


def test_every_service_is_bounded_restarted_and_of_one_version() -> None:
    for name, service in SERVICES.items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["restart"] == "unless-stopped", name
        if name not in OURS:
            assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", service["image"]), name


def test_kindred_runs_without_privileges() -> None:
    for name in OURS:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
        assert SERVICES[name]["read_only"] is True


def test_every_volume_is_declared_and_used() -> None:
    used = set[str]().union(*(named_volumes(service) for service in SERVICES.values()))

    assert used == set(compose()["volumes"])


def test_every_file_that_is_mounted_exists() -> None:
    mounted = [file for service in SERVICES.values() for file in mounted_files(service)]

    assert len(mounted) == 2
    assert all((ROOT / file).is_file() for file in mounted)


def test_stopping_leaves_time_to_finish_answers_and_a_batch() -> None:
    grace = duration(SERVICES["app"]["stop_grace_period"])

    assert isinstance(grace, timedelta)
    assert grace >= timedelta(seconds=DRAIN_SECONDS) + Settings().milvus_write_timeout


def test_the_file_for_gpus_adds_to_services_that_exist() -> None:
    added = parsed(ROOT / "deploy" / "cuda.yml")["services"]

    assert set(added) <= set(SERVICES)
    assert added["worker"]["environment"] == {"KINDRED_DEVICE": "cuda"}


def test_the_guides_own_file_adds_to_services_that_exist() -> None:
    guide = (ROOT / "docs" / "how-to" / "containers.md").read_text()
    added = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)[0])["services"]
    table = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `.*? \|", guide, re.MULTILINE)))

    assert set(added) <= set(SERVICES)
    assert set(table) == set(SERVICES)


def _paths(node: object, above: str = "") -> set[str]:
    if not isinstance(node, dict):
        return {above}
    return set[str]().union(
        *(_paths(value, f"{above}.{key}" if above else str(key)) for key, value in node.items())
    )


def _milvus_configuration() -> str:
    """The settings of the Milvus that tests run, as YAML."""
    found = importlib.util.find_spec("milvus")
    assert found is not None
    assert found.origin is not None
    template = (Path(found.origin).parent / "data" / "config.yaml.template").read_text()
    return re.sub(r"\{\{.*?\}\}", "0", template)


def _paths_of_the_api(folder: Path) -> dict[str, Any]:

    services = Services(hashed(folder), clock=utc_now, store=MemoryStore())
    try:
        paths: dict[str, Any] = create_app(services).openapi()["paths"]
    finally:
        services.stop()
    return paths
