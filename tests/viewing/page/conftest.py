"""What the tests of the page share: a server of a result and its source, and a real browser that looks at it."""

import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.crs import CRS
from rasterio.transform import from_origin

from tilegan.geometry import Pixels, Window
from tilegan.images.stores.store import Store
from tilegan.pipelines import stylize
from tilegan.translator import Translator
from tilegan.viewing.options import ViewOptions

HEIGHT, WIDTH = 900, 1400
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
# Waits a while: longer than the page waits before it writes its address, and two frames at least, so that a motion is
# not taken for its end when frames are late. Tells whether all tiles are there, faded in, and nothing has changed.
IS_STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const tiles = () => [...document.querySelectorAll("img.leaflet-tile")];
  const there = (tile) => tile.classList.contains("leaflet-tile-loaded") && ["", "1"].includes(tile.style.opacity);
  const seen = () => `${location.hash} ${document.querySelector(".leaflet-map-pane").style.transform}` +
    tiles().map((tile) => tile.parentNode.style.transform + tile.style.transform).join();
  const before = seen();
  await new Promise((end) => setTimeout(end, 200));
  await frame();
  await frame();
  return seen() === before && tiles().length > 0 && tiles().every(there);
}"""
ROUNDS = 200  # of these waits, after which a view never comes to rest

PANELS = """(value) => {
  for (const panel of document.querySelectorAll(".panel, #divider")) panel.style.visibility = value;
}"""


@dataclass
class Looked:
    """What is served: a page, and the pixels of its layers."""

    url: str
    source: Pixels
    result: Pixels

    def around(self, layer: str, x: int, y: int, width: int, height: int) -> Pixels:
        """The pixels of a layer, by its name, that a view of some size shows at full resolution around a pixel."""
        pixels: Pixels = getattr(self, layer)
        return pixels[y - height // 2 : y + height // 2, x - width // 2 : x + width // 2]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium: TILEGAN_BROWSER's, Playwright's own, or one of the system; tests skip without any."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: install the extra 'test'")
    with sync_api.sync_playwright() as playwright:
        named = [os.environ.get("TILEGAN_BROWSER"), playwright.chromium.executable_path]
        found = [path for path in (*named, *map(shutil.which, BROWSERS)) if path and Path(path).is_file()]
        if not found:
            pytest.skip("no browser: `playwright install chromium`, or `apt-get install chromium`")
        arguments = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"]
        browser = playwright.chromium.launch(executable_path=found[0], args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def looked(random_translator: Translator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """A GeoTIFF of smooth colors with sharp noise, its result by a small model, and a server of both."""
    folder = tmp_path_factory.mktemp("looked")
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    smooth = np.stack([columns * 255 / WIDTH, rows * 255 / HEIGHT, (rows + columns) % 256], axis=2)
    noise = np.random.default_rng(5).integers(-20, 21, smooth.shape)
    source = np.clip(smooth + noise, 0, 255).astype(np.uint8)
    path = folder / "source.tif"
    place = {"crs": CRS.from_epsg(32631), "transform": from_origin(448000, 5412000, 2, 2)}
    with rasterio.open(path, "w", driver="GTiff", height=HEIGHT, width=WIDTH, count=3, dtype="uint8", **place) as file:
        file.write(source.transpose(2, 0, 1))
    stylize(path, folder / "result.zarr", random_translator, window=64, shard=256, device="cpu", precision="float32")
    store = Store.open(folder / "result.zarr")
    view = pytest.importorskip("tilegan.pipelines.view").view
    with view(folder / "result.zarr", compare=path, options=ViewOptions(port=0)) as viewer, running(viewer.server):
        yield Looked(viewer.url, source, store.read(0, Window(0, 0, HEIGHT, WIDTH)))


@contextmanager
def running(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


@pytest.fixture
def served() -> Callable[[Any], AbstractContextManager[None]]:
    """Runs a server in a thread."""
    return running


class Tab:
    """A page in the browser."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: message.type in ("error", "warning") and self.complain(message.text))
        page.on("pageerror", lambda error: self.complain(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def complain(self, text: str) -> None:
        self.complaints.append(text)

    def open(self, fragment: str = "") -> "Tab":
        """Open the page, and wait until all is there."""
        self.page.goto(f"{self.url}#{fragment}")
        self.page.wait_for_selector("html[data-ready]")
        return self.settle()

    def settle(self) -> "Tab":
        """Wait until all tiles of the view are there."""
        for _ in range(ROUNDS):
            if self.page.evaluate(IS_STILL):
                return self
        raise AssertionError("the view does not come to rest")

    def wheel(self, x: int, y: int, amount: int) -> "Tab":
        """Turn the wheel at a point. Playwright waits until the page has seen keys and buttons, but not the wheel."""
        self.page.mouse.move(x, y)
        self.page.evaluate("""() => {
          window.wheeled = new Promise((seen) => addEventListener("wheel", seen, { once: true, capture: true }));
        }""")
        self.page.mouse.wheel(0, amount)
        self.page.evaluate("() => window.wheeled.then(() => null)")
        return self.settle()

    def shot(self) -> Pixels:
        """The screen, without panels, in its own pixels."""
        self.page.evaluate(PANELS, "hidden")
        pixels = np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))
        self.page.evaluate(PANELS, "")
        return pixels

    def text(self, selector: str) -> str:
        return " ".join(self.page.inner_text(selector).split())

    def press(self, *keys: str) -> "Tab":
        for key in keys:
            self.page.keyboard.press(key)
        return self.settle()


@pytest.fixture
def tab(chromium: Any, looked: Looked) -> Iterator[Callable[..., Tab]]:
    """Opens the page in a new window; afterwards nothing may have been complained of, nor another host asked."""
    opened: list[tuple[Any, Tab]] = []

    def new(url: str = looked.url, *, phone: bool = False, moving: bool = False, **options: Any) -> Tab:
        motion = "no-preference" if moving else "reduce"
        options = {"reduced_motion": motion, **(PHONE if phone else DESKTOP), **options}
        context = chromium.new_context(**options)
        made = Tab(context.new_page(), url)
        opened.append((context, made))
        return made

    yield new
    for context, made in opened:
        context.close()
        assert not made.complaints
        assert made.hosts <= {urlsplit(made.url).netloc, ""}
