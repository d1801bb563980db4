"""The enlarging generator."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tilegan.errors import ModelError
from tilegan.networks.build import ENLARGING_GENERATOR, build_generator
from tilegan.networks.srresnet import SRResNet
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded
from tilegan.translator import Translator

SMALL = {"name": "srresnet", "channels": 6, "blocks": 2, "scale": 4}


def moved(architecture: dict[str, object]) -> SRResNet:
    """A generator that is far from its start, in evaluation."""
    torch.manual_seed(3)
    made = build_generator(architecture).eval()
    assert isinstance(made, SRResNet)
    torch.nn.init.normal_(made.tail.weight, std=0.2)
    return made


def by_hand(image: NDArray[np.float64], scale: int, row: int, column: int) -> float:
    """One pixel of the bicubic enlargement, from the 4 x 4 pixels around it (Keys 1981, a = -1/2)."""

    def weight(distance: float) -> float:
        distance = abs(distance)
        if distance <= 1:
            return 1.5 * distance**3 - 2.5 * distance**2 + 1
        return -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2 if distance < 2 else 0

    total = 0.0
    down, right = ((place + 0.5) / scale - 0.5 for place in (row, column))
    for y in range(int(np.floor(down)) - 1, int(np.floor(down)) + 3):
        for x in range(int(np.floor(right)) - 1, int(np.floor(right)) + 3):
            total += weight(down - y) * weight(right - x) * image[y, x]
    return total


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_it_enlarges_and_starts_from_bicubic_enlargement(scale: int) -> None:
    generator = build_generator(SMALL | {"scale": scale}).eval()
    image = torch.rand(1, 3, 9, 11) - 0.5
    output = generator(image)
    assert output.shape == (1, 3, 9 * scale, 11 * scale)
    for row, column in ((2 * scale, 3 * scale), (3 * scale + 1, 5 * scale - 1), (6 * scale - 1, 4 * scale + 1)):
        for channel in range(3):
            expected = by_hand(image[0, channel].double().numpy(), scale, row, column)
            assert output[0, channel, row, column].item() == pytest.approx(expected, abs=1e-6)


def test_the_default_enlarges_four_times_and_sees_24_pixels() -> None:
    found = reach(build_generator(ENLARGING_GENERATOR | {"channels": 4}))
    # 4 by the first convolution, 2 a block, 1 after them, 1 + 1/2 before and 1/2 + 1/4 after the shuffles, 1/4 at last
    assert (found.radius, found.stride, found.scale, found.unbounded) == (24, 1, 4, "")


def test_it_runs_without_padding() -> None:
    generator = moved(SMALL)
    found = reach(generator)
    plain = unpadded(generator, found)
    assert plain is not None
    network, lost = plain
    image = torch.rand(1, 3, 40, 44) * 2 - 1
    whole = generator(image)
    inner = whole[..., lost:-lost, lost:-lost]
    torch.testing.assert_close(network.eval()(image), inner, atol=1e-5, rtol=0)


def test_all_weights_learn_but_the_fixed_ones() -> None:
    generator = moved(SMALL).train()
    generator(torch.rand(1, 3, 16, 16)).square().sum().backward()
    still = [name for name, weight in generator.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert still == ["blur.weight", "bicubic.weight"]


def test_even_areas_stay_even_whatever_is_learned() -> None:
    """No pattern of the shuffles' cells: after the blur a feature does not depend on its place in the cell."""
    generator = moved(SMALL)
    area = torch.tensor([0.3, -0.2, 0.1]).reshape(1, 3, 1, 1).expand(1, 3, 16, 16)
    made = generator(area)
    assert (made[..., :1, :1] - area[..., :1, :1]).abs().max() > 0.01  # it is more than bicubic enlargement
    torch.testing.assert_close(made, made[..., :1, :1].expand_as(made), atol=1e-5, rtol=0)


def test_results_are_within_range_and_may_leave_it_in_training() -> None:
    generator = moved(SMALL)
    torch.nn.init.constant_(generator.tail.bias, 3.0)
    image = torch.rand(1, 3, 16, 16)
    assert generator(image).abs().max() <= 1
    assert generator.train()(image).max() > 1


def test_tiles_are_the_whole() -> None:
    translator = Translator.of(moved(SMALL), SMALL, tile_size=16)
    assert (translator.scale, translator.stride, translator.unbounded) == (4, 1, "")
    image = np.random.default_rng(0).integers(0, 256, (70, 51, 3), dtype=np.uint8)
    whole, halo = translator.translate(image), translator.halo
    padded = np.pad(image, ((halo, halo), (halo, halo), (0, 0)), "reflect")
    window = padded[20 : 20 + 24 + 2 * halo, 7 : 7 + 24 + 2 * halo]
    part = translator.run(window[None], halo)[0]
    difference = np.abs(part.astype(int) - whole[80 : 80 + 96, 28 : 28 + 96])
    assert difference.max() <= 1


@pytest.mark.parametrize("scale", [1, 3, 6])
def test_other_scales_are_refused(scale: int) -> None:
    with pytest.raises(ModelError, match=f"scale of {scale} is not supported"):
        build_generator(SMALL | {"scale": scale})
