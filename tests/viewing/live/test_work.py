"""Who computes what, when, and what is left of it in the output."""

import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import OutputError, ResumeError
from tilegan.images.stores.pyramid import halve
from tilegan.inference.paint import Painter
from tilegan.inference.passes import Passes
from tilegan.pipelines import stylize
from tilegan.translator import Translator
from tilegan.viewing import desk as desks
from tilegan.viewing.desk import Desk

from .conftest import SERVING, level_of, settings


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
    look(stroke=8).get("/iiif/result/96,64,8,8/max/0/default.png")
    assert names == {"paint-0", "paint-1"}


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


def test_work_with_other_settings_is_not_gone_on_with(look, view_stylized, picture, random_translator, tmp_path):
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


def test_two_do_not_write_one_output(look, view_stylized, picture, random_translator, tmp_path):
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
