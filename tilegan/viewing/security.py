"""Requests that the server refuses before processing, and the headers of each response."""

import time
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_URL = 2048  # bytes
AT_ONCE = 128  # requests that are answered or wait at once
A_SECOND, BURST = 400.0, 2000.0  # requests a second in the long run, and more at once

LOCAL = ("127.0.0.1", "localhost", "[::1]")
# pages of this machine, such as notebooks, may show the page in a frame; it has no controls that change anything
_FRAMED_BY = "http://127.0.0.1:* http://localhost:*"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self' {_FRAMED_BY}"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """An ASGI application that lets through to another one what may be answered.

    It answers only those who call it by its own names: a page of another site can have its name resolved to this
    machine (DNS rebinding), but not the header ``Host`` changed. Requests that other sites let a browser make are
    refused as well.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOCAL, origin: str | None = None) -> None:
        """Guard an application.

        Args:
            app: the application.
            hosts: names by which it may be called, without a port, beside the address that a request came to.
            origin: scheme, host and port of a site whose pages may read everything, such as 'https://example.org', or
                '*' for all sites; None for no other site's.
        """
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origin = origin
        self._running = 0
        self._left, self._counted = BURST, time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._with_headers(send)
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        self._running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running -= 1

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if host_of(headers.get("host", "")) not in (*self._hosts, _address(scope)):
            return PlainTextResponse("called by a name that is not this server's", 421)
        if self._origin is None and headers.get("sec-fetch-site") == "cross-site" and not _is_navigation(headers):
            return PlainTextResponse("asked for by a page of another site", 403)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("only GET and HEAD", 405, {"Allow": "GET, HEAD"})
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            return PlainTextResponse("a request has no content", 413)
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > LONGEST_URL:
            return PlainTextResponse("too long an address", 414)
        if not self._has_allowance():
            return PlainTextResponse("too many requests", 429, {"Retry-After": "1"})
        if self._running >= AT_ONCE:
            return PlainTextResponse("too many requests at once", 503, {"Retry-After": "1"})
        return None

    def _with_headers(self, send: Send) -> Send:
        headers = dict(HEADERS)
        if self._origin is not None:
            headers |= {"access-control-allow-origin": self._origin, "cross-origin-resource-policy": "cross-origin"}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in headers.items():
                    own.setdefault(name, value)
            await send(message)

        return sent

    def _has_allowance(self) -> bool:
        now = time.monotonic()
        self._left = min(BURST, self._left + A_SECOND * (now - self._counted))
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def host_of(header: str) -> str:
    """Return the host of a header ``Host``, without its port and in lower case."""
    host = header.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def _address(scope: Scope) -> str:
    """Return the address of this machine that a request came to, as it stands in the header ``Host``."""
    address = str((scope.get("server") or ("",))[0])
    return f"[{address}]" if ":" in address else address


def _is_navigation(headers: Headers) -> bool:
    """Return whether a page is opened by a link or in a frame, where the other page cannot read it."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") in ("document", "iframe")
