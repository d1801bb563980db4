"""What the page tells: pixels and coordinates, help, facts and states; themes; what it needs to be usable by all."""

import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from tilegan.viewing.layers import Shown
from tilegan.viewing.options import ViewOptions
from tilegan.viewing.site import Site, Status

site_app = pytest.importorskip("tilegan.viewing.app").site_app
Server = pytest.importorskip("tilegan.viewing.server").Server
pytestmark = pytest.mark.slow  # a browser for each

SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
FULL = "x=700&y=450&z=0"


def test_the_pixel_under_the_pointer_is_told(tab, looked):
    opened = tab().open(FULL)
    opened.page.mouse.move(700, 500)
    opened.page.wait_for_selector("#readout .values li")
    opened.page.wait_for_function("() => document.querySelector('#readout .place').innerText.includes('Position')")
    place = opened.text("#readout .place")
    assert "Pixel 760, 550" in place
    assert "EPSG:32631 449 521, 5 410 899" in place.replace("\u202f", " ")
    assert re.search(r"Position 48\.8\d{4}° N, 2\.3\d{4}° E", place)
    values = opened.text("#readout .values")
    for layer, title in (("source", "source.tif"), ("result", "result.zarr")):
        assert f"{title} {' '.join(map(str, getattr(looked, layer)[550, 760]))}" in values
    opened.page.mouse.move(5, 5)
    opened.press("0")
    opened.page.mouse.move(6, 6)
    assert opened.page.is_hidden("#readout")


def test_a_touch_reads_the_pixel_on_a_phone(tab):
    opened = tab(phone=True).open("x=700&y=450&z=0")
    opened.page.touchscreen.tap(150, 300)
    opened.page.wait_for_selector("#readout .values li")
    x, y = 700 - 195 + 150, 450 - 422 + 300
    assert f"Pixel {x}, {y}" in opened.text("#readout .place")
    assert opened.page.is_visible(".spot")
    readout, dock = (opened.page.locator(name).bounding_box() for name in ("#readout", "#dock"))
    assert readout["y"] + readout["height"] <= dock["y"]


def test_without_a_pointer_the_middle_can_be_read(tab):
    opened = tab().open(FULL).press("r")
    assert "Pixel 700, 450" in opened.text("#readout .place")


def test_help_and_facts_open_and_close(tab):
    opened = tab().open()
    page = opened.page
    page.keyboard.press("?")
    assert "While held: the other layer" in opened.text("#help-dialog")
    page.keyboard.press("s")  # is not for what lies below
    assert page.get_attribute("#stage", "data-mode") == "single"
    page.keyboard.press("Escape")
    assert page.is_hidden("#help-dialog")
    page.click("#about [data-do=about]")
    facts = opened.text("#about-dialog")
    assert "EPSG:32631" in facts and "2 metre per pixel" in facts and "256 pixels" in facts
    page.click("#about-dialog button")
    assert page.is_hidden("#about-dialog")


def brightness(page, selector):
    color = page.evaluate("(s) => getComputedStyle(document.querySelector(s)).backgroundColor", selector)
    return np.mean([float(part) for part in re.findall(r"[\d.]+", color)[:3]])


def test_light_and_dark_follow_the_system_until_they_are_chosen(tab):
    dark, light = (tab(color_scheme=scheme).open() for scheme in ("dark", "light"))
    assert brightness(dark.page, "body") < 60 < 200 < brightness(light.page, "body")
    dark.press("t")
    assert brightness(dark.page, "body") > 200
    dark.page.reload()
    dark.page.wait_for_selector("html[data-ready]")
    assert brightness(dark.page, "body") > 200


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_from_what_is_behind_them(tab, scheme):
    page = tab(color_scheme=scheme).open("mode=swipe").page
    for selector in (
        "#title",
        "#facts",
        "#layer",
        "#layer-badge",
        "#other-badge",
        "#factor",
        "#scale",
        "[data-do=link]",
    ):
        text, back = page.evaluate(COLORS, selector)
        assert contrast(text, back) >= 4.5, (selector, text, back)


COLORS = """(selector) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  let element = document.querySelector(selector);
  const text = rgba(getComputedStyle(element).color);
  let back = rgba(getComputedStyle(element).backgroundColor);
  while (back[3] < 200) back = rgba(getComputedStyle((element = element.parentElement)).backgroundColor);
  return [text, back];
}"""


def contrast(one, other):
    """The ratio of WCAG 2."""

    def luminance(color):
        parts = np.array(color[:3]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@SIZES
def test_all_controls_have_names_and_stay_on_the_screen(tab, phone):
    opened = tab(phone=phone).open("mode=swipe")
    page = opened.page
    if phone:
        page.tap("#more")
        page.wait_for_timeout(300)
    size = page.viewport_size
    controls = page.locator("button:visible, select:visible, input:visible, [role=slider]:visible")
    assert controls.count() > 12
    for control in controls.all():
        name = control.evaluate("e => e.ariaLabel || e.labels?.[0]?.innerText || e.textContent")
        box = control.bounding_box()
        assert name.strip()
        for start, side in (("x", "width"), ("y", "height")):
            assert box[start] >= 0 and box[start] + box[side] <= size[side] + 1, name
    panels = [page.locator(name).bounding_box() for name in ("#about", "#dock", "#zoom")]
    for box in panels:
        others = [other for other in panels if other is not box]
        assert not any(overlap(box, other) for other in others)


def overlap(one, other):
    return all(
        one[start] < other[start] + other[side] and other[start] < one[start] + one[side]
        for start, side in (("x", "width"), ("y", "height"))
    )


def test_every_control_is_reached_by_tab(tab):
    page = tab().open("mode=swipe").page
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.do ?? document.activeElement.id"))
    assert {"divider", "about", "grid", "save", "help", "other", "layer", "in", "out", "first"} <= reached


@dataclass
class Painted:
    """A layer of one color, the right half of which is computed when the event is set."""

    id: str
    kind: str
    color: tuple[int, int, int]
    half: bool = False
    title: str = field(init=False)
    note: str = ""
    version: str = "1"
    height: int = 512
    width: int = 1024

    def __post_init__(self):
        self.title = self.id

    async def read(self, level, window):
        pixels = np.empty((window.height, window.width, 4), np.uint8)
        pixels[:] = (*self.color, 255)
        missing = window.left + np.arange(window.width) >= self.width >> level + 1
        pixels[:, missing & self.half] = 0
        return Shown(pixels, not (self.half and missing.any()))

    async def values(self, *_):
        return None

    def close(self):
        pass


@pytest.fixture
def unfinished(served):
    """The URL of an image whose result is computed on its left half, and what computes the rest.

    To be requested before `tab`, so that pages are closed before the server stops: they ask it for news.
    """
    note = "Strokes are larger than in the result."
    layers = [Painted("result", "result", (200, 0, 0), True), Painted("preview", "preview", (0, 0, 200), note=note)]
    status = Status(computing=1, waiting=2, finished_shards=1, shards=2)
    site = Site("half", {layer.id: layer for layer in layers}, "result", status=lambda: told[0])
    told = [status]

    def finish():
        layers[0].half = False
        told[0] = Status(finished_shards=2, shards=2)

    server = Server(site_app(site), ViewOptions(port=0))
    with served(server):
        yield server.url, finish


def test_where_the_result_is_not_computed_its_preview_is_seen_until_it_is(unfinished, tab):
    url, finish = unfinished
    opened = tab(url).open("x=512&y=256&z=-1")
    page = opened.page
    page.wait_for_function("() => document.querySelector('#layer-badge').innerText === 'In part'")
    shot = opened.settle().shot()
    assert tuple(shot[400, 600]) == (200, 0, 0) and tuple(shot[400, 700]) == (0, 0, 200)
    assert "Not all of this view is computed yet" in opened.text("#note")
    page.wait_for_function("() => document.querySelector('#status .text').innerText.includes('1 of 2 shards done')")
    finish()
    page.wait_for_function("() => document.querySelector('#layer-badge').innerText === 'Exact'")
    shot = opened.settle().shot()
    assert tuple(shot[400, 700]) == (200, 0, 0)
    page.wait_for_selector("#status", state="hidden")


def test_a_preview_says_what_it_is_until_full_resolution(unfinished, tab):
    opened = tab(unfinished[0]).open("x=512&y=256&z=-1&layer=preview")
    assert opened.text("#layer-badge") == "Preview"
    assert opened.text("#note") == "Strokes are larger than in the result."
    assert opened.press("1").text("#layer-badge") == "Exact"
    assert opened.text("#note") == ""


def test_values_that_are_not_computed_are_told_as_such(unfinished, tab):
    opened = tab(unfinished[0]).open("x=512&y=256&z=0").press("r")
    opened.page.wait_for_selector("#readout .values li")
    assert opened.text("#readout .values") == "result not computed preview not computed"


def test_tiles_that_fail_are_asked_for_again(tab, looked):
    opened = tab()
    failures = [2]

    def answer(route):
        if failures[0]:
            failures[0] -= 1
            route.fulfill(status=503, body="too many")
        else:
            route.continue_()

    opened.page.route("**/tiles/**", answer)
    shot = opened.open(f"{FULL}&layer=source").shot()
    np.testing.assert_array_equal(shot, looked.around("source", 700, 450, 1280, 800))
    opened.complaints.clear()  # the browser tells of the failures


def test_a_server_that_is_gone_is_told(tab):
    opened = tab().open()
    opened.page.route("**/status.json", lambda route: route.abort())
    opened.page.wait_for_function("() => document.querySelector('#status').innerText.includes('does not answer')")
    opened.complaints.clear()


def test_without_info_the_page_says_so(tab, looked):
    opened = tab()
    opened.page.route("**/info.json", lambda route: route.fulfill(status=500))
    opened.page.goto(looked.url)
    assert "cannot be shown" in opened.page.inner_text(".fatal")
    opened.complaints.clear()
