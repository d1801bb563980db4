import torch

from tilegan.networks.build import DEFAULT_DISCRIMINATOR, build_discriminator


def test_an_image_becomes_a_vector_of_its_cells_of_4_8_and_16_pixels() -> None:
    discriminator = build_discriminator(DEFAULT_DISCRIMINATOR)
    assert discriminator(torch.randn(2, 3, 128, 128)).shape == (2, 8 * (32 * 32 + 16 * 16 + 8 * 8))
    assert discriminator(torch.randn(2, 3, 64, 96)).shape == (2, 8 * (16 * 24 + 8 * 12 + 4 * 6))


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
        for number, head in enumerate(discriminator.heads):
            head.weight[:1].zero_()
            head.bias[:1].fill_(20.0 + number)  # softplus(20) = 20
    vector = discriminator(torch.rand(2, 3, 64, 64) * 2 - 1)
    for number, part in enumerate(vector.split([8 * 16 * 16, 8 * 8 * 8, 8 * 4 * 4], dim=1)):
        cells = part.reshape(2, 8, -1)
        scaled = cells.norm(dim=1) * (3 * cells.shape[2]) ** 0.5
        assert torch.allclose(scaled, torch.tensor(20.0 + number), atol=1e-3)
    mean_square = (20**2 + 21**2 + 22**2) / 3
    assert torch.allclose(vector.square().sum(1), torch.tensor(mean_square), rtol=1e-4)
