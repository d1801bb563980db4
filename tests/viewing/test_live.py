import socket
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from tilegan.errors import OutputError, ResumeError
from tilegan.geometry import Window
from tilegan.images.stores.pyramid import halve
from tilegan.images.stores.store import Store
from tilegan.inference.paint import Painter
from tilegan.inference.passes import Passes
from tilegan.networks.build import build_generator
from tilegan.pipelines import StylizeSettings, stylize
from tilegan.translator import Translator
from tilegan.viewing import desk as desks
from tilegan.viewing import painted
from tilegan.viewing.desk import Desk
from tilegan.viewing.options import ViewOptions

view_stylized = pytest.importorskip("tilegan.pipelines.view").view_stylized

SERVING = ViewOptions(port=0, tile_size=64)


@pytest.fixture(autouse=True)
def no_spare_work(monkeypatch):
    """Only what is asked for is computed."""
    monkeypatch.setattr(desks, "QUIET", 3600.0)


@pytest.fixture
def pixels():
    """Of three by three shards, and three zooms."""
    return np.random.default_rng(3).integers(0, 256, (150, 170, 3), dtype=np.uint8)


@pytest.fixture
def contents():
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def settings(**values):
    return StylizeSettings().but(**({"window": 32, "shard": 64, "stroke": 1, "precision": "float32"} | values))


@pytest.fixture
def look(served, picture, random_translator, tmp_path):
    """A client of a stylization of the picture."""

    def serve(image=picture, model=random_translator, output=tmp_path / "out.zarr", serving=SERVING, **values):
        return served(view_stylized(image, output, model, settings=settings(**values), options=serving))

    return serve


@pytest.fixture
def plain(picture, random_translator, tmp_path):
    """The store of a plain run."""

    def run(image=picture, model=random_translator, **values):
        output = tmp_path / "plain.zarr"
        stylize(image, output, model, settings=settings(**values), overwrite=True)
        return Store.open(output)

    return run


def level_of(store, level):
    return store.read(level, Window(0, 0, *store.shape(level)))


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


def test_only_what_is_looked_at_is_computed(look, monkeypatch):
    passes = []
    real = Passes.map
    monkeypatch.setattr(Passes, "map", lambda self, function, batches: real(self, function, map(noted, batches)))

    def noted(batch):
        passes.append(len(batch))
        return batch

    client = look()
    client.tile("result", 2, 1, 2)
    assert sum(passes) == 2  # windows of 32 pixels in a tile of 64, of which 22 rows are in the image
    client.tile("result", 2, 1, 2)
    client.tile("preview", 2, 1, 2)
    assert sum(passes) == 2
    assert client.get("/status.json").json["finished_shards"] == 1


@pytest.mark.parametrize("ending", ["zarr", "tif", "png"])
@pytest.mark.parametrize("stroke", [1, 8])
def test_the_rest_may_be_computed_later(look, picture, random_translator, tmp_path, contents, ending, stroke):
    output, plain = tmp_path / f"out.{ending}", tmp_path / f"plain.{ending}"
    client = look(output=output, stroke=stroke)
    for column, row in ((1, 1), (0, 2)):
        client.tile("result", 2, column, row)
    client.tile("result", 1, 1, 0)
    client.end()
    result = stylize(picture, output, random_translator, settings=settings(stroke=stroke), resume=True)
    assert result.megapixels_per_second > 0
    stylize(picture, plain, random_translator, settings=settings(stroke=stroke))
    if ending == "zarr":
        found = {name: content for name, content in contents(output).items() if name != "zarr.json"}
        assert found == {name: content for name, content in contents(plain).items() if name != "zarr.json"}
    else:
        assert output.read_bytes() == plain.read_bytes()
    assert not (tmp_path / f"out.{ending}.partial").exists()


def test_an_image_of_one_shard(look, random_translator, tmp_path):
    path = tmp_path / "small.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (50, 60, 3), dtype=np.uint8)).save(path)
    client = look(path, output=tmp_path / "small.out.png")
    shown = client.tile("result", 0, 0, 0)[:50, :60, :3]
    client.end()
    stylize(path, tmp_path / "small.out.png", random_translator, settings=settings(), resume=True)
    stylize(path, tmp_path / "plain.png", random_translator, settings=settings())
    assert (tmp_path / "small.out.png").read_bytes() == (tmp_path / "plain.png").read_bytes()
    assert (np.asarray(Image.open(tmp_path / "plain.png")) == shown).all()


@pytest.mark.parametrize("quiet", [3600.0, 0.001])  # by one thread, and with the help of another
def test_large_strokes_are_those_of_a_plain_run(look, plain, monkeypatch, quiet):
    monkeypatch.setattr(desks, "QUIET", quiet)
    client, store = look(stroke=8), plain(stroke=8)
    assert (client.tile("result", 2, 1, 1) == level_of(store, 0)[64:128, 64:128]).all()
    assert (client.whole("result", 2) == level_of(store, 0)).all()
    assert (client.whole("preview", 2) == level_of(store, 0)).all()
    assert client.get("/info.json").json["stroke"] == 8


def test_threads_share_the_copies_that_large_strokes_begin_with(look, monkeypatch):
    monkeypatch.setattr(desks, "QUIET", 0.001)
    monkeypatch.setattr("tilegan.pipelines.view_live.Desk", lambda _, name, **work: Desk(2, name, **work))
    names, both, real = set(), threading.Event(), Painter.paint

    def paint(self, place):
        if self.plan.step > 1:
            names.add(threading.current_thread().name)
            if len(names) == 2:
                both.set()
            assert both.wait(60), "no other thread comes"
        return real(self, place)

    monkeypatch.setattr(Painter, "paint", paint)
    look(stroke=8).get("/iiif/result/0,0,8,8/max/0/default.png")
    assert names == {"paint-0", "paint-1"}


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


def test_unfinished_work_of_a_run_is_gone_on_with(look, picture, random_translator, tmp_path, plain):
    def stop(phase, done, total):
        if phase == "stylize" and done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stylize(picture, tmp_path / "out.zarr", random_translator, settings=settings(), progress=stop)
    client, store = look(), plain()
    before = client.get("/status.json").json["finished_shards"]
    assert before > 3
    assert (client.whole("result", 0) == halve(halve(level_of(store, 0)))).all()
    assert client.get("/status.json").json["finished_shards"] == 9


def test_work_with_other_settings_is_not_gone_on_with(look, picture, random_translator, tmp_path):
    client = look()
    client.tile("result", 2, 0, 0)
    client.end()
    other = view_stylized(
        picture, tmp_path / "out.zarr", random_translator, settings=settings(strength=0.5), options=SERVING
    )
    with pytest.raises(ResumeError, match="strength"):
        other.__enter__()
    fresh = look(strength=0.5, overwrite=True)
    assert fresh.get("/status.json").json["finished_shards"] == 0


def test_two_do_not_write_one_output(look, picture, random_translator, tmp_path):
    look()
    second = view_stylized(picture, tmp_path / "out.zarr", random_translator, settings=settings(), options=SERVING)
    with pytest.raises(OutputError, match="another run is writing"):
        second.__enter__()


def test_nothing_is_left_where_nothing_was_finished(look, tmp_path):
    client = look()
    client.tile("preview", 0, 0, 0)
    assert (tmp_path / "out.zarr.partial").exists()
    client.end()
    assert not (tmp_path / "out.zarr.partial").exists()


@pytest.fixture
def slow(monkeypatch):
    """Forward passes that wait until they are let go on; how many were begun."""
    go_on, begun = threading.Event(), []
    real = Translator.run

    def run(self, *arguments):
        begun.append(1)
        go_on.wait()
        return real(self, *arguments)

    monkeypatch.setattr(Translator, "run", run)
    yield go_on, begun
    go_on.set()


def until(condition):
    while not condition():
        time.sleep(0.005)


def ask(client, path):
    """A connection that has asked, and does not wait for the answer."""
    connection = socket.create_connection(("127.0.0.1", client.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def test_quick_pans_leave_no_queue(slow, look):
    go_on, begun = slow
    client = look()

    def waiting():
        return client.get("/status.json").json["waiting"]

    for number in range(20):
        view = [
            ask(client, f"/tiles/{layer}/2/{number % 3}/{row}.png")
            for layer in ("result", "preview")
            for row in range(3)
        ]
        until(lambda: waiting() > 0)
        for connection in view:
            connection.close()
        until(lambda: waiting() == 0)
    go_on.set()
    until(lambda: client.get("/status.json").json["computing"] == 0)
    assert client.get("/status.json").json["waiting"] == 0
    assert len(begun) <= 2  # what was being computed, one pass in each thread
    assert client.get("/status.json").json["finished_shards"] == 0


def test_viewers_share_the_work(slow, look):
    go_on, begun = slow
    client = look()
    viewers = [ask(client, "/tiles/result/2/1/1.png") for _ in range(5)]
    until(lambda: client.get("/status.json").json["computing"] > 0)
    viewers.pop().close()  # who leaves takes nothing from the others
    go_on.set()
    answers = [viewer.makefile("rb").readline() for viewer in viewers]
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 4
    assert len(begun) == 4
    for viewer in viewers:
        viewer.close()


def test_what_was_begun_is_finished_while_nobody_asks(look, monkeypatch):
    monkeypatch.setattr(desks, "QUIET", 0.01)
    client = look(window=16)
    client.get("/iiif/result/64,64,10,10/max/0/default.png")
    until(lambda: client.get("/status.json").json["finished_shards"] == 1)
    until(lambda: client.get("/status.json").json["computing"] == 0)
    assert client.get("/status.json").json["finished_shards"] == 1  # and nothing else is begun


def test_a_stop_ends_what_waits(slow, look):
    go_on, _ = slow
    client = look()
    connection = ask(client, "/tiles/result/2/1/1.png")
    until(lambda: client.get("/status.json").json["computing"] > 0)
    client.viewer.server.stop()
    assert connection.makefile("rb").readline() in (b"HTTP/1.1 503 Service Unavailable\r\n", b"")
    go_on.set()
    connection.close()


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
