"""The server of a site on a port of this machine."""

import errno
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from tilegan.errors import OutputError
from tilegan.files import first_line
from tilegan.viewing.options import ViewOptions
from tilegan.viewing.security import LOCAL, Guard

LONGEST_HEADERS = 16 * 1024  # bytes of a request's first line and headers
CONNECTIONS = 512  # open at once; more are answered that there are too many
PATIENCE = 1  # seconds that connections are given to close at the end


class Server:
    """A site on a port, which is taken when this is made.

    Attributes:
        url: of the page.
    """

    def __init__(self, app: ASGIApp, options: ViewOptions, stopping: Callable[[], None] | None = None) -> None:
        """Take a port.

        Args:
            app: the application, which is guarded (see ``viewing.security``).
            options: where it listens.
            stopping: called when the server is to stop, before it waits for what it is answering.

        Raises:
            OutputError: the port is in use, or the host is none of this machine's.
        """
        host = options.host
        self._socket = _bound(host, options.port)
        taken = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else shown}:{taken}/"
        own = [*LOCAL] if host in ("127.0.0.1", "localhost", "::1") else [*LOCAL, shown, socket.gethostname()]
        config = uvicorn.Config(
            Guard(app, own, options.allow_origin),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=LONGEST_HEADERS,
            timeout_graceful_shutdown=PATIENCE,
        )
        self._server = _Stoppable(config, stopping or (lambda: None))

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM, which then does what it does otherwise, or until ``stop``."""
        try:
            self._server.run([self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Let ``run`` end soon; from any thread."""
        self._server.should_exit = True


class _Stoppable(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)


def _bound(host: str, port: int) -> socket.socket:
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(kind)
    if os.name == "posix":  # elsewhere it would let two listen at once
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(CONNECTIONS)  # whoever is told the address may connect at once
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise OutputError(f"port {port} is in use: give another --port, or --port 0 for any that is free") from None
        raise OutputError(
            f"cannot listen on {host} port {port}: {error.strerror or first_line(error)}: give another --host or --port"
        ) from error
    except OverflowError:
        taken.close()
        raise OutputError(f"no port {port}: give a number from 0 to 65535") from None
    return taken
