"""The fixed map of colors."""

import torch

from tilegan.methods.color_map import POWERS, coefficients, move_colors
from tilegan.networks.build import build_generator
from tilegan.networks.recolor import Recolor
from tilegan.tiling.reach import reach

SMALL = {"name": "residual", "channels": 8, "blocks": 1, "stride": 4, "detail": 4}


def test_it_moves_colors_as_the_losses_want_them() -> None:
    draw = torch.Generator().manual_seed(0)
    color_map = (torch.rand(len(POWERS), 3, generator=draw) - 0.5).tolist()
    colors = torch.rand(2, 3, 4, 5, generator=draw) * 2 - 1
    layer = Recolor()
    assert torch.equal(layer(colors), colors)
    layer.fit(coefficients(color_map, 0.75, 0.25))
    maps = torch.tensor(color_map).expand(2, -1, -1)
    torch.testing.assert_close(layer(colors), move_colors(colors, maps, 0.75, 0.25))
    assert layer(colors.bfloat16()).dtype == torch.bfloat16


def test_a_generator_with_it_sees_no_further() -> None:
    assert reach(build_generator(SMALL | {"recolor": True})) == reach(build_generator(SMALL))
