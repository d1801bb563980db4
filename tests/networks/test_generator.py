import pytest
import torch
from torch import nn

from tilegan.errors import ModelError
from tilegan.networks.blurs import box_blur
from tilegan.networks.build import DEFAULT_GENERATOR, build_generator
from tilegan.norms.layers import ChannelNorm


def random_generator(blocks: int, stride: int = 4) -> nn.Module:
    torch.manual_seed(0)
    generator = build_generator({"name": "residual", "channels": 16, "blocks": blocks, "stride": stride, "detail": 4})
    nn.init.normal_(generator.tail.weight, std=0.1)
    return generator.double()


def test_starts_close_to_the_identity() -> None:
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    assert (build_generator(DEFAULT_GENERATOR)(image) - image).abs().max() < 0.16


def test_output_has_the_inputs_shape_and_range() -> None:
    output = random_generator(1)(torch.randn(2, 3, 24, 40).double())
    assert output.shape == (2, 3, 24, 40)
    assert output.abs().max() <= 1


def test_the_total_stride_is_the_period_of_equivariance() -> None:
    generator = random_generator(1)
    image = (torch.rand(1, 3, 96, 96) * 2 - 1).double()
    whole = generator(image)
    margin = 17
    shifted = generator(image[:, :, 4:, 4:])
    inner = slice(margin, 96 - 4 - margin)
    assert torch.allclose(shifted[:, :, inner, inner], whole[:, :, 4:, 4:][:, :, inner, inner], atol=1e-12)


def test_channel_norm_sees_one_pixel_at_a_time() -> None:
    features = torch.randn(1, 8, 5, 5)
    norm = ChannelNorm(8)
    assert torch.allclose(norm(features)[:, :, 2:3, 3:4], norm(features[:, :, 2:3, 3:4]))
    assert torch.allclose(norm(features).square().mean(1), torch.ones(1, 5, 5), atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "why"),
    [
        ({}, "a newer tilegan may know it"),
        ({"name": "other"}, "a newer tilegan may know it"),
        ({"name": "residual", "depth": 3}, "'residual' takes no depth"),
        ({"name": "unet", "channels": 4, "downs": 2, "context": 16}, "'unet' takes no context"),
        ({"name": "residual"}, "missing"),
    ],
)
def test_an_unknown_architecture_is_refused(architecture: dict[str, object], why: str) -> None:
    with pytest.raises(ModelError, match=f"unknown architecture .*{why}"):
        build_generator(architecture)


def test_it_squints_by_means_of_means() -> None:
    images = torch.rand(2, 3, 24, 32, generator=torch.Generator().manual_seed(0))
    twice = images
    for _ in range(2):
        twice = nn.functional.avg_pool2d(nn.functional.pad(twice, (2, 2, 2, 2), mode="reflect"), 5, 1)
    blurred = box_blur(3, 5)(images)
    # where the mirrored edge is averaged, once or twice makes a difference
    torch.testing.assert_close(blurred[..., 4:-4, 4:-4], twice[..., 4:-4, 4:-4])
    torch.testing.assert_close(box_blur(1, 5)(torch.ones(1, 1, 9, 9)), torch.ones(1, 1, 9, 9))
    assert box_blur(3, 0)(images) is images


def test_nothing_but_what_squinting_leaves_is_seen() -> None:
    torch.manual_seed(0)
    generator = build_generator(DEFAULT_GENERATOR | {"squint": 5}).eval()
    nn.init.normal_(generator.tail.weight, std=0.1)
    gray = torch.zeros(1, 3, 160, 160)
    stripes = gray.clone()
    stripes[..., ::5] = 0.8
    stripes -= stripes.mean()  # of period 5: the blur takes all of it away
    apart = (generator(stripes) - generator(gray))[..., 72:-72, 72:-72]
    assert apart.abs().max() < 1e-5
