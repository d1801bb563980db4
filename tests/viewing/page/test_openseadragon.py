"""Another viewer shows the same pixels: OpenSeadragon, by the addresses of Deep Zoom and of IIIF.

It is no dependency: `npm pack openseadragon` brings it, and TILEGAN_OPENSEADRAGON names its `openseadragon.min.js`.
"""

import os
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><title>OpenSeadragon</title>
<style>html, body, #view { margin: 0; height: 100%; background: #000 }</style>
<div id="view"></div><script src="openseadragon.js"></script><script>
window.viewer = OpenSeadragon({
  id: "view", tileSources: "SOURCE", drawer: "canvas", showNavigationControl: false, animationTime: 0,
  imageSmoothingEnabled: false, blendTime: 0, maxZoomPixelRatio: 4,
});
viewer.addHandler("open", () => {
  const item = viewer.world.getItemAt(0);
  viewer.viewport.zoomTo(item.imageToViewportZoom(1), null, true);
  viewer.viewport.panTo(item.imageToViewportCoordinates(700, 450), true);
});
</script>"""
IS_STILL = """() => {
  const item = window.viewer?.world.getItemAt(0);
  return item?.getFullyLoaded() && Math.abs(item.viewportToImageZoom(viewer.viewport.getZoom(true)) - 1) < 1e-9;
}"""


@pytest.fixture(scope="session")
def openseadragon() -> Path:
    path = Path(os.environ.get("TILEGAN_OPENSEADRAGON", ""))
    if not path.is_file():
        pytest.skip("no OpenSeadragon: set TILEGAN_OPENSEADRAGON to its openseadragon.min.js")
    return path


def blocks(pixels):
    """The means of blocks of 8 x 8 pixels."""
    return pixels.reshape(100, 8, 160, 8, 3).mean((1, 3))


@pytest.mark.parametrize("layer", ["source", "result"])
@pytest.mark.parametrize("address", ["dzi/LAYER.dzi", "iiif/LAYER/info.json"])
def test_openseadragon_shows_the_pixels_of_the_file(tab, looked, openseadragon, address, layer):
    opened = tab()
    page = opened.page
    source = f"/{address.replace('LAYER', layer)}"
    html = PAGE.replace("SOURCE", source)
    page.route("**/view.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/openseadragon.js", lambda route: route.fulfill(path=openseadragon))
    page.goto(f"{looked.url}view.html")
    page.wait_for_function(IS_STILL)
    page.wait_for_timeout(300)
    shot, pixels = opened.shot(), looked.around(layer, 700, 450, 1280, 800)
    if address.startswith("dzi"):
        np.testing.assert_array_equal(shot, pixels)
    else:  # it asks IIIF servers for JPEG
        assert np.quantile(np.abs(blocks(shot) - blocks(pixels)), 0.9) < 3
