"""What a notebook shows of results, and the viewer that it opens."""

import base64
import io
import re
import urllib.request

import numpy as np
import pytest
from PIL import Image

import tilegan
from tilegan.errors import ImageError, SettingError
from tilegan.pipelines import stylize, train
from tilegan.pipelines.train_report import TrainResult


def picture_of(html):
    content = re.search(r'src="data:image/jpeg;base64,([^"]+)"', html)
    return Image.open(io.BytesIO(base64.b64decode(content[1]))) if content else None


@pytest.mark.parametrize("ending", ["png", "tif", "zarr"])
def test_a_result_shows_itself_and_its_facts(picture, random_translator, tmp_path, ending):
    result = stylize(picture, tmp_path / f"out.{ending}", random_translator)
    html = result._repr_html_()
    assert f"out.{ending}" in html and "310 pixels wide, 270 high" in html and "exact" in html
    shown = picture_of(html)
    assert shown.size == (310, 270)
    stylize(picture, tmp_path / "same.png", random_translator)
    small, same = (
        np.asarray(image.convert("L").reduce(10), int) for image in (shown, Image.open(tmp_path / "same.png"))
    )
    assert np.abs(small - same).max() < 6


def test_a_result_that_is_gone_shows_its_facts(picture, random_translator, tmp_path):
    result = stylize(picture, tmp_path / "out.png", random_translator)
    result.output.unlink()
    html = result._repr_html_()
    assert "310" in html and picture_of(html) is None


@pytest.mark.usefixtures("no_curves")
def test_a_training_shows_its_last_samples(training_folders, tiny_training, tmp_path):
    result = train(*training_folders, tmp_path / "mine", settings=tiny_training, device="cpu")
    html = result._repr_html_()
    assert "mine" in html and "6, finished" in html and picture_of(html).size[0] > 50
    for name, value in result.losses.items():
        assert name in html and f"{value:.4g}" in html
    bare = TrainResult(tmp_path / "none", tmp_path / "none" / "m", 3, False, 60.0, {}, {})
    assert "3, to be resumed" in bare._repr_html_()


def test_a_translator_shows_its_facts(random_translator, styled_translator):
    html = random_translator._repr_html_()
    assert "random" in html and "halo 28, stride 4" in html and "float32" in html
    assert "dark, light" in styled_translator._repr_html_()
    assert tilegan.load("vangogh", device="cpu")._repr_html_()


def asked(viewer, path):
    with urllib.request.urlopen(viewer.url + path) as answer:
        return answer.read().decode()


def test_a_result_can_be_looked_at(picture, random_translator, tmp_path):
    pytest.importorskip("starlette")
    result = stylize(picture, tmp_path / "out.zarr", random_translator)
    with result.view() as viewer:
        assert viewer.url in viewer._repr_html_() and viewer.url in repr(viewer)
        told = asked(viewer, "info.json")
        assert '"compare":"source"' in told and '"width":310' in told
    with pytest.raises(OSError):  # it has stopped
        asked(viewer, "info.json")


def test_what_a_result_is_compared_with(picture, random_translator, tmp_path):
    pytest.importorskip("starlette")
    result = stylize(picture, tmp_path / "out.png", random_translator, region=(0, 0, 100, 80))
    with result.view() as viewer:  # a part of the source cannot be compared with it
        assert '"compare":null' in asked(viewer, "info.json")
    with pytest.raises(SettingError):
        result.view(picture)
    result.output.unlink()
    with pytest.raises(ImageError):
        result.view()
