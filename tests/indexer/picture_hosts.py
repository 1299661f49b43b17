"""Picture hosts on loopback that say exactly what a test tells them to, and the way to them."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpcore

CERTIFICATE = Path(__file__).parent / "certificates" / "pictures.example.pem"
PUBLIC = "93.184.215.14"
OTHER_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

Reply = bytes | Callable[[threading.Event], Iterator[bytes]]


def reply(
    body: bytes = b"", status: int = 200, *headers: tuple[str, str], length: int | None = None
) -> bytes:
    """An HTTP answer, its length announced truly unless told otherwise; -1 announces none."""
    announced = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers)]
    if announced >= 0:
        lines.append(f"Content-Length: {announced}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: int = 302) -> bytes:
    return reply(b"", status, ("Location", to))


def packed(body: bytes, encoding: str = "gzip") -> bytes:
    return reply(gzip.compress(body), 200, ("Content-Encoding", encoding))


def one_by_one(data: bytes, *, every: float = 0.02) -> Reply:
    """Say the bytes one at a time, then go on saying nothing new until the other side is gone."""

    def say(stopped: threading.Event) -> Iterator[bytes]:
        for position in range(len(data)):
            yield data[position : position + 1]
            if stopped.wait(every):
                return
        while not stopped.wait(every):
            yield b"x"

    return say


@dataclass
class PictureHost:
    """A host on a loopback port.

    Attributes:
        replies: By request target; others get 404.
        requests: The heads of the requests it got, as text.
    """

    port: int
    replies: dict[str, Reply]
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def picture_host(replies: dict[str, Reply], *, tls: bool = False) -> Iterator[PictureHost]:
    """Serve until the block ends; every connection has a thread and carries one request."""
    listener = socket.create_server(("127.0.0.1", 0))
    host = PictureHost(listener.getsockname()[1], replies)
    stopped = threading.Event()
    secured: ssl.SSLContext | None = None
    if tls:
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(CERTIFICATE)
    serving: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):  # the listener is closed when the block ends
            while True:
                connection, _ = listener.accept()
                thread = threading.Thread(target=_serve, args=(connection, host, secured, stopped))
                serving.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield host
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *serving]:
            thread.join(timeout=10)


def _serve(
    connection: socket.socket,
    host: PictureHost,
    secured: ssl.SSLContext | None,
    stopped: threading.Event,
) -> None:
    with suppress(OSError), connection:
        connection.settimeout(10)
        channel = secured.wrap_socket(connection, server_side=True) if secured else connection
        with channel:
            head = b""
            while b"\r\n\r\n" not in head:
                received = channel.recv(65_536)
                if not received:
                    return
                head += received
            host.requests.append(head.decode("latin-1"))
            target = host.requests[-1].split(" ")[1]
            answer = host.replies.get(target, reply(b"", 404))
            parts: Iterable[bytes] = [answer] if isinstance(answer, bytes) else answer(stopped)
            for part in parts:
                channel.sendall(part)


class Internet(httpcore.NetworkBackend):
    """The public network in a box: addresses lead to hosts on loopback, everything else nowhere.

    Attributes:
        connected: The addresses somebody connected to, in order.
    """

    def __init__(self, ports: dict[str, int]) -> None:
        self._ports = ports
        self._inner = httpcore.SyncBackend()
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        assert port in (80, 443)
        self.connected.append(host)
        if host not in self._ports:
            raise httpcore.ConnectError(f"{host} is unreachable")
        return self._inner.connect_tcp(
            "127.0.0.1", self._ports[host], timeout, local_address, socket_options
        )


class Names:
    """A resolver that answers from a list, one answer after another, the last for ever.

    Attributes:
        asked: The names it was asked for, in order.
    """

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self._answers.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]
