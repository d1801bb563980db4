"""The filter that flattens areas."""

import torch

from tests.networks.test_recolor import SMALL
from tilegan.networks.build import build_generator
from tilegan.networks.kuwahara import Kuwahara
from tilegan.tiling.reach import reach


def test_a_step_stays_and_grain_on_either_side_vanishes() -> None:
    step = torch.full((1, 3, 24, 24), -0.5)
    step[..., 12:] = 0.5
    torch.testing.assert_close(Kuwahara(3)(step), step, atol=1e-4, rtol=0)
    draw = torch.Generator().manual_seed(0)
    grain = 0.1 * torch.randn(step.shape, generator=draw)
    flat = Kuwahara(3)(step + grain) - step
    assert flat.std() < 0.3 * grain.std()


def test_a_thin_line_before_an_even_area_stays() -> None:
    mast = torch.full((1, 3, 24, 24), 0.5)
    mast[..., 12] = -0.5
    torch.testing.assert_close(Kuwahara(4)(mast), mast, atol=1e-2, rtol=0)


def test_it_equals_the_mean_of_neighborhoods_computed_one_by_one() -> None:
    draw = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 15, 16, generator=draw, dtype=torch.float64) * 2 - 1
    taps = torch.tensor([1, 2, 1]).double() / 4  # a box of two pixels, twice

    def around(straight: int, diagonal: int) -> tuple[torch.Tensor, torch.Tensor]:
        steps = [(0, straight), (straight, 0), (0, -straight), (-straight, 0)]
        steps += [(down, right) for down in (diagonal, -diagonal) for right in (diagonal, -diagonal)]
        means, deviations = [], []
        for down, right in steps:
            part = image[0, :, 6 + down : 9 + down, 7 + right : 10 + right]
            mean, square = (torch.einsum("chw,h,w->c", each, taps, taps) for each in (part, part**2))
            means.append(mean)
            deviations.append((square - mean**2).mean() * 127.5**2)
        weights = (1 + torch.stack(deviations)) ** -4
        weights = weights / weights.sum()
        return weights @ torch.stack(means), weights @ torch.stack(deviations)

    flat, uneven = around(1, 1)[0], around(3, 2)[1]
    wanted = flat + (image[0, :, 7, 8] - flat) / (1 + (uneven / 25) ** 2)
    found = Kuwahara(2)(image.float())[0, :, 7, 8]
    torch.testing.assert_close(found, wanted.float(), atol=1e-5, rtol=0)


def test_windows_equal_the_whole_image() -> None:
    draw = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 40, 44, generator=draw) * 2 - 1
    layer = Kuwahara(4)
    margin = 2 * layer.side
    part = layer(image[..., 10 - margin : 30 + margin, 8 - margin : 28 + margin])[..., margin:-margin, margin:-margin]
    assert torch.equal(part, layer(image)[..., 10:30, 8:28])


def test_a_generator_with_it_sees_as_much_further() -> None:
    plain, washes = (reach(build_generator(SMALL | each)) for each in ({}, {"washes": 3}))
    assert washes.radius == plain.radius + 6


def test_bands_of_rows_equal_the_whole() -> None:
    image = torch.rand(1, 3, 150, 40, generator=torch.Generator().manual_seed(0)) * 2 - 1
    layer = Kuwahara(3)
    assert torch.equal(layer(image), layer._flattened(layer.pad(image)))
