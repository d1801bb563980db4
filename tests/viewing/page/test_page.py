"""The page opens, shows the right pixels, zooms and moves, in a real browser, on a desk and on a phone."""

import numpy as np
import pytest
from PIL import Image

from tilegan.viewing.options import ViewOptions

view = pytest.importorskip("tilegan.pipelines.view").view

pytestmark = pytest.mark.slow  # a browser for each

SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
PLACE = "x=700&y=450"  # the middle of the image
FULL = f"{PLACE}&z=0"


def number(tab, name):
    """A number of the address, which tells the view."""
    return tab.page.evaluate("name => Number(new URLSearchParams(location.hash.slice(1)).get(name))", name)


@SIZES
def test_the_whole_image_is_seen_at_first(tab, phone):
    page = tab(phone=phone).open().page
    assert page.title() == "result.zarr · tilegan"
    assert page.inner_text("h1") == "result.zarr"
    assert "1\u202f400 \u00d7 900" in page.inner_text("#facts")
    first, last = (page.locator("#first .leaflet-over-pane img").nth(index).bounding_box() for index in (0, -1))
    assert first["x"] >= 0 and first["y"] >= 0 and last["x"] < page.viewport_size["width"]


@SIZES
@pytest.mark.parametrize("layer", ["source", "result"])
def test_full_resolution_shows_the_pixels_of_the_file(tab, looked, phone, layer):
    depth = 1 if phone else 0  # on a screen of two pixels per CSS pixel, full resolution is half a CSS pixel
    shot = tab(phone=phone).open(f"{PLACE}&z={-depth}&layer={layer}").shot()
    height, width, _ = shot.shape
    height = min(height, 800)
    middle = shot[(shot.shape[0] - height) // 2 :][:height]
    np.testing.assert_array_equal(middle, looked.around(layer, 700, 450, width, height))


def test_beyond_full_resolution_pixels_are_squares(tab, looked):
    shot = tab().open(f"{PLACE}&z=3&layer=source").shot()
    np.testing.assert_array_equal(shot, looked.around("source", 700, 450, 160, 100).repeat(8, 0).repeat(8, 1))


@pytest.mark.parametrize("ratio", [1, 1.25, 1.5, 2.625, 3])
def test_there_are_no_lines_between_tiles(tab, served, tmp_path, ratio):
    color = np.array([200, 120, 60], np.uint8)
    Image.fromarray(np.broadcast_to(color, (1000, 1600, 3))).save(tmp_path / "even.png")
    small = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": ratio}
    with view(tmp_path / "even.png", options=ViewOptions(port=0)) as viewer, served(viewer.server):
        opened = tab(viewer.url, **small).open()
        for zoom in (2.7, 0.5, 0, -0.5, -1.3):
            opened.page.evaluate("place => { location.hash = place; }", f"x=803.3&y=500.7&z={zoom}")
            shot = opened.settle().shot().astype(int)
            assert shot.shape == (400 * ratio, 640 * ratio, 3)
            assert np.abs(shot - color).max() < 12, zoom
        opened.page.close()  # before the server stops, which it asks for news


def test_the_wheel_zooms_smoothly_about_the_pointer(tab):
    opened = tab(moving=True).open(FULL).wheel(900, 300, 300)
    zoom = number(opened, "z")
    assert zoom == pytest.approx(-0.66, abs=0.01)
    # pixel (960, 350) was below the pointer, (260, -100) CSS pixels from the middle
    assert number(opened, "x") == pytest.approx(960 - 260 / 2**zoom, abs=1)
    assert number(opened, "y") == pytest.approx(350 + 100 / 2**zoom, abs=1)


def test_buttons_and_keys_zoom(tab):
    opened = tab().open(FULL)
    opened.page.click("[data-do=in]")
    assert opened.settle().text("#factor") == "200 %"
    assert opened.press("-", "-").text("#factor") == "50 %"
    assert opened.press("1").text("#factor") == "100 %"
    opened.press("0")
    assert number(opened, "z") < -0.3
    opened.page.click("#factor")
    assert opened.settle().text("#factor") == "100 %"
    assert opened.press(*"-" * 12).text("#factor") != opened.press("0").text("#factor")


def test_dragging_and_arrows_move(tab):
    opened = tab(moving=True).open(FULL)
    page = opened.page
    page.mouse.move(600, 400)
    page.mouse.down()
    for step in range(5):
        page.mouse.move(600 - 20 * (step + 1), 400)
        page.wait_for_timeout(60)
    page.wait_for_timeout(200)  # without swing
    page.mouse.up()
    opened.settle()
    assert (number(opened, "x"), number(opened, "y")) == (800, 450)
    opened.press("ArrowRight", "ArrowUp")
    assert (number(opened, "x"), number(opened, "y")) == (940, 310)


def test_the_image_cannot_be_lost(tab):
    opened = tab().open(FULL)
    page = opened.page
    for _ in range(3):
        page.mouse.move(100, 400)
        page.mouse.down()
        page.mouse.move(1200, 400, steps=3)
        page.mouse.up()
        page.wait_for_timeout(100)
    opened.settle()
    assert number(opened, "x") == 0
    opened.press(*["Shift+ArrowDown"] * 4)
    assert number(opened, "y") == 900


def test_two_fingers_zoom_on_a_phone(tab):
    opened = tab(phone=True).open(f"{PLACE}&z=-1")
    send = opened.page.context.new_cdp_session(opened.page).send

    def fingers(kind, half):
        points = [{"x": 195 - half, "y": 400, "id": 0}, {"x": 195 + half, "y": 400, "id": 1}]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if half else []})

    fingers("touchStart", 40)
    for half in range(45, 85, 5):
        fingers("touchMove", half)
        opened.page.wait_for_timeout(20)
    fingers("touchEnd", 0)
    opened.settle()
    assert number(opened, "z") == pytest.approx(0, abs=0.05)


def test_double_click_and_double_tap_zoom(tab):
    opened = tab().open(FULL)
    opened.page.mouse.dblclick(640, 400)
    assert opened.settle().text("#factor") == "200 %"


def test_a_link_shows_the_same_view(tab):
    opened = tab().open("x=500&y=400&z=-0.5&layer=result&mode=swipe&other=source&at=0.25&grid=1")
    url, shot = opened.page.url, opened.shot()
    again = tab(url.partition("#")[0]).open(url.partition("#")[2])
    np.testing.assert_array_equal(again.shot(), shot)
    opened.page.evaluate("location.hash = '#x=600&y=300&z=0'")
    opened.settle()
    assert opened.text("#factor") == "100 %" and number(opened, "x") == 600


@pytest.mark.parametrize("fragment", ["x=1&y=nonsense&z=2", "layer=none&mode=none&at=7", "x=1e9&y=-5&z=99", "%%%"])
def test_links_of_nonsense_show_the_image(tab, fragment):
    opened = tab().open(fragment)
    assert 0 <= number(opened, "x") <= 1400 and 0 <= number(opened, "y") <= 900
    assert opened.page.input_value("#layer") == "result"
