import torch

from tilegan.methods.augment import color_transforms, move_mean_colors, transform_colors

CPU = torch.device("cpu")


def test_strength_zero_changes_nothing() -> None:
    images = torch.randn(3, 3, 4, 5)
    assert torch.allclose(transform_colors(images, color_transforms(3, 0.0, 1, CPU)), images, atol=1e-6)


def test_a_transform_is_the_matrix_applied_to_each_pixel() -> None:
    images, transforms = torch.randn(2, 3, 4, 5), color_transforms(2, 1.0, 7, CPU)
    expected = torch.einsum("nij,njhw->nihw", transforms[:, :, :3], images) + transforms[:, :, 3, None, None]
    assert torch.allclose(transform_colors(images, transforms), expected, atol=1e-6)


def test_gray_stays_gray() -> None:
    gray = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4).expand(8, 3, 4, 4)
    turned = transform_colors(gray, color_transforms(8, 1.0, 3, CPU))
    assert torch.allclose(turned.amax(1), turned.amin(1), atol=1e-5)


def test_seeds_choose_the_transforms() -> None:
    assert torch.equal(color_transforms(4, 0.5, 9, CPU), color_transforms(4, 0.5, 9, CPU))
    assert not torch.equal(color_transforms(4, 0.5, 9, CPU), color_transforms(4, 0.5, 10, CPU))


def test_gradients_pass_through() -> None:
    images = torch.randn(2, 3, 4, 4, requires_grad=True)
    transform_colors(images, color_transforms(2, 1.0, 0, CPU)).sum().backward()
    assert images.grad is not None and images.grad.abs().sum() > 0


def test_mean_colors_move_to_those_of_the_models() -> None:
    images, models = torch.rand(2, 3, 8, 8) - 0.5, torch.rand(2, 3, 4, 4) * 0.2 + 0.3
    moved = move_mean_colors(images, models)
    assert torch.allclose(moved.mean((2, 3)), models.mean((2, 3)), atol=0.06)
    assert torch.allclose(move_mean_colors(images, images), images, atol=1e-5)


def test_moving_the_mean_color_keeps_the_texture_and_the_range() -> None:
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    moved = move_mean_colors(images, torch.full((1, 3, 8, 8), -1.0))
    assert moved.min() >= -1 and moved.max() <= 1
    order = images[0, 0].flatten().argsort()
    assert (moved[0, 0].flatten()[order].diff() >= 0).all()
    assert moved.std() > 0.1
