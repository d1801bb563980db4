"""Swipe, side by side, opacity and the other layer for a moment, pixel by pixel; what is saved; windows and shards."""

import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow  # a browser for each

FULL = "x=700&y=450&z=0&other=source&layer=result"


def test_swiping_shows_the_source_at_the_left_and_the_result_at_the_right(tab, looked):
    opened = tab().open(f"{FULL}&mode=swipe&at=0.25")
    source, result = (looked.around(layer, 700, 450, 1280, 800) for layer in ("source", "result"))
    np.testing.assert_array_equal(opened.shot(), np.concatenate([source[:, :320], result[:, 320:]], axis=1))
    page = opened.page
    page.mouse.move(320, 400)
    page.mouse.down()
    page.mouse.move(800, 420, steps=4)
    page.mouse.up()
    opened.settle()
    np.testing.assert_array_equal(opened.shot(), np.concatenate([source[:, :800], result[:, 800:]], axis=1))
    page.focus("#divider")
    opened.press("ArrowLeft", "ArrowLeft")
    assert page.get_attribute("#divider", "aria-valuenow") == "59"
    opened.press("Home")
    np.testing.assert_array_equal(opened.shot(), result)


def test_the_swipe_line_stays_while_the_picture_moves(tab, looked):
    opened = tab().open(f"{FULL}&mode=swipe")
    opened.press("ArrowRight", "ArrowDown")
    moved = [looked.around(layer, 840, 590, 1280, 800) for layer in ("source", "result")]
    height = moved[0].shape[0]  # below the image there is nothing
    shot = opened.shot()[:height]
    width = moved[0].shape[1]
    np.testing.assert_array_equal(shot[:, :640], moved[0][:, :640])
    np.testing.assert_array_equal(shot[:, 640:width], moved[1][:, 640:])


TILES = """(name) => {
  const map = document.querySelector(name);
  const edge = map.getBoundingClientRect().left;
  return Object.fromEntries([...map.querySelectorAll("img.leaflet-tile")].map((tile) => {
    const box = tile.getBoundingClientRect();
    return [tile.dataset.place, [box.left - edge, box.top, box.width]];
  }));
}"""


def test_side_by_side_both_halves_show_the_same_place(tab, looked):
    opened = tab().open(f"{FULL}&mode=side")
    page = opened.page

    def halves(x, y):
        shot = opened.shot()
        for part, layer in ((shot[:, 1:637], "source"), (shot[:, 643:1279], "result")):
            wide = looked.around(layer, x, y, 700, 800)
            found = [start for start in range(700 - 636) if np.array_equal(wide[:, start : start + 636], part)]
            assert len(found) == 1, layer
            yield found[0]

    assert np.ptp(list(halves(700, 450))) <= 2
    for start in (300, 900):  # either half can be dragged
        page.mouse.move(start, 400)
        page.mouse.down()
        page.mouse.move(start - 50, 400, steps=5)
        page.wait_for_timeout(250)
        page.mouse.up()
        opened.settle()
    assert np.ptp(list(halves(800, 450))) <= 2
    opened.wheel(900, 400, -300)
    first, second = (page.evaluate(TILES, name) for name in ("#first", "#second"))
    both = first.keys() & second.keys()
    assert len(both) > 3
    assert all(first[tile] == pytest.approx(second[tile], abs=1.5) for tile in both)
    assert page.inner_text("#factor") == "158 %"


def test_on_a_phone_that_is_held_upright_the_two_lie_one_above_the_other(tab):
    page = tab(phone=True).open("mode=side").page
    first, second = (page.locator(name).bounding_box() for name in ("#first", "#second"))
    assert first["x"] == second["x"] and second["y"] >= first["y"] + first["height"]
    assert first["width"] == second["width"] == 390


def test_opacity_mixes_the_two(tab, looked):
    opened = tab().open(f"{FULL}&mode=blend&mix=0.25")
    source, result = (looked.around(layer, 700, 450, 1280, 800).astype(float) for layer in ("source", "result"))
    assert np.abs(opened.shot() - (0.75 * source + 0.25 * result)).max() <= 1.5
    opened.page.fill("#mix", "100")
    np.testing.assert_array_equal(opened.settle().shot(), result)
    assert opened.page.inner_text("#mix-text") == "100 %"


def test_the_other_layer_is_seen_while_space_is_held(tab, looked):
    opened = tab().open(FULL)
    opened.page.keyboard.down("Space")
    np.testing.assert_array_equal(opened.settle().shot(), looked.around("source", 700, 450, 1280, 800))
    opened.page.keyboard.up("Space")
    np.testing.assert_array_equal(opened.settle().shot(), looked.around("result", 700, 450, 1280, 800))


def test_keys_and_buttons_choose_layers_and_modes(tab):
    opened = tab().open()
    page = opened.page
    for key, mode in (("s", "swipe"), ("b", "side"), ("o", "blend"), ("n", "single")):
        opened.press(key)
        assert page.get_attribute("#stage", "data-mode") == mode
        assert page.get_attribute(f"#dock [data-mode={mode}]", "aria-pressed") == "true"
    page.click("#dock [data-mode=swipe]")
    assert page.is_visible("#divider")
    assert (page.input_value("#other"), page.input_value("#layer")) == ("source", "result")
    opened.press("x")
    assert (page.input_value("#other"), page.input_value("#layer")) == ("result", "source")
    page.select_option("#layer", "result")
    assert page.evaluate("document.querySelectorAll('.leaflet-over-pane img').length") > 0
    opened.press("n", "l")
    assert page.input_value("#layer") == "source"


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_what_is_saved_is_what_is_seen(tab, phone):
    opened = tab(phone=phone).open(f"{FULL.replace('z=0', 'z=-1')}&mode=swipe&at=0.3&grid=1")
    with opened.page.expect_download() as download:
        opened.page.keyboard.press("p")
    assert download.value.suggested_filename == "result-x700-y450.png"
    saved = np.asarray(Image.open(io.BytesIO(download.value.path().read_bytes())))
    shot = opened.shot()
    assert saved.shape == (*shot.shape[:2], 4)
    seen = saved[..., 3] == 255
    assert 0.3 < seen.mean() < 0.9  # beside the image there is nothing
    assert np.abs(saved[..., :3].astype(int) - shot)[seen].max() <= 2


def test_windows_and_shards_are_drawn(tab):
    opened = tab().open(FULL)
    plain = opened.shot()
    lined = opened.press("g").shot()
    assert opened.page.get_attribute("[data-do=grid]", "aria-pressed") == "true"
    changed = (plain != lined).any(axis=2)
    # the left edge is pixel 60, the top one 50; shards begin at multiples of 256
    assert [x for x in range(1280) if changed[:, x].all() and (60 + x) % 256 in (0, 255)]
    inside = changed[300:400, 300:400]  # of window and shard 1, 1 there
    assert not inside.any()
    opened.page.mouse.move(350, 350)
    opened.page.wait_for_selector("#readout .values li")
    assert "Shard 1, 1" in opened.text("#readout .place")
    outline = opened.page.locator(".window-here").bounding_box()  # a store knows its shards alone: windows are as large
    assert outline["x"] == pytest.approx(256 - 60, abs=4) and outline["width"] == pytest.approx(256, abs=8)
    assert not (opened.press("g").shot() != plain).any()
