"""Boundaries between labels, by hand."""

import pytest
import torch

from tilegan.networks.boundaries import Boundaries
from tilegan.tiling.reach import reach

MAP = torch.tensor([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [2, 0, 0, 0]])
EDGES = [[0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_pixel_is_on_one_if_a_neighbor_has_another_label(dtype: torch.dtype) -> None:
    planes = torch.nn.functional.one_hot(MAP, 3).movedim(-1, 0)[None].to(dtype)
    found = Boundaries(3).to(dtype)(planes)
    assert found.dtype == dtype
    assert torch.equal(found[:, :3], planes)
    assert found[0, 3].tolist() == EDGES


def test_it_looks_one_pixel_far() -> None:
    assert reach(torch.nn.Sequential(Boundaries(3), torch.nn.Conv2d(4, 3, 1))).radius == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_objects_of_one_label_that_touch_have_one_too(dtype: torch.dtype) -> None:
    numbers = torch.tensor([[1, 1, 2, 2], [1, 1, 3, 2], [0, 0, 256, 2]])  # 2 is the mean of its neighbors 1 and 3
    planes = torch.ones(1, 1, 3, 4, dtype=dtype)
    layer = Boundaries(1, instances=True).to(dtype)
    found = layer(planes, torch.stack((numbers // 256, numbers % 256))[None].to(dtype))
    assert found[0, 1].tolist() == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert not layer(planes)[0, 1].any()


def test_neighbors_above_and_below_do_not_cancel_out() -> None:
    numbers = torch.tensor([[1.0], [2], [3]]).expand(1, 2, 3, 3)
    assert Boundaries(1, instances=True)(torch.ones(1, 1, 3, 3), numbers)[0, 1].all()
