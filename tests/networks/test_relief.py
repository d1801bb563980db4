"""Skewness of gradients, compared with hand-computed numbers and with pictures that are lit from one side."""

import pytest
import torch

from tilegan.networks.relief import SKEWNESSES, STEPS, gradient_skewness

COLUMNS = torch.arange(64.0).expand(64, 64)


def gray(values: torch.Tensor) -> torch.Tensor:
    return values.expand(1, 3, *values.shape)


def test_slow_rises_and_steep_falls_are_skewed() -> None:
    saw = gray(COLUMNS % 4 / 4)  # three rises of 1/4 and a fall of 3/4
    gradients = torch.tensor([0.25] * 16 * 3 + [-0.75] * 15)
    wanted = gradients.pow(3).mean() / (gradients.square().mean() + 1e-4).pow(1.5)
    found = gradient_skewness(saw)
    assert found.shape == (1, SKEWNESSES)
    torch.testing.assert_close(found[0, :2], torch.stack((wanted, torch.tensor(0.0))))
    torch.testing.assert_close(gradient_skewness(saw.flip(3))[0, 0], -wanted)
    torch.testing.assert_close(gradient_skewness(saw.transpose(2, 3))[0, :2], found[0, :2].flip(0))


@pytest.mark.parametrize(("number", "step"), list(enumerate(STEPS)))
def test_bumps_lit_from_one_side_are_skewed_in_that_direction(number: int, step: tuple[int, int]) -> None:
    rows, columns = step
    noise = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    bumps = (noise > 0.9).float()
    shadow = torch.roll(bumps, (rows, columns), (0, 1))
    found = gradient_skewness(gray(0.5 * bumps - 0.5 * shadow))[0]
    opposite = gradient_skewness(gray(0.5 * shadow - 0.5 * bumps))[0]
    assert found[number] < -0.5
    torch.testing.assert_close(opposite, -found)


def test_noise_and_even_images_have_no_relief() -> None:
    noise = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0)) - 0.5
    assert gradient_skewness(noise).abs().max() < 0.2
    assert not gradient_skewness(torch.zeros(1, 3, 32, 32)).any()


def test_it_can_be_learned() -> None:
    picture = torch.zeros(1, 3, 32, 32, requires_grad=True)
    gradient_skewness(picture + gray(COLUMNS[:32, :32] % 3 / 3)).sum().backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all() and picture.grad.abs().max() > 0
