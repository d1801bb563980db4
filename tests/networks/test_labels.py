"""Colors become labels: the nearest one of a table, in all number formats, under any tiling."""

import pytest
import torch
from torch import nn

from tilegan.networks.labels import Labels
from tilegan.tiling.reach import reach


def in_unit(levels):
    return torch.tensor(levels, dtype=torch.float32).permute(2, 0, 1)[None] / 127.5 - 1


def test_each_pixel_gets_the_label_whose_color_is_nearest():
    labels = Labels([[0, 0, 0], [255, 255, 0], [0, 0, 255]])
    found = labels(in_unit([[[3, 0, 9], [250, 251, 4]], [[10, 0, 200], [0, 0, 255]]]))
    assert found.shape == (1, 3, 2, 2)
    assert found[0].argmax(0).tolist() == [[0, 1], [2, 2]]
    assert found.sum(1).eq(1).all()


def test_a_color_between_two_labels_gets_the_first():
    found = Labels([[0, 0, 0], [100, 0, 0]])(in_unit([[[50, 0, 0]]]))
    assert found.flatten().tolist() == [1, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_gray_levels_of_an_integer_raster_are_told_apart(dtype):
    labels = Labels([[level] * 3 for level in range(256)]).to(dtype)
    levels = torch.arange(256).reshape(1, 1, 16, 16).expand(1, 3, 16, 16)
    found = labels((levels.float() / 127.5 - 1).to(dtype))
    assert found.dtype == dtype
    assert torch.equal(found.argmax(1)[0], levels[0, 0])


def test_it_looks_at_nothing_but_its_pixel():
    found = reach(nn.Sequential(Labels([[0, 0, 0], [9, 9, 9]]), nn.Conv2d(2, 3, 1)))
    assert (found.radius, found.stride) == (0, 1)
