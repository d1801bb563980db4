"""The page in a notebook: in a frame of a page that another server of the same machine sends."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.slow


@pytest.fixture
def sent() -> Iterator[Callable[[str], int]]:
    """Serves a page until the test ends, and returns its port."""
    servers = []

    def serve(page: str) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        servers.append(server)
        return server.server_port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_notebook_shows_the_page(chromium: Any, sent: Callable[[str], int], tmp_path: Path, host: str) -> None:
    open_view = pytest.importorskip("tilegan.pipelines.view_open").OpenView
    Image.new("RGB", (300, 200), (200, 40, 10)).save(tmp_path / "red.png")
    context = chromium.new_context()
    try:
        with open_view(tmp_path / "red.png") as view:
            page = context.new_page()
            page.goto(f"http://{host}:{sent(view._repr_html_())}/")
            frame = page.frame_locator("iframe")
            frame.locator("html[data-ready]").wait_for(state="attached")
            frame.locator("img.leaflet-tile-loaded").first.wait_for()
    finally:
        context.close()
