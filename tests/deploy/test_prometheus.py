"""What Prometheus reads and warns of exists."""

import re

from app.telemetry import Metrics
from tests.deploy.stack import ROOT, compose, mounted_files, parsed

SERVICES = compose()["services"]


def metric_names() -> set[str]:
    """Name every metric of the program, as it is written at /metrics."""
    families = Metrics().registry.collect()
    return {each.name + ("_total" if each.type == "counter" else "") for each in families}


def test_every_target_is_a_service() -> None:
    config = parsed(ROOT / "deploy" / "prometheus.yml")
    targets = [
        target
        for job in config["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    ]

    ports = {"app": "8000", "milvus": "9091"}
    assert targets == [f"{name}:{port}" for name, port in ports.items()]
    assert set(ports) <= set(SERVICES)
    assert f":{ports['milvus']}/" in SERVICES["milvus"]["healthcheck"]["test"][-1]


def test_its_files_are_mounted_where_it_looks() -> None:
    service = SERVICES["prometheus"]
    inside = mounted_files(service)
    config = parsed(ROOT / "deploy" / "prometheus.yml")

    assert f"--config.file={inside['./deploy/prometheus.yml']}" in service["command"]
    assert config["rule_files"] == [inside["./deploy/alerts.yml"]]
    assert service["profiles"] == ["metrics"]


def test_alerts_are_about_metrics_there_are() -> None:
    rules = [
        rule
        for group in parsed(ROOT / "deploy" / "alerts.yml")["groups"]
        for rule in group["rules"]
    ]

    assert len(rules) == 8
    for rule in rules:
        named = set(re.findall(r"\b(?:kindred_\w+|up)\b", rule["expr"]))
        assert named <= metric_names() | {"up"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
