"""Statistics of channels, and the distance of two sets of them."""

import math

import pytest
import torch

from tilegan.networks.style_memory import TRANSLATIONS, StyleMemory, channel_statistics, color_textures


def numbers(*styles: int) -> torch.Tensor:
    return torch.tensor(styles)


def test_statistics_are_means_and_deviations() -> None:
    fine = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])
    coarse = torch.tensor([[[[5.0, 7.0]]]])
    deviation = math.sqrt((4 + 1 + 0 + 9) / 3)
    torch.testing.assert_close(
        channel_statistics([fine, coarse]), torch.tensor([[3.0, deviation, 6.0, math.sqrt(2)]]), rtol=1e-5, atol=1e-5
    )


def test_textures_are_deviations_by_size_and_by_color() -> None:
    columns = torch.arange(64) % 16 // 8 * 0.5 - 0.25  # stripes of 8 pixels
    gray = columns.expand(1, 3, 64, 64)
    found = color_textures(gray).reshape(5, 3)
    expected = torch.full((5, 3), 1e-3)
    expected[3, 0] = 0.25
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    blue = torch.zeros(1, 3, 64, 64)
    blue[:, 2, ::2] = 0.1  # lines of 1 pixel
    found = color_textures(blue).reshape(5, 3)
    expected = torch.full((5, 3), 1e-3)
    expected[0] = torch.tensor([0.114, 0.886, 0.114]) * 0.05
    torch.testing.assert_close(found, expected, rtol=0.02, atol=1e-5)


def filled(style: int = 0) -> StyleMemory:
    """Targets at -1 and 1 in turn, whose deviation is nearly 1, translations at 3."""
    memory = StyleMemory(2, 1)
    memory.remember(torch.tensor([[-1.0], [1.0]] * 100), torch.full((200,), style), translated=False)
    memory.remember(torch.full((20, 1), 3.0), torch.full((20,), style), translated=True)
    return memory


def test_distance_against_a_number_computed_by_hand() -> None:
    deviation = math.sqrt(200 / 199)
    # from 2 the targets are 3 and 1 away, the translations 1; from 0 1 and 1, and 3
    wanted = 2 * ((3 + 1) / 2 - 1) / deviation, 2 * ((1 + 1) / 2 - 3) / deviation
    memory = filled()
    for row, distance in zip((2.0, 0.0), wanted, strict=True):
        assert memory.distance(torch.tensor([[row]]), numbers(0)).item() == pytest.approx(distance, rel=0.01)
    both = memory.distance(torch.tensor([[2.0], [0.0]]), numbers(0, 0)).item()
    assert both == pytest.approx(sum(wanted) / 2, rel=0.01)


def test_each_style_has_a_memory_of_its_own() -> None:
    memory = filled(style=1)
    row = torch.tensor([[2.0]])
    assert memory.distance(row, numbers(0)).item() == 0
    assert memory.distance(row, numbers(1)).item() == filled().distance(row, numbers(0)).item()
    assert memory.pair_distance(row, row + 3, numbers(0)).item() == 0  # nothing is known of its deviations


def test_the_distance_from_a_target_of_its_own_is_in_the_same_units() -> None:
    rows, targets = torch.tensor([[2.0], [0.0]]), torch.tensor([[5.0], [1.0]])
    found = filled().pair_distance(rows, targets, numbers(0, 0)).item()
    assert found == pytest.approx(2 * (3 + 1) / 2 / math.sqrt(200 / 199), rel=0.01)


def test_the_oldest_is_forgotten() -> None:
    memory = StyleMemory(1, 1)
    rows = torch.arange(TRANSLATIONS + 3.0)[:, None]
    memory.remember(rows, torch.zeros(len(rows), dtype=torch.int64), translated=True)
    assert set(memory.translations.flatten().tolist()) == set(range(3, TRANSLATIONS + 3))
    assert memory.counts.tolist() == [[0, TRANSLATIONS + 3]]


def test_following_the_gradient_makes_two_sets_alike() -> None:
    random = torch.Generator().manual_seed(0)
    memory, styles = StyleMemory(1, 2), torch.zeros(16, dtype=torch.int64)
    rows = torch.randn(16, 2, generator=random).mul(0.1).requires_grad_()
    for _ in range(300):
        targets = torch.randn(16, 2, generator=random) * torch.tensor([1.0, 3.0]) + torch.tensor([2.0, -1.0])
        memory.remember(targets, styles, translated=False)
        memory.remember(rows.detach(), styles, translated=True)
        (gradient,) = torch.autograd.grad(memory.distance(rows, styles), rows)
        rows.data -= 3 * gradient
    assert (rows.mean(0) - torch.tensor([2.0, -1.0])).abs().max() < 1
    assert 0.4 < rows.std(0)[0] < 2
    assert 1.2 < rows.std(0)[1] < 6
