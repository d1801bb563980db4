"""Maps that do not fit an image or a model are refused before any work."""

import numpy as np
import pytest

from pictures import saved
from tilegan.errors import ImageError, OutputError, SettingError
from tilegan.inference.array import stylize_array
from tilegan.pipelines import plan_stylize, stylize

SHAPE = (135, 155)  # of the picture


BAD = {
    "narrow": ("protect", (135, 100), r"is 100 x 135 pixels, and the image, upright, 155 x 135: a map covers all"),
    "colors": ("strength", (*SHAPE, 3), r"colors.png has colors, and amounts are gray: save it as a gray image"),
    "bands": ("stroke", (*SHAPE, 3), r"not a map of strokes: .*bands.png has 3 bands of uint8: save numbers in one"),
    "white": ("stroke", SHAPE, r"white.png has the number 255: numbers are factors of strokes, 1 to 64, or 0 for auto"),
    "styles": ("style", SHAPE, r"styles.png has the number 255: the model 'styled' has 0 dark, 1 light"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_maps_are_refused_before_any_work(picture, styled_translator, tmp_path, name):
    control, shape, message = BAD[name]
    values = np.full(shape, 255, np.uint8)
    values[:9] = np.arange(values.shape[1]).reshape(-1, *(1,) * (len(shape) - 2)) % 2
    if name == "colors":
        values[100, 100] = 9, 8, 7
    file = saved(tmp_path / f"{name}.png", values)
    before = sorted(tmp_path.iterdir())
    with pytest.raises((ImageError, SettingError), match=message) as error:
        stylize(picture, tmp_path / "out.zarr", styled_translator, **({"style": {"dark": 1}} | {control: file}))
    assert "\n" not in str(error.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_model_of_one_style_takes_no_map_of_styles(picture, random_translator, halves, tmp_path):
    with pytest.raises(SettingError, match=r"halves.png has the number 0: the model 'random' has only one style"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, style=halves)
    with pytest.raises(ImageError, match=r"no such image: .*none.png"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, protect=tmp_path / "none.png")
    (tmp_path / "torn.png").write_bytes(halves.read_bytes()[:60])
    with pytest.raises(ImageError, match=r"torn.png"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, protect=tmp_path / "torn.png")
    smooth = saved(tmp_path / "smooth.png", np.broadcast_to(np.arange(155) % 40, SHAPE).astype(np.uint8))
    with pytest.raises(SettingError, match=r"40 numbers for stroke give 39 paintings, at most 16"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, stroke=smooth)
    with pytest.raises(SettingError, match=r"a feather of 300 pixels is impossible: give 0 to 256"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, protect=halves, feather=300)
    with pytest.raises(SettingError, match=r"protect by an array is for stylize_array"):
        plan_stylize(picture, tmp_path / "out.zarr", random_translator, protect=np.zeros(SHAPE))
    with pytest.raises(SettingError, match=r"protect by a file is for stylize"):
        stylize_array(np.zeros((*SHAPE, 3), np.uint8), random_translator, protect=halves)
    with pytest.raises(SettingError, match=r"a map of float64 \(135, 155\) for stroke does not fit"):
        stylize_array(np.zeros((*SHAPE, 3), np.uint8), random_translator, stroke=np.zeros(SHAPE))


def test_an_output_is_not_its_map(picture, random_translator, faces):
    with pytest.raises(OutputError, match=r"faces.png is the source itself"):
        stylize(picture, faces, random_translator, protect=faces, overwrite=True)
