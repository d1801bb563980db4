"""Noise is a function of its place alone, and is like noise."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tilegan.errors import SettingError
from tilegan.networks.build import build_generator
from tilegan.networks.noise import cell_noise, drifting_noise
from tilegan.networks.noise_features import NoiseFeatures
from tilegan.pipelines import stylize
from tilegan.tiling.places import Place, placed
from tilegan.translator import Translator

ARCHITECTURE = {
    "name": "residual",
    "channels": 8,
    "blocks": 1,
    "stride": 4,
    "detail": 4,
    "squint": 5,
    "noise": 2,
    "drifts": 2,
}


def slow_hash(value: int) -> int:
    """The published function, on Python's integers."""
    value &= 0xFFFFFFFF
    value ^= value >> 16
    value = value * 0x7FEB352D & 0xFFFFFFFF
    value ^= value >> 15
    value = value * 0x846CA68B & 0xFFFFFFFF
    return value ^ value >> 16


def slow_noise(seed: int, step: int, plane: int, row: int, column: int) -> float:
    state = slow_hash(slow_hash(slow_hash(slow_hash(step ^ slow_hash(seed)) ^ plane) ^ row) ^ column)
    return (sum(state.to_bytes(4, "little")) - 510) / 147.80166


@given(seed=st.integers(0, 2**31), top=st.integers(-(2**20), 2**20), left=st.integers(-99, 99), step=st.integers(1, 64))
def test_values_are_those_of_the_slow_reference(seed: int, top: int, left: int, step: int) -> None:
    found = cell_noise(seed, torch.tensor([[0, 0, 1], [top, left, step]]), 2, 3, 2)
    wanted = [
        [[slow_noise(seed, step, plane, top + row, left + column) for column in range(2)] for row in range(3)]
        for plane in range(2)
    ]
    np.testing.assert_allclose(found[1].numpy(), wanted, rtol=1e-5, atol=1e-6)


def test_windows_hold_what_the_whole_holds_there() -> None:
    whole = cell_noise(5, torch.tensor([[-3, -2, 1]]), 4, 40, 50)
    window = cell_noise(5, torch.tensor([[7, 11, 1]]), 4, 6, 8)
    assert torch.equal(whole[:, :, 10:16, 13:21], window)


def test_it_is_like_noise() -> None:
    noise = cell_noise(0, torch.tensor([[0, 0, 1], [0, 0, 2]]), 4, 128, 128).double().reshape(8, 128, 128)
    assert noise.mean((1, 2)).abs().max() < 4 / 128  # four standard errors
    assert (noise.var((1, 2)) - 1).abs().max() < 0.05
    planes = torch.corrcoef(noise.reshape(8, -1)) - torch.eye(8)
    assert planes.abs().max() < 4 / 128
    for shifted in (noise.roll(1, 1), noise.roll(1, 2), noise.transpose(1, 2)):
        assert ((noise * shifted).mean((1, 2))).abs().max() < 4.5 / 128
    assert not torch.equal(noise[:4], cell_noise(1, torch.tensor([[0, 0, 1]]), 4, 128, 128)[0])


def test_a_pass_that_knows_no_place_has_none_unless_it_is_training() -> None:
    features, cells = NoiseFeatures(2, 3, 4, 0), torch.zeros(2, 1, 5, 6)
    torch.manual_seed(0)
    first, second = features(cells), features(cells)
    assert first.shape == (2, 3, 5, 6)
    assert not torch.equal(first, second)
    assert features.eval()(cells) is None
    with placed([Place(8, 4), Place(8, 4)], (20, 24)):
        known = features(cells)
    assert torch.equal(known[0], known[1])
    wanted = features.convolution(cell_noise(0, torch.tensor([[2, 1, 1]]), 2, 5, 6))
    torch.testing.assert_close(known[:1], wanted)


@pytest.mark.parametrize("layers", [{}, {"streaks": 3}, {"lines": 70}])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_windows_of_a_painting_equal_the_whole(precision: str, layers: dict[str, int]) -> None:
    torch.manual_seed(0)
    architecture = ARCHITECTURE | layers
    generator = build_generator(architecture)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    translator = Translator.of(generator, architecture, 16).place("cpu", precision)
    image = np.random.default_rng(0).integers(0, 256, (64, 300, 3), np.uint8)
    whole = translator.translate(image)
    halo = translator.halo
    padded = translator.whole(image)[0]
    for top, left in ((0, 0), (16, 44)):
        window = padded[None, top : top + 48 + 2 * halo, left : left + 256 + 2 * halo]
        found = translator.run(window, halo, [Place(top - halo, left - halo)])[0]
        apart = np.abs(found.astype(int) - whole[top : top + 48, left : left + 256])
        assert apart.max() <= (precision == "bfloat16")  # single values are rounded otherwise
        assert (apart > 0).mean() < 0.001
    elsewhere = translator.run(padded[None], halo, [Place(400, 0)])[0]
    assert (elsewhere != whole).mean() > 0.5


def test_another_seed_is_another_painting(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = build_generator(ARCHITECTURE)
    torch.nn.init.normal_(generator.tail.weight, std=0.3)
    translator = Translator.of(generator, ARCHITECTURE, 16)
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "photo.png")
    wanted = translator.seeded(3).translate(image)
    assert (wanted != translator.translate(image)).mean() > 0.5
    stylize(tmp_path / "photo.png", tmp_path / "three.png", translator, seed=3, device="cpu", precision="float32")
    assert np.abs(np.asarray(Image.open(tmp_path / "three.png")).astype(int) - wanted).max() <= 1
    plain = ARCHITECTURE | {"noise": 0, "drifts": 0}
    with pytest.raises(SettingError, match="has no noise"):
        Translator.of(build_generator(plain), plain, 16).seeded(3)


@settings(max_examples=20)
@given(top=st.integers(-99, 99), left=st.integers(-99, 99))
def test_drifting_noise_is_between_the_corners_of_squares(top: int, left: int) -> None:
    found = drifting_noise(3, torch.tensor([[0, 0, 1], [top, left, 2]]), 2, 11, 9, 4)[1]
    for plane, row, column in ((0, 0, 0), (1, 10, 8), (1, 3, 5)):
        (down, into), (right, along) = divmod(top + row, 4), divmod(left + column, 4)
        corners = [[slow_noise(3, 2, plane, down + y, right + x) for x in (0, 1)] for y in (0, 1)]
        share, across = (3 * t**2 - 2 * t**3 for t in (into / 4, along / 4))
        above, below = (a + (b - a) * across for a, b in corners)
        assert found[plane, row, column].item() == pytest.approx(above + (below - above) * share, rel=2e-5, abs=1e-5)
