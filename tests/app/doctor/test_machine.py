import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.disk import MEGABYTE
from app.doctor import machine
from app.doctor.machine import GIGABYTE


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(199 * MEGABYTE, "fail"), (GIGABYTE, "warn"), (2 * GIGABYTE, "ok")],
)
def test_a_disk_is_judged_by_its_room(tmp_path: Path, free: int, verdict: str) -> None:
    found = machine.disk([tmp_path], free=lambda _: free)

    assert found.verdict == verdict
    assert str(tmp_path) in found.seen
    assert (found.advice is None) is (verdict == "ok")


def test_a_folder_that_is_not_there_is_judged_by_the_nearest_above(tmp_path: Path) -> None:
    found = machine.disk([tmp_path / "a" / "b", tmp_path / "c"])

    assert found.verdict in {"ok", "warn"}
    assert found.seen.endswith(f"free in {tmp_path}")
    assert not (tmp_path / "a").exists()


def test_nothing_kept_here_needs_no_disk() -> None:
    assert machine.disk([]).verdict == "skip"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    found = machine.disk([tmp_path])
    tmp_path.chmod(0o700)

    assert (found.verdict, "may not write" in found.seen) == ("fail", True)


def told(folder: Path, *, available: int, limit: str = "max", used: int = 0) -> None:
    (folder / "meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable:  {available // 1024} kB\n")
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")


@pytest.mark.parametrize(
    ("available", "limit", "used", "verdict"),
    [
        (8 * GIGABYTE, "max", 0, "ok"),
        (GIGABYTE, "max", 0, "warn"),
        (100 * MEGABYTE, "max", 0, "fail"),
        (8 * GIGABYTE, str(GIGABYTE), 950 * MEGABYTE, "fail"),
        (8 * GIGABYTE, str(GIGABYTE), 2 * GIGABYTE, "fail"),
        (8 * GIGABYTE, str(4 * GIGABYTE), GIGABYTE, "ok"),
    ],
)
def test_memory_is_what_the_machine_and_the_container_leave(
    tmp_path: Path, available: int, limit: str, used: int, verdict: str
) -> None:
    told(tmp_path, available=available, limit=limit, used=used)

    found = machine.memory(20_000, loads_models=True, proc=tmp_path, cgroup=tmp_path)

    assert found.verdict == verdict


def test_memory_without_models_is_less(tmp_path: Path) -> None:
    told(tmp_path, available=500 * MEGABYTE)

    found = machine.memory(20_000, loads_models=False, proc=tmp_path, cgroup=tmp_path / "none")

    assert found.verdict == "ok"


def test_a_system_that_does_not_tell_its_memory_is_skipped(tmp_path: Path) -> None:
    found = machine.memory(1, loads_models=True, proc=tmp_path, cgroup=tmp_path)

    assert found.verdict == "skip"


def test_a_clock_before_there_was_a_kindred_is_wrong() -> None:
    assert machine.clock(datetime(2025, 12, 31, tzinfo=UTC)).verdict == "fail"
    assert machine.clock(datetime(2026, 1, 1, tzinfo=UTC)).verdict == "ok"


def resolving(**known: str) -> machine.Resolve:
    def resolve(host: str) -> Collection[str]:
        if host not in known:
            message = f"no address of {host}"
            raise OSError(message)
        return {known[host]}

    return resolve


def test_this_machine_resolves_its_own_name() -> None:
    found = machine.network(())

    assert found.verdict == "ok", found.seen


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ({}, "localhost cannot be resolved"),
        ({"localhost": "10.0.0.1"}, "localhost resolves to 10.0.0.1"),
        ({"localhost": "::1"}, "the name 'db' cannot be resolved"),
    ],
)
def test_a_name_that_cannot_be_resolved_fails(known: dict[str, str], seen: str) -> None:
    found = machine.network({"db"}, resolve=resolving(**known))

    assert found.verdict == "fail"
    assert seen in found.seen
    assert found.advice
