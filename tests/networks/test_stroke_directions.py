"""Directions of strokes, compared with those of stripes."""

from math import pi

import pytest
import torch

from tilegan.networks.stroke_directions import stroke_directions

ROWS, COLUMNS = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")


def gray(values: torch.Tensor) -> torch.Tensor:
    return values.expand(1, 3, *values.shape)


def stripes(across: int, down: int) -> torch.Tensor:
    """Stripes with a period of 16 pixels, so that the mean of each cell is 0."""
    return 0.5 * torch.sin((across * COLUMNS + down * ROWS) * (2 * pi / 16))


@pytest.mark.parametrize(
    ("across", "down", "direction"), [(1, 0, (1, 0)), (0, 1, (-1, 0)), (1, 1, (0, 1)), (1, -1, (0, -1))]
)
def test_parallel_strokes_have_twice_the_angle_of_their_gradients(
    across: int, down: int, direction: tuple[int, int]
) -> None:
    found = stroke_directions(gray(stripes(across, down)))
    assert found.shape == (1, 9)
    torch.testing.assert_close(found.reshape(3, 3), torch.tensor([[*direction, 1.0]] * 3), atol=0.02, rtol=0)


def test_noise_has_no_direction_and_an_even_image_neither() -> None:
    noise = torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(0)) - 0.5
    assert stroke_directions(noise).reshape(-1, 3)[:, :2].abs().max() < 0.1
    assert stroke_directions(noise)[:, 2].max() < 0.15
    torch.testing.assert_close(stroke_directions(torch.zeros(1, 3, 32, 32))[:, :2], torch.zeros(1, 2))


def test_opposite_directions_of_cells_cancel_but_not_their_lengths() -> None:
    found = stroke_directions(gray(torch.where(COLUMNS < 48, stripes(1, 0), stripes(0, 1))))
    assert found[0, :2].abs().max() < 0.1
    assert found[0, 2] > 0.95


def test_only_even_areas_count() -> None:
    ramp = (ROWS - 32) / 64
    picture = torch.where(COLUMNS < 48, stripes(1, 0), stripes(0, 1) / 5 + ramp)
    assert stroke_directions(gray(picture))[0, 0] > 0.8


def test_directions_can_be_learned() -> None:
    picture = gray(stripes(1, 1)).clone().requires_grad_(True)
    stroke_directions(picture)[0, 1].backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert picture.grad.abs().max() > 0
