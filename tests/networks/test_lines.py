"""The lines of the photograph in a painting."""

import pytest
import torch

from tilegan.errors import SettingError
from tilegan.networks.lines import Lines
from tilegan.networks.stacked import StackedGenerator

WHOLE = Lines(1.0, 4)


def noise(scale: float) -> torch.Tensor:
    return scale * torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))


def rails() -> torch.Tensor:
    """Return two dark lines of two pixels before gray."""
    image = torch.zeros(1, 3, 96, 96)
    image[..., 40:42] = image[..., 52:54] = -0.8
    return image


def test_lines_come_from_the_image_and_colors_from_the_painting() -> None:
    painting = noise(0.1) + torch.tensor([0.5, 0.0, -0.5])[:, None, None]
    made = WHOLE(painting, rails())
    near = made[..., 8:-8, 36:58]
    # the strokes there are gone: what is left of each column but the line itself is its low pass
    assert near.std(2).mean() < 0.3 * painting[..., 8:-8, 36:58].std(2).mean()
    contrast = made[..., 40:42].mean((0, 2, 3)) - made[..., 45:49].mean((0, 2, 3))
    torch.testing.assert_close(contrast, torch.full((3,), -0.8), atol=0.05, rtol=0)
    means = [each[..., 24:72].mean((0, 2, 3)) for each in (made, painting)]
    torch.testing.assert_close(*means, atol=0.01, rtol=0)


def test_even_areas_textures_and_ramps_remain_painted() -> None:
    painting = noise(0.1)
    even, texture = torch.zeros_like(painting), noise(0.5).flip(3)
    ramp = torch.linspace(-1, 1, 96).expand_as(painting)
    for image, least in ((even, 0.0), (ramp, 0.0), (texture, 0.2)):
        change = WHOLE(painting, image) - painting
        assert change[..., 12:-12, 12:-12].abs().mean() <= least * (image - painting).abs().mean() + 1e-6


def test_of_half_a_share_half_is_replaced() -> None:
    painting, image = noise(0.1), rails()
    change = WHOLE(painting, image) - painting
    torch.testing.assert_close(Lines(0.5, 4)(painting, image), painting + change / 2)


def test_a_step_counts_as_sharp_and_only_as_far_as_it_is() -> None:
    step = torch.full((1, 3, 96, 96), -0.5)
    step[..., 48:] = 0.5
    soft = torch.nn.functional.avg_pool2d(step, (1, 33), 1, (0, 16), count_include_pad=False)
    sharp, blurred = (WHOLE._lines(each)[0, 0, 12] for each in (step, soft))
    assert sharp[11:13].min() > 0.9
    assert sharp[:8].max() == sharp[-8:].max() == 0
    assert blurred[6:-6].max() < 0.1


def test_what_cannot_be_computed_in_cells_of_odd_sides_is_refused() -> None:
    with pytest.raises(SettingError, match="even stride, not 3"):
        Lines(0.5, 3)


def test_gradients_reach_painting_and_image_also_in_even_areas() -> None:
    painting, image = noise(0.1).requires_grad_(), rails().requires_grad_()
    WHOLE(painting, image).square().sum().backward()
    for each in (painting.grad, image.grad):
        assert each is not None
        assert each.isfinite().all()
        assert each.any()


def test_the_second_stage_of_a_stacked_generator_keeps_lines() -> None:
    torch.manual_seed(0)
    plain, made = (StackedGenerator(8, 1, 4, 4, factor=2, squint=5, lines=each).eval() for each in (0, 70))
    made.load_state_dict(plain.state_dict())
    image = rails()
    with torch.no_grad():
        torch.testing.assert_close(made(image), Lines(0.7, 4)(plain(image), image))
