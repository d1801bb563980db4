"""Names of models inside the package, and of the styles in them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from safetensors.numpy import save_file

import tilegan
from tilegan.errors import ModelError, SettingError
from tilegan.model_file import FORMAT, Bundled, bundled, chosen_style, find, read_header
from tilegan.translator import Translator, load


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 52, 3), np.uint8)


def test_files_and_their_styles_have_names(bundled_models: Path) -> None:
    both, one = (bundled_models / f"{name}.safetensors" for name in ("both", "one"))
    assert bundled() == {
        "both": Bundled(both),
        "one": Bundled(one),
        "dark": Bundled(both, "dark"),
        "light": Bundled(both, "light"),
    }
    assert find("light") == both and find("both") == both and find(Path("one")) == one
    assert [chosen_style(name) for name in ("light", "both", "one", both)] == ["light", "", "", ""]
    with pytest.raises(ModelError, match=r"no model 'turner': .* one of: both, one, dark, light$"):
        find("turner")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"no model in '{tmp_path}': .* after its first checkpoint"):
        find(tmp_path)


@pytest.mark.parametrize("header", ["[1", "[" * 200_000, "{}"])
def test_damaged_headers(tmp_path: Path, header: str) -> None:
    save_file({}, tmp_path / "x.safetensors", {"format": FORMAT, "tilegan": header})
    with pytest.raises(ModelError, match="its header"):
        read_header(tmp_path / "x.safetensors")


def test_a_file_comes_before_a_style_of_its_name(bundled_models: Path, random_translator: Translator) -> None:
    random_translator.save(bundled_models / "light.safetensors")
    assert find("light") == bundled_models / "light.safetensors"
    assert chosen_style("light") == ""
    assert chosen_style("dark") == "dark"


@pytest.mark.usefixtures("bundled_models")
def test_a_style_is_loaded_by_its_name(styled_translator: Translator, pixels: np.ndarray) -> None:
    light = load("light", "cpu", "float32")
    assert light.styles == ("dark", "light")
    expected = styled_translator.in_style({"light": 1.0}).translate(pixels)
    assert np.array_equal(light.translate(pixels), expected)
    mixed = {"dark": 1.0, "light": 3.0}
    found = light.in_style(mixed).translate(pixels)
    assert np.array_equal(found, styled_translator.in_style(mixed).translate(pixels))
    assert not np.array_equal(found, expected)
    with pytest.raises(SettingError, match="'both' has several styles: choose from dark, light"):
        load("both", "cpu", "float32").translate(pixels)
    with pytest.raises(SettingError, match="no style 'one'"):
        light.in_style({"one": 1.0})


def test_a_chosen_style_with_instance_norms_has_the_statistics_of_the_image(pixels: np.ndarray) -> None:
    from tilegan.networks.build import build_generator

    architecture = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4, "norm": "instance"}
    architecture |= {"styles": ["dark", "light"]}
    model = replace(Translator.of(build_generator(architecture), architecture, 16), chosen_style="dark")
    assert not model.with_statistics_of(pixels).needs_statistics


@pytest.mark.usefixtures("bundled_models")
def test_an_array_is_stylized_in_a_style_by_its_name(styled_translator: Translator, pixels: np.ndarray) -> None:
    array = da.from_array(pixels, chunks=(20, 30, 3))
    for style, shares in (({}, {"dark": 1.0}), ({"light": 1.0}, {"light": 1.0})):
        lazy = tilegan.stylize_array(array, "dark", style=style, device="cpu", precision="float32")
        expected = styled_translator.in_style(shares).translate(pixels)
        assert np.abs(lazy.compute(scheduler="synchronous").astype(int) - expected).max() <= 1


def test_names_are_looked_up_without_torch(bundled_models: Path) -> None:
    code = (
        "import sys, pathlib, tilegan.model_file as file; file.FOLDER = pathlib.Path(sys.argv[1]);"
        "assert file.chosen_style('dark') == 'dark'; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(bundled_models)], check=True)
