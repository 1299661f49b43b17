"""A picture host that does not answer holds up nobody else's pictures for long."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from indexer.errors import PictureUnavailable
from indexer.hosts import Hosts
from indexer.images import Outcome, PictureFetcher
from tests.indexer.picture_hosts import PictureHost, one_by_one, picture_host, reply

PICTURE = b"a picture"
SHORT = timedelta(milliseconds=300)


@pytest.fixture
def silent() -> Iterator[PictureHost]:
    """A host that begins to answer and never ends."""
    replies = {f"/{number}": one_by_one(b"HTTP/1.1 200 OK\r\n", every=30) for number in range(20)}
    with picture_host({**replies, "/well": reply(PICTURE)}) as host:
        yield host


@pytest.fixture
def good() -> Iterator[PictureHost]:
    with picture_host({f"/{number}": reply(PICTURE) for number in range(20)}) as host:
        yield host


def test_a_host_that_does_not_answer_is_not_asked_for_every_picture(
    silent: PictureHost, good: PictureHost
) -> None:
    told: list[Outcome] = []
    fetcher = PictureFetcher(
        allow_private=True,
        timeout=SHORT,
        batch_timeout=timedelta(seconds=60),
        parallel=2,
        hosts=Hosts(failures=2, rest=timedelta(hours=1)),
        tell=told.append,
    )
    urls = [each for n in range(20) for each in (f"{silent.url}/{n}", f"{good.url}/{n}")]

    answers = fetcher.fetch_many(urls)

    assert answers[1::2] == [PICTURE] * 20
    assert all(isinstance(each, PictureUnavailable) for each in answers[::2])
    # Two may be under way when the second fails.
    assert 2 <= len(silent.requests) <= 3
    outcomes = Counter(told)
    assert outcomes["fetched"] == 20
    assert outcomes["spared"] == 20 - outcomes["unavailable"]
    assert outcomes["unavailable"] == len(silent.requests)


def test_a_host_whose_name_nobody_knows_is_not_looked_up_for_every_picture() -> None:
    looked_up: list[str] = []

    def unknown(host: str, _: int) -> list[str]:
        looked_up.append(host)
        raise OSError(-3, "Temporary failure in name resolution")

    fetcher = PictureFetcher(
        allow_private=True, parallel=1, hosts=Hosts(2, timedelta(hours=1)), resolver=unknown
    )

    answers = fetcher.fetch_many([f"http://pictures.example/{n}" for n in range(20)])

    assert looked_up == ["pictures.example"] * 2
    assert all(isinstance(each, PictureUnavailable) for each in answers)


def test_a_host_that_answers_again_is_asked_again(silent: PictureHost) -> None:
    fetcher = PictureFetcher(
        allow_private=True, timeout=SHORT, hosts=Hosts(failures=1, rest=timedelta(0))
    )
    fetcher.fetch_many([f"{silent.url}/0"])

    assert fetcher.fetch_many([f"{silent.url}/well"]) == [PICTURE]


def test_missing_pictures_are_no_reason_to_leave_a_host_alone(good: PictureHost) -> None:
    fetcher = PictureFetcher(allow_private=True, hosts=Hosts(failures=1, rest=timedelta(hours=1)))
    fetcher.fetch_many([f"{good.url}/none-{number}" for number in range(5)])

    assert fetcher.fetch_many([f"{good.url}/0"]) == [PICTURE]


def test_what_is_no_url_has_a_breaker_and_no_error() -> None:
    assert not Hosts().of("http://[half").is_open
