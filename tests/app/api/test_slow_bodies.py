import io
import json
import socket
from collections.abc import Callable

import httpx

from tests.app.running import RunningApp
from tests.service import until


def connected(client: httpx.Client) -> socket.socket:
    place = (client.base_url.host, client.base_url.port or 80)
    return socket.create_connection(place, timeout=40)


BEGINNING = (
    b"PUT /v1/items/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\nX-Request-ID: slow\r\n\r\n{"
)


def test_a_body_that_never_ends_is_refused_and_its_connection_closed(
    serve: Callable[..., RunningApp],
) -> None:
    client = serve(worker="none", request_timeout="1s").client

    with connected(client) as connection:
        connection.sendall(BEGINNING)
        answer = b""
        while piece := connection.recv(4096):  # until the other side closes
            answer += piece

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["type"] == "urn:kindred:problem:request-timeout"
    assert json.loads(body)["request_id"] == "slow"


def test_a_sender_who_hangs_up_is_no_fault_of_the_service(
    client: httpx.Client, logged: io.StringIO
) -> None:
    with connected(client) as connection:
        connection.sendall(BEGINNING)

    until(lambda: '"request_id": "slow"' in logged.getvalue(), seconds=20, what="it is logged")
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    told = [(each["event"], each["status"]) for each in events if each.get("request_id") == "slow"]
    assert told == [("request", None)]


def test_a_packed_body_is_not_unpacked(client: httpx.Client) -> None:
    """Without anybody asking for it, a kilobyte would become a gigabyte."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer = client.put("/v1/items/bomb", content=b"\x1f\x8b\x08" + b"\0" * 100, headers=headers)

    assert answer.status_code == 400
