"""Make the pictures of docs/view.md: the page with a result and its source, in Chromium on a desk and on a phone.

tilegan stylize evening.jpg -o evening.zarr
python docs/view_pictures.py evening.jpg evening.zarr -o docs/images --swipe "x=3072&y=2048&z=-2.35" \
    --side "x=3000&y=2000&z=-2" --phone "x=3700&y=2150&z=-2.2"
"""

import argparse
import io
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tilegan.pipelines.view import view
from tilegan.viewing.options import ViewOptions

DESK = {"viewport": {"width": 1200, "height": 750}, "reduced_motion": "reduce"}
PHONE = {
    "viewport": {"width": 390, "height": 800},
    "device_scale_factor": 1.2,
    "is_mobile": True,
    "has_touch": True,
    "reduced_motion": "reduce",
}
ARE_THERE = """() => [...document.querySelectorAll("img.leaflet-tile")].every((tile) =>
  tile.classList.contains("leaflet-tile-loaded"))"""


def look(browser: Browser, url: str, scheme: str, options: dict, pointer: tuple[int, int] | None = None) -> Image.Image:
    """What the page shows at an address, in light or dark, with the pointer at a place."""
    page = browser.new_context(color_scheme=scheme, **options).new_page()
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1000)
    page.wait_for_function(ARE_THERE)
    if pointer:
        page.mouse.move(*pointer)
    page.wait_for_timeout(1000)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--swipe", default="", help="parts of the address: x=, y= and z=")
    parser.add_argument("--side", default="")
    parser.add_argument("--phone", default="")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    with (
        view(given.result, compare=given.source, options=ViewOptions(port=0)) as viewer,
        sync_playwright() as playwright,
    ):
        serving = threading.Thread(target=viewer.server.run)
        serving.start()
        browser = playwright.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
        address = viewer.url + "#"
        pictures = {
            "view": look(browser, f"{address}mode=swipe&{given.swipe}", "dark", DESK),
            "view_grid": look(browser, f"{address}mode=side&grid=1&{given.side}", "light", DESK, (400, 300)),
            "view_phone": look(browser, f"{address}mode=swipe&{given.phone}", "light", PHONE),
        }
        browser.close()
        viewer.server.stop()
        serving.join()
    for name, picture in pictures.items():
        picture.save(given.output / f"{name}.jpg", quality=88)
