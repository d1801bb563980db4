"""Boundaries between labels, by hand."""

import pytest
import torch

from tilegan.networks.boundaries import Boundaries
from tilegan.networks.reach import reach

MAP = torch.tensor([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [2, 0, 0, 0]])
EDGES = [[0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_pixel_is_on_one_if_a_neighbour_has_another_label(dtype: torch.dtype) -> None:
    planes = torch.nn.functional.one_hot(MAP, 3).movedim(-1, 0)[None].to(dtype)
    found = Boundaries(3).to(dtype)(planes)
    assert found.dtype == dtype
    assert torch.equal(found[:, :3], planes)
    assert found[0, 3].tolist() == EDGES


def test_it_looks_one_pixel_far() -> None:
    assert reach(torch.nn.Sequential(Boundaries(3), torch.nn.Conv2d(4, 3, 1))).radius == 1
