"""A relay for TCP connections that can be made to misbehave like a network."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Relay:
    """Passes bytes between its own port and another; it may fall silent or cut what is open.

    Attributes:
        port: Where it listens on 127.0.0.1.
    """

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._passing = threading.Event()
        self._passing.set()
        self._refusing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Accept connections and bytes from now on, and pass none."""
        self._passing.clear()

    def cut(self) -> None:
        """Reset every open connection, and every new one until `resume`."""
        self._refusing = True
        for each in list(self._open):
            self._end(each)

    def resume(self) -> None:
        """Pass bytes again."""
        self._refusing = False
        self._passing.set()

    def close(self) -> None:
        """Stop listening and cut everything."""
        self._listener.close()
        self.cut()
        self._passing.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                if self._refusing:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._open |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # one side is gone, so the other goes as well
            while piece := source.recv(65_536):
                self._passing.wait()
                sink.sendall(piece)
        self._end(source)
        self._end(sink)

    def _end(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        with contextlib.suppress(OSError):  # ended before
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@contextmanager
def relayed(target_port: int) -> Iterator[Relay]:
    """Relay to a port of this machine."""
    relay = Relay(target_port)
    try:
        yield relay
    finally:
        relay.close()
