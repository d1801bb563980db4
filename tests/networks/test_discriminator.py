import torch

from tilegan.networks.build import DEFAULT_DISCRIMINATOR, build_discriminator


def test_an_image_becomes_a_vector_of_its_cells() -> None:
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    assert discriminator(torch.randn(2, 3, 128, 128)).shape == (2, 8 * 8 * 8)
    assert discriminator(torch.randn(2, 3, 64, 96)).shape == (2, 8 * 4 * 6)


def test_the_length_does_not_grow_with_the_image() -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    small, large = (discriminator(torch.full((1, 3, side, side), 0.5)).norm().item() for side in (256, 1024))
    assert abs(small / large - 1) < 0.2
