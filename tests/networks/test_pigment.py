"""The density of pigment on paper."""

import pytest
import torch

from tilegan.errors import SettingError
from tilegan.networks.generator import ResidualGenerator
from tilegan.networks.noise import cell_noise, drifting_noise
from tilegan.networks.pigment import Pigment
from tilegan.networks.stacked import StackedGenerator
from tilegan.tiling.places import Place, placed

BOTH = Pigment(0.1, 2, 0.2, 4, seed=3).eval()


def painted(layer: torch.nn.Module, painting: torch.Tensor, top: int = 0, left: int = 0) -> torch.Tensor:
    with torch.no_grad(), placed([Place(top, left)], tuple(painting.shape[2:])):
        made: torch.Tensor = layer(painting)
    return made


def gray(height: int, width: int, value: float = 0.0) -> torch.Tensor:
    return torch.full((1, 3, height, width), value)


def test_more_density_is_darker_by_the_published_formula() -> None:
    painting = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    noise = cell_noise(3, torch.tensor([[7, 11, 1]]), 1, 18, 26)
    weights = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 6  # of deviation 1
    density = 0.1 * torch.nn.functional.conv2d(noise, weights[None, None])
    color = (painting + 1) / 2
    made = painted(Pigment(0.1, 2, 0.0, 4, seed=3).eval(), painting, 8, 12)
    torch.testing.assert_close((made + 1) / 2, color - (color - color**2) * density, atol=1e-5, rtol=1e-5)


def test_white_paper_and_black_remain_and_no_color_leaves_its_range() -> None:
    strong = Pigment(2.0, 1, 2.0, 4, seed=0).eval()
    for value in (-1.0, 1.0):
        assert torch.equal(painted(strong, gray(32, 32, value)), gray(32, 32, value))
    assert painted(strong, gray(64, 64)).abs().max() == 0.5  # from 0 to 0.75 of white: C^2 and C (2 - C)


@pytest.mark.parametrize("tooth", [1, 2, 3, 4])
def test_the_deviation_of_the_grain_is_as_given_whatever_its_tooth(tooth: int) -> None:
    density = -2 * painted(Pigment(0.1, tooth, 0.0, 4, seed=0).eval(), gray(512, 512))
    assert density.std().item() == pytest.approx(0.1, rel=0.03)
    beside = (density[..., 1:] * density[..., :-1]).mean() / density.var()
    assert beside.item() == pytest.approx({1: 0, 2: 2 / 3, 3: 16 / 19, 4: 40 / 44}[tooth], abs=0.02)


def test_flow_is_slow_and_as_strong_as_given() -> None:
    density = -2 * painted(Pigment(0.0, 2, 0.2, 4, seed=0).eval(), gray(2048, 2048))
    assert density.std().item() == pytest.approx(0.2, rel=0.05)
    assert (density[..., 1:] - density[..., :-1]).std() < 0.03
    slow = drifting_noise(4, torch.tensor([[0, 0, 1]]), 1, 512, 512, 24)
    cells = torch.nn.functional.avg_pool2d(density[:, :1], 4)
    assert torch.corrcoef(torch.stack((slow.flatten(), cells.flatten())))[0, 1] > 0.7  # the largest shapes


def test_windows_hold_what_the_whole_holds_there() -> None:
    painting = torch.rand(1, 3, 192, 256, generator=torch.Generator().manual_seed(0)) * 2 - 1
    whole = painted(BOTH, painting, -8, 4)
    assert torch.equal(painted(BOTH, painting[..., 20:120, 36:136], 12, 40), whole[..., 20:120, 36:136])
    # the center of a larger window, as without padding
    with torch.no_grad(), placed([Place(-8 - 16, 4 - 16)], (192 + 32, 256 + 32)):
        assert torch.equal(BOTH(painting), whole)


def test_without_positions_there_is_none_but_in_training() -> None:
    painting = gray(32, 32)
    assert torch.equal(BOTH(painting), painting)
    training = Pigment(0.1, 2, 0.2, 4, seed=3).train()
    assert not torch.equal(training(painting), training(painting))


def test_a_grain_without_a_size_is_refused() -> None:
    with pytest.raises(SettingError, match="tooth of 0 pixels"):
        Pigment(0.1, 0, 0.0, 4, seed=0)


def test_generators_put_pigment_over_lines() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 96, 96) * 2 - 1
    options = {"squint": 5, "lines": 70, "seed": 1}
    sizes = {"channels": 8, "blocks": 1, "stride": 4, "detail": 4}
    pairs = [
        (ResidualGenerator(**sizes, **options), ResidualGenerator(**sizes, **options, grain=10, flow=20), 3),
        (
            StackedGenerator(**sizes, factor=2, **options),
            StackedGenerator(**sizes, factor=2, **options, grain=10, flow=20),
            4,
        ),
    ]
    for plain, made, seed in pairs:
        made.load_state_dict(plain.state_dict())
        assert made.capabilities.noise
        assert made.capabilities.drifts
        assert not plain.capabilities.noise
        wanted = painted(Pigment(0.1, 2, 0.2, 4, seed).eval(), painted(plain.eval(), image))
        assert torch.equal(painted(made.eval(), image), wanted)
