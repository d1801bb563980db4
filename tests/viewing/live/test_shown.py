"""What is shown is what a plain run makes, and previews are what the model makes of a reduced image."""

import numpy as np
import pytest
import torch
from PIL import Image

from tilegan.images.stores.pyramid import halve
from tilegan.networks.build import build_generator
from tilegan.pipelines import stylize
from tilegan.translator import Translator
from tilegan.viewing import desk as desks
from tilegan.viewing import painted

from .conftest import level_of, settings


def test_all_zooms_of_the_result_are_those_of_a_plain_run(look, plain):
    client, store = look(), plain()
    for zoom in (2, 1, 0):
        pixels = level_of(store, 0)
        for _ in range(2 - zoom):
            pixels = halve(pixels)
        assert (client.whole("result", zoom) == pixels).all(), zoom
    assert client.get("/status.json").json == {"computing": 0, "waiting": 0, "finished_shards": 9, "shards": 9}


def test_zoomed_out_it_is_computed_from_below(look, plain):
    client, store = look(), plain()
    assert (client.whole("result", 0) == halve(halve(level_of(store, 0)))).all()


def test_the_preview_at_full_resolution_is_the_result(look, plain):
    client, store = look(), plain()
    assert (client.whole("preview", 2) == level_of(store, 0)).all()


def test_the_preview_is_what_the_model_paints_of_a_reduced_image(look, pixels, random_translator):
    client = look()
    for zoom in (1, 0):
        pixels = halve(pixels)
        assert (client.whole("preview", zoom) == random_translator.translate(pixels)).all(), zoom
    assert client.get("/status.json").json["finished_shards"] == 0


def test_the_source_is_shown_as_it_is(look, pixels):
    assert (look().whole("source", 2) == pixels).all()


def test_what_is_told(look):
    info = look().get("/info.json").json
    assert [layer["id"] for layer in info["layers"]] == ["preview", "result", "source"]
    assert (info["default"], info["compare"]) == ("preview", "source")
    assert info["grid"] == {"window": 32, "shard": 64}
    assert (info["model"], info["stroke"]) == ("random", 1)
    assert [layer["title"] for layer in info["layers"]] == ["random, preview", "random", "picture.png"]
    assert all(layer["note"] for layer in info["layers"][:2])


def test_a_pixel_is_told_once_it_is_computed(look, pixels, plain):
    client = look()
    values = client.get("/pixel.json?x=70&y=90").json["values"]
    assert values == {"preview": None, "result": None, "source": pixels[90, 70].tolist()}
    client.tile("result", 2, 1, 1)
    expected = level_of(plain(), 0)[90, 70].tolist()
    assert client.get("/pixel.json?x=70&y=90").json["values"]["result"] == expected
    assert client.get("/pixel.json?x=7&y=90").json["values"]["result"] is None


@pytest.mark.parametrize("quiet", [3600.0, 0.001])  # by one thread, and with the help of another
def test_large_strokes_are_those_of_a_plain_run(look, plain, monkeypatch, quiet):
    monkeypatch.setattr(desks, "QUIET", quiet)
    client, store = look(stroke=8), plain(stroke=8)
    assert (client.tile("result", 2, 1, 1) == level_of(store, 0)[64:128, 64:128]).all()
    assert (client.whole("result", 2) == level_of(store, 0)).all()
    assert (client.whole("preview", 2) == level_of(store, 0)).all()
    assert client.get("/info.json").json["stroke"] == 8


@pytest.mark.parametrize("values", [{"strength": 0.4, "keep_colors": True}, {"strength": 0.0}, {"seams": "combo"}])
def test_other_settings(look, plain, values):
    client, store = look(**values), plain(**values)
    assert (client.whole("result", 2) == level_of(store, 0)).all()


@pytest.mark.parametrize("stroke", [1, 4])
def test_transparent_parts_stay_so(look, plain, tmp_path, stroke):
    image = np.random.default_rng(1).integers(0, 256, (200, 150, 4), dtype=np.uint8)
    image[..., 3] = np.where(np.indices((200, 150)).sum(0) < 140, 0, 255)
    path = tmp_path / "transparent.png"
    Image.fromarray(image).save(path)
    client, store = look(path, stroke=stroke), plain(path, stroke=stroke)
    assert (client.tile("result", 2, 1, 1) == level_of(store, 0)[64:128, 64:128]).all()
    assert (client.tile("result", 2, 0, 0) == level_of(store, 0)[:64, :64]).all()
    preview = client.tile("preview", 1, 0, 0)
    assert (preview[..., 3] == halve(image)[:64, :64, 3]).all()


def test_a_model_that_enlarges(look, plain, pixels):
    torch.manual_seed(3)
    architecture = {"name": "srresnet", "channels": 4, "blocks": 1, "scale": 2}
    model = Translator.of(build_generator(architecture), architecture, tile_size=16, name="large").place(
        "cpu", "float32"
    )
    client, store = look(model=model), plain(model=model)
    info = client.get("/info.json").json
    assert (info["width"], info["height"], info["grid"]["shard"]) == (340, 300, 128)
    assert (client.whole("result", 3) == level_of(store, 0)).all()
    assert (client.whole("source", 3) == pixels.repeat(2, 0).repeat(2, 1)).all()
    assert (client.whole("preview", 2) == model.translate(halve(pixels))).all()


def test_what_takes_too_long_is_shown_as_far_as_it_is(look, plain, monkeypatch):
    monkeypatch.setattr(painted, "MOST", 3)
    client, store = look(), plain()
    assert client.get("/tiles/result/1/0/0.png").headers["X-Tilegan-Complete"] == "0"
    for x in (64, 96):  # four windows, of which two are there
        client.get(f"/iiif/result/{x},0,32,32/max/0/default.png")
    answer = client.get("/tiles/result/1/0/0.png")
    assert (answer.headers["X-Tilegan-Complete"], answer.headers["Cache-Control"]) == ("0", "no-store")
    assert "ETag" not in answer.headers
    expected = np.zeros((64, 64, 4), np.uint8)
    expected[:16, 32:, :3] = halve(level_of(store, 0))[:16, 32:64]
    expected[:16, 32:, 3] = 255
    assert (answer.pixels == expected).all()
    assert (client.get("/tiles/result/0/0/0.png").pixels[..., 3] > 0).sum() == 8 * 16


def test_a_finished_output_is_shown(look, picture, random_translator, tmp_path, plain):
    stylize(picture, tmp_path / "out.zarr", random_translator, settings=settings())
    client = look()
    info = client.get("/info.json").json
    assert [layer["id"] for layer in info["layers"]] == ["result", "source"]
    assert (client.whole("result", 2) == level_of(plain(), 0)).all()


def test_maps_hold_where_somebody_looks_and_in_previews(look, plain, pixels, styled_translator, tmp_path):
    numbers, mask = np.zeros(pixels.shape[:2], np.uint8), np.zeros(pixels.shape[:2], np.uint8)
    numbers[:, 80:] = 1
    mask[40:110, 60:120] = 255
    for name, values in (("style", numbers), ("stroke", numbers[::-1] + 1), ("protect", mask)):
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    maps = {name: str(tmp_path / f"{name}.png") for name in ("style", "stroke", "protect")} | {"feather": 4}
    client = look(model=styled_translator, **maps)
    assert (client.whole("result", 2) == level_of(plain(model=styled_translator, **maps), 0)).all()
    halved, preview = halve(pixels), client.whole("preview", 1)
    assert (preview[20:55, 30:60] == halved[20:55, 30:60]).all()
    for style, part in (("dark", np.s_[:, :28]), ("light", np.s_[:, 63:])):
        assert (preview[part] == styled_translator.in_style({style: 1}).translate(halved)[part]).all()


def test_wide_holes_are_filled_over_their_copies_where_somebody_looks(look, plain, pixels, learned_filler, tmp_path):
    holes = np.zeros(pixels.shape[:2], np.uint8)
    holes[40:110, 60:120] = 255
    Image.fromarray(holes).save(tmp_path / "holes.png")
    given = {"model": learned_filler, "mask": str(tmp_path / "holes.png")}
    client = look(**given)
    made = client.whole("result", 2)
    assert (made == level_of(plain(**given), 0)).all()
    assert (made[holes == 0] == pixels[holes == 0]).all()
