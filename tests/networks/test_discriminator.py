import torch

from tilegan.networks.build import DEFAULT_DISCRIMINATOR, build_discriminator


def test_an_image_becomes_a_vector_of_its_cells() -> None:
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    assert discriminator(torch.randn(2, 3, 128, 128)).shape == (2, 8 * 8 * 8)
    assert discriminator(torch.randn(2, 3, 64, 96)).shape == (2, 8 * 4 * 6)


def test_the_length_does_not_grow_with_the_image() -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    small = torch.rand(1, 3, 128, 128) * 2 - 1
    first, second = (discriminator(image).norm().item() for image in (small, small.repeat(1, 1, 3, 3)))
    assert abs(first / second - 1) < 0.1


def test_each_cell_has_a_length_of_its_own_and_any_direction() -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    with torch.no_grad():
        discriminator.length.weight.zero_()
        discriminator.length.bias.fill_(20.0)  # softplus(20) = 20
    vector = discriminator(torch.rand(2, 3, 64, 64) * 2 - 1)
    cells = vector.reshape(2, 8, 4 * 4)
    assert torch.allclose(cells.norm(dim=1) * 4, torch.tensor(20.0), atol=1e-3)
    assert torch.allclose(vector.norm(dim=1), torch.tensor(20.0), atol=1e-3)
