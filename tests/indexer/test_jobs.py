from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from indexer.database import Database
from indexer.jobs import Job, Jobs
from tests.threads import together

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database)


def request(jobs: Jobs, kind: str = "reindex", **arguments: object) -> Job:
    return jobs.request(kind, arguments, now=NOON)


def test_a_job_that_is_asked_for_waits(jobs: Jobs) -> None:
    job = request(jobs, spaces=["image"])

    assert jobs.get(job.job_id) == job
    assert (job.state, job.arguments, job.progress) == ("waiting", {"spaces": ["image"]}, {})
    assert jobs.get(999) is None


def test_an_equal_job_is_the_same_job_until_it_ends(jobs: Jobs) -> None:
    first = request(jobs, spaces=[])
    twin = request(jobs, spaces=[])
    other = request(jobs, spaces=["text"])
    jobs.finish(first.job_id, error=None, now=NOON)

    later = request(jobs, spaces=[])

    assert twin == first
    assert len({first.job_id, other.job_id, later.job_id}) == 3


def test_of_many_who_ask_at_once_all_get_the_same_job(jobs: Jobs) -> None:
    asked = together(*[partial(request, jobs)] * 5)

    assert len({job.job_id for job in asked}) == 1


def test_the_oldest_job_is_claimed_and_nobody_elses_runs_beside_it(jobs: Jobs) -> None:
    first = request(jobs)
    second = request(jobs, "rollback")

    claimed = jobs.claim("me", lease=LEASE, now=at(0))
    during = jobs.claim("you", lease=LEASE, now=at(1))
    jobs.finish(first.job_id, error=None, now=at(2))
    after = jobs.claim("you", lease=LEASE, now=at(2))

    assert claimed is not None
    assert (claimed.job_id, claimed.state) == (first.job_id, "running")
    assert during is None
    assert after is not None
    assert after.job_id == second.job_id


def test_of_many_claimers_one_gets_the_job(jobs: Jobs) -> None:
    request(jobs)

    claims = together(
        *(partial(jobs.claim, f"worker-{n}", lease=LEASE, now=NOON) for n in range(5))
    )

    assert sum(job is not None for job in claims) == 1


def test_nothing_to_do_gives_nothing(jobs: Jobs) -> None:
    assert jobs.claim("me", lease=LEASE, now=NOON) is None


def test_a_killed_owners_job_is_taken_up_when_its_lease_runs_out(jobs: Jobs) -> None:
    job = request(jobs)
    jobs.claim("killed", lease=LEASE, now=at(0))

    early = jobs.claim("next", lease=LEASE, now=at(29))
    taken = jobs.claim("next", lease=LEASE, now=at(30))

    assert early is None
    assert taken is not None
    assert not jobs.report(job.job_id, "killed", {"done": 1}, lease=LEASE, now=at(31))
    assert jobs.report(job.job_id, "next", {"done": 2}, lease=LEASE, now=at(31))


def test_a_report_renews_the_lease(jobs: Jobs) -> None:
    job = request(jobs)
    jobs.claim("me", lease=LEASE, now=at(0))

    jobs.report(
        job.job_id, "me", {"phase": "writing", "done": 3, "total": 9}, lease=LEASE, now=at(20)
    )

    assert jobs.claim("you", lease=LEASE, now=at(49)) is None
    found = jobs.get(job.job_id)
    assert found is not None
    assert found.progress == {"phase": "writing", "done": 3, "total": 9}


def test_a_job_ends_well_or_with_its_reason(jobs: Jobs) -> None:
    good, bad = request(jobs), request(jobs, "rollback")

    jobs.finish(good.job_id, error=None, now=at(1), progress={"items": 5})
    jobs.finish(bad.job_id, error="nothing was kept", now=at(2))

    done, failed = jobs.get(good.job_id), jobs.get(bad.job_id)
    assert done is not None
    assert failed is not None
    assert (done.state, done.error, done.progress) == ("done", None, {"items": 5})
    assert (failed.state, failed.error, failed.finished_at) == ("failed", "nothing was kept", at(2))


def test_one_who_lost_a_job_cannot_end_it(jobs: Jobs) -> None:
    job = request(jobs)
    jobs.claim("lost", lease=LEASE, now=at(0))
    jobs.claim("next", lease=LEASE, now=at(30))

    jobs.finish(job.job_id, error="it was taken away", now=at(31), owner="lost")
    during = jobs.get(job.job_id)
    jobs.finish(job.job_id, error=None, now=at(32), owner="next")

    assert during is not None
    assert during.state == "running"
    assert not jobs.unfinished()


def test_a_job_given_back_waits_for_the_next(jobs: Jobs) -> None:
    job = request(jobs)
    jobs.claim("me", lease=LEASE, now=at(0))

    jobs.release(job.job_id, "you")
    still_mine = jobs.claim("you", lease=LEASE, now=at(1))
    jobs.release(job.job_id, "me")

    assert still_mine is None
    assert jobs.claim("you", lease=LEASE, now=at(1)) is not None


def test_a_worker_lives_as_long_as_it_says_so(jobs: Jobs) -> None:
    jobs.heartbeat("b", "lite", until=at(10))
    jobs.heartbeat("a", "lite", until=at(5))
    jobs.heartbeat("c", "server", until=at(10))

    jobs.heartbeat("a", "lite", until=at(15))

    assert jobs.alive("lite", now=at(9)) == ["a", "b"]
    assert jobs.alive("lite", now=at(10)) == ["a"]
    jobs.farewell("a")
    assert jobs.alive("lite", now=at(9)) == ["b"]
