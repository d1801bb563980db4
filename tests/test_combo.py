import torch
from torch import nn

from tilegan.combo import Combo, join_quadrants, split_quadrants
from tilegan.networks.build import build_generator


def test_quadrants_come_in_reading_order_image_after_image() -> None:
    images = torch.arange(2 * 16).reshape(2, 1, 4, 4)
    tiles = split_quadrants(images)
    assert tiles.shape == (8, 1, 2, 2)
    assert tiles[0, 0].tolist() == [[0, 1], [4, 5]]
    assert tiles[1, 0].tolist() == [[2, 3], [6, 7]]
    assert tiles[2, 0].tolist() == [[8, 9], [12, 13]]
    assert tiles[3, 0].tolist() == [[10, 11], [14, 15]]
    assert tiles[4, 0].tolist() == [[16, 17], [20, 21]]


def test_join_is_the_inverse_of_split() -> None:
    images = torch.randn(3, 5, 12, 12)
    assert torch.equal(join_quadrants(split_quadrants(images)), images)


def test_combo_of_the_identity_is_the_identity() -> None:
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(Combo(nn.Identity())(images), images)


def test_combo_joins_larger_outputs() -> None:
    images = torch.randn(2, 3, 8, 8)
    assert Combo(nn.Upsample(scale_factor=2))(images).shape == (2, 3, 16, 16)


def test_no_gradient_of_a_tile_reaches_another_tiles_input() -> None:
    generator = build_generator({"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4})
    nn.init.normal_(generator.tail.weight)
    images = torch.randn(2, 3, 32, 32, requires_grad=True)
    output = Combo(generator)(images)
    output[1, :, :16, 16:].sum().backward()
    assert images.grad is not None
    reached = images.grad.abs().amax(1) > 0
    assert reached[1, :16, 16:].any()
    reached[1, :16, 16:] = False
    assert not reached.any()


def test_the_same_generator_without_combo_lets_gradients_cross() -> None:
    generator = build_generator({"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4})
    nn.init.normal_(generator.tail.weight)
    images = torch.randn(1, 3, 32, 32, requires_grad=True)
    generator(images)[0, :, :16, 16:].sum().backward()
    assert images.grad is not None
    assert images.grad[0, :, :16, :16].abs().sum() > 0
