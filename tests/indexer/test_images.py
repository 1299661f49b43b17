import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from indexer.errors import PictureError, PictureForbidden, PictureUnavailable
from indexer.images import MAX_URL_CHARACTERS, PictureFetcher
from tests.indexer.picture_hosts import (
    PictureHost,
    Reply,
    one_by_one,
    packed,
    picture_host,
    redirect,
    reply,
)

PICTURE = bytes(range(256)) * 40
MAX_BYTES = 20_000


def hasty() -> PictureFetcher:
    short = timedelta(milliseconds=400)
    return PictureFetcher(allow_private=True, timeout=short, batch_timeout=short)


@pytest.fixture(scope="module")
def host() -> Iterator[PictureHost]:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    replies: dict[str, Reply] = {
        "/picture": reply(PICTURE),
        "/picture?size=large": reply(PICTURE),
        "/no-length": reply(PICTURE, length=-1),
        "/chunked": chunked + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "/packed": packed(PICTURE),
        "/bomb": packed(bytes(50_000_000)),
        "/packed-short": reply(b"\x1f\x8b\x08", 200, ("Content-Encoding", "gzip")),
        "/packed-wrong": reply(b"not gzip", 200, ("Content-Encoding", "gzip")),
        "/brotli": packed(PICTURE, "br"),
        "/twice-packed": packed(PICTURE, "gzip, gzip"),
        "/large": reply(bytes(20_001)),
        "/large-unannounced": reply(bytes(20_001), length=-1),
        "/says-huge": reply(b"x", length=10**15),
        "/largest": reply(bytes(20_000)),
        "/short": reply(b"half", length=8),
        "/empty": reply(b""),
        "/hop": redirect("/picture"),
        "/two-hops": redirect("hop", 301),
        "/three-hops": redirect("/two-hops", 307),
        "/loop": redirect("/loop", 308),
        "/to-file": redirect("file:///etc/passwd"),
        "/to-data": redirect("data:,hello"),
        "/to-password": redirect("http://me:secret@127.0.0.1/"),
        "/to-nonsense": redirect("http://[half"),
        "/to-nowhere": reply(b"", 302),
        "/not-http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "/hangs-up": b"",
        "/slow-head": one_by_one(reply(PICTURE)),
        "/slow-body": one_by_one(b"HTTP/1.1 200 OK\r\n\r\n" + PICTURE),
        "/silent": one_by_one(b"HTTP/1.1 200 OK\r\n", every=30),
        **{f"/{status}": reply(b"no", status) for status in (204, 304, 400, 401, 403, 410, 451)},
        **{f"/{status}": reply(b"no", status) for status in (404, 408, 425, 429, 500, 503)},
    }
    with picture_host(replies) as served:
        yield served


@pytest.fixture
def fetcher() -> PictureFetcher:
    return PictureFetcher(
        allow_private=True, max_bytes=MAX_BYTES, timeout=timedelta(seconds=5), max_redirects=2
    )


@pytest.mark.parametrize("target", ["/picture", "/no-length", "/packed", "/hop", "/two-hops"])
def test_a_picture_arrives_whole_however_it_is_sent(
    host: PictureHost, fetcher: PictureFetcher, target: str
) -> None:
    url = host.url + target

    fetched = fetcher.fetch(url)

    assert fetched == PICTURE


def test_a_picture_in_chunks_is_put_together(host: PictureHost, fetcher: PictureFetcher) -> None:
    url = host.url + "/chunked"

    fetched = fetcher.fetch(url)

    assert fetched == b"abcde"


def test_a_picture_of_just_the_largest_size_is_taken(
    host: PictureHost, fetcher: PictureFetcher
) -> None:
    url = host.url + "/largest"

    fetched = fetcher.fetch(url)

    assert len(fetched) == MAX_BYTES


@pytest.mark.parametrize("target", ["/large", "/large-unannounced", "/says-huge", "/bomb"])
def test_a_picture_above_the_size_limit_is_refused_whatever_its_length_header_says(
    host: PictureHost, fetcher: PictureFetcher, target: str
) -> None:
    url = host.url + target

    with pytest.raises(PictureForbidden, match="more than 20000 bytes") as refused:
        fetcher.fetch(url)

    assert refused.type is PictureForbidden


@pytest.mark.parametrize("target", ["/brotli", "/twice-packed"])
def test_packing_that_nobody_asked_for_and_nobody_can_bound_is_refused(
    host: PictureHost, fetcher: PictureFetcher, target: str
) -> None:
    url = host.url + target

    with pytest.raises(PictureForbidden, match="unasked"):
        fetcher.fetch(url)


@pytest.mark.parametrize(
    "target",
    ["/packed-short", "/packed-wrong", "/short", "/empty", "/not-http", "/hangs-up"],
)
def test_a_broken_answer_is_worth_trying_again(
    host: PictureHost, fetcher: PictureFetcher, target: str
) -> None:
    url = host.url + target

    with pytest.raises(PictureUnavailable, match="trying again may help"):
        fetcher.fetch(url)


@pytest.mark.parametrize("status", [404, 408, 425, 429, 500, 503])
def test_a_status_that_may_pass_is_worth_trying_again(
    host: PictureHost, fetcher: PictureFetcher, status: int
) -> None:
    url = f"{host.url}/{status}"

    with pytest.raises(PictureUnavailable, match=f"answered {status}"):
        fetcher.fetch(url)


@pytest.mark.parametrize("status", [204, 304, 400, 401, 403, 410, 451])
def test_any_other_status_is_final(host: PictureHost, fetcher: PictureFetcher, status: int) -> None:
    url = f"{host.url}/{status}"

    with pytest.raises(PictureForbidden, match=f"answered {status}"):
        fetcher.fetch(url)


@pytest.mark.parametrize("target", ["/slow-head", "/slow-body", "/silent"])
def test_a_host_that_trickles_holds_a_fetch_no_longer_than_the_total_limit(
    host: PictureHost, target: str
) -> None:
    fetcher = hasty()
    began = time.monotonic()

    with pytest.raises(PictureUnavailable):
        fetcher.fetch(host.url + target)

    assert time.monotonic() - began < 2


def test_a_resolver_that_hangs_holds_a_fetch_no_longer_than_the_total_limit() -> None:
    released = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        released.wait(30)
        return ["127.0.0.1"]

    fetcher = PictureFetcher(allow_private=True, timeout=timedelta(milliseconds=400), resolver=hang)
    began = time.monotonic()

    with pytest.raises(PictureUnavailable, match="not done within"):
        fetcher.fetch("http://pictures.example/")

    assert time.monotonic() - began < 2
    released.set()


def test_hanging_look_ups_do_not_pile_up_without_bound() -> None:
    released = threading.Event()
    started: list[str] = []

    def hang(host: str, _port: int) -> list[str]:
        started.append(host)
        released.wait(30)
        return []

    fetcher = PictureFetcher(
        allow_private=True, timeout=timedelta(milliseconds=50), parallel=1, resolver=hang
    )

    for number in range(8):
        with pytest.raises(PictureUnavailable):
            fetcher.fetch(f"http://{number}.example/")

    assert len(started) == 4
    released.set()


def test_more_redirects_than_allowed_are_refused(
    host: PictureHost, fetcher: PictureFetcher
) -> None:
    for target in ("/three-hops", "/loop"):
        with pytest.raises(PictureForbidden, match="more than 2 redirects"):
            fetcher.fetch(host.url + target)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/to-file", "scheme is 'file'"),
        ("/to-data", "scheme is 'data'"),
        ("/to-password", "user or a password"),
        ("/to-nonsense", "no host|no URL"),
        ("/to-nowhere", "answered 302"),
    ],
)
def test_a_redirect_is_held_to_the_rules_of_a_url(
    host: PictureHost, fetcher: PictureFetcher, target: str, reason: str
) -> None:
    url = host.url + target

    with pytest.raises(PictureForbidden, match=reason):
        fetcher.fetch(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "scheme is ''"),
        ("picture.png", "scheme is ''"),
        ("ftp://pictures.example/a.png", "scheme is 'ftp'"),
        ("file:///etc/passwd", "scheme is 'file'"),
        ("javascript:alert(1)", "scheme is 'javascript'"),
        ("http://", "no host"),
        ("http://./", "no host"),
        ("http://me:secret@pictures.example/", "user or a password"),
        ("http://me@pictures.example/", "user or a password"),
        ("http://pictures.example:0/", "port is 0"),
        ("http://pictures.example:70000/", "port is 70000"),
        ("http://pictures.example:-1/", "not a URL|port is -1"),
        ("http://pictures.example\r\nX: y/", "not a URL"),
        ("http://pictures.example/a HTTP/1.1\r\nX: y", "not a URL"),
        ("http://pictures.example/?a\nX: y", "not a URL"),
        ("http://pictures.example/a\0b", "not a URL"),
        ("http://[::1/", "not a URL|no host"),
        ("http://pictures%2eexample/", "no host"),
        ("http://\u2603\u200d.example/", "not a URL"),
        ("http://" + "a" * MAX_URL_CHARACTERS, "longer than 8192"),
    ],
)
def test_what_is_no_allowed_url_is_refused_before_anything_is_looked_up(
    url: str, reason: str
) -> None:
    looked_up: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    fetcher = PictureFetcher(allow_private=True, resolver=resolver)

    with pytest.raises(PictureForbidden, match=reason):
        fetcher.fetch(url)

    assert looked_up == []


def test_a_name_the_resolver_cannot_even_write_is_refused(fetcher: PictureFetcher) -> None:
    url = f"http://{'a' * 64}.example/"

    with pytest.raises(PictureForbidden, match="cannot be a host name"):
        fetcher.fetch(url)


def test_a_port_nobody_listens_on_is_worth_trying_again(fetcher: PictureFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(PictureUnavailable, match="does not accept connections"):
        fetcher.fetch(f"http://127.0.0.1:{port}/")


def test_the_request_carries_nothing_personal_and_asks_for_pictures(
    host: PictureHost, fetcher: PictureFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    host.requests.clear()

    fetcher.fetch(host.url + "/picture?size=large#part")

    assert host.requests[0].splitlines()[0] == "GET /picture?size=large HTTP/1.1"
    names = {line.partition(":")[0].lower() for line in host.requests[0].splitlines()[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert "image/webp" in host.requests[0]


def test_many_pictures_come_back_in_order_with_their_own_errors(
    host: PictureHost, fetcher: PictureFetcher
) -> None:
    urls = [host.url + "/picture", "ftp://x/", "data:,hello", host.url + "/503", host.url + "/hop"]

    answers = fetcher.fetch_many(urls)

    assert answers[0] == PICTURE
    assert isinstance(answers[1], PictureForbidden)
    assert answers[2] == b"hello"
    assert isinstance(answers[3], PictureUnavailable)
    assert answers[4] == PICTURE


def test_a_url_that_many_items_share_is_fetched_once(
    host: PictureHost, fetcher: PictureFetcher
) -> None:
    host.requests.clear()

    answers = fetcher.fetch_many([host.url + "/picture"] * 20)

    assert answers == [PICTURE] * 20
    assert len(host.requests) == 1


def test_many_slow_pictures_together_take_no_longer_than_the_limit_for_a_batch(
    host: PictureHost,
) -> None:
    fetcher = hasty()
    urls = [f"{host.url}/silent#{number}" for number in range(40)]
    began = time.monotonic()

    answers = fetcher.fetch_many(urls)

    assert time.monotonic() - began < 3
    assert all(isinstance(answer, PictureUnavailable) for answer in answers)


def test_no_pictures_are_no_work(fetcher: PictureFetcher) -> None:
    answers: list[bytes | PictureError] = fetcher.fetch_many([])

    assert answers == []
