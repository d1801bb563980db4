"""What the tests of viewing share: a server in a thread, and a client that is no browser."""

import http.client
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin


class Answer:
    """What a server answered."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.body)))


class Client:
    """Asks a server, each time by a connection of its own."""

    def __init__(self, viewer: Any, end: Callable[[], object]) -> None:
        self.viewer, self.url, self.end = viewer, viewer.url, end
        self.port = urlsplit(viewer.url).port

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=names)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def tile(self, layer: str, zoom: int, column: int, row: int, ending: str = "png") -> np.ndarray:
        answer = self.get(f"/tiles/{layer}/{zoom}/{column}/{row}.{ending}")
        assert answer.status == 200, answer.body
        return answer.pixels

    def whole(self, layer: str, zoom: int) -> np.ndarray:
        """All tiles of a zoom, joined, cut to the image; colors only."""
        info = self.get("/info.json").json
        side, level = info["tileSize"], info["maxZoom"] - zoom
        height, width = -(-info["height"] >> level), -(-info["width"] >> level)
        rows = [
            np.concatenate(
                [self.tile(layer, zoom, column, row)[..., :3] for column in range(-(-width // side))],
                axis=1,
            )
            for row in range(-(-height // side))
        ]
        return np.concatenate(rows)[:height, :width]


@pytest.fixture
def served() -> Iterator[Callable[[Any], Client]]:
    """Serves what a context manager prepares until the test ends."""
    with ExitStack() as stack:

        def serve(prepared: Any) -> Client:
            own = stack.enter_context(ExitStack())
            viewer = own.enter_context(prepared)
            thread = threading.Thread(target=viewer.server.run)
            thread.start()
            own.callback(thread.join)
            own.callback(viewer.server.stop)
            return Client(viewer, own.close)

        yield serve


@pytest.fixture
def placed(tmp_path, pixels):
    """A TIFF with a place: UTM zone 33, pixels of 10 meters."""
    path = tmp_path / "placed.tif"
    profile = {"driver": "GTiff", "height": 270, "width": 310, "count": 3, "dtype": "uint8", "tiled": True}
    profile |= {"blockxsize": 64, "blockysize": 64, "crs": "EPSG:32633", "transform": from_origin(4e5, 5e6, 10, 10)}
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(pixels, -1, 0))
    return path
