"""Reach: against numbers computed by hand, and against what a NaN in one pixel reaches."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from tilegan.errors import ModelError
from tilegan.networks.build import DEFAULT_GENERATOR, build_generator
from tilegan.tiling.reach import Reach, reach


def conv(kernel, **arguments):
    return nn.Conv2d(3, 3, kernel, **arguments)


def nearest(factor):
    return nn.Upsample(scale_factor=factor)


class Function(nn.Module):
    """A network that is one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, image):
        return self.function(image)


@pytest.mark.parametrize(
    ("network", "radius", "context", "stride", "scale"),
    [
        (conv(1), 0, 0, 1, 1),
        (conv(3, padding=1), 1, 1, 1, 1),
        (conv(5, padding="same", padding_mode="circular"), 2, 2, 1, 1),
        (conv(3, padding=4, dilation=4, padding_mode="reflect"), 4, 4, 1, 1),
        (nn.Sequential(nn.ZeroPad2d((1, 2, 0, 3)), conv(4)), 3, 3, 1, 1),
        (nn.Sequential(conv(3), conv(3), nn.ReplicationPad2d(2)), 2, 2, 1, 1),
        (nn.Sequential(nn.PixelUnshuffle(4), nn.PixelShuffle(4)), 0, 0, 4, 1),
        # the 2 x 2 cell under a pixel, and the cells around it
        (nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 12, 3, padding=1), nn.PixelShuffle(2)), 3, 2, 2, 1),
        # cell i averages 4i .. 4i + 3; pixel 0 mixes cells -1 and 0, pixel 1 too: it looks at -4 .. 3
        (nn.Sequential(nn.AvgPool2d(4), nn.Upsample(scale_factor=4, mode="bilinear")), 5, 4, 4, 1),
        (nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=2)), 1, 0, 2, 1),
        # cell i sees 2i - 1 .. 2i + 2; pixel 2j adds cells j - 1 and j: 2j - 3 .. 2j + 2; 2j + 1 adds j and j + 1
        (nn.Sequential(conv(4, stride=2, padding=1), nn.ConvTranspose2d(3, 3, 4, 2, 1)), 3, 4, 2, 1),
        (nn.Sequential(conv(3, padding=1), nn.ConvTranspose2d(3, 3, 2, 2)), 1, 1, 1, 2),
        (nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.PixelShuffle(4)), 1, 1, 1, 4),
        (nn.Sequential(nn.Upsample(scale_factor=3), nn.MaxPool2d(3, 1, 1)), 1, 1, 1, 3),
        # pixels 2 and 3 share a cell of the second kind, so they see both cells of the first, 0 .. 2 and 3 .. 5
        (nn.Sequential(nn.AvgPool2d(3), nearest(3), nn.AvgPool2d(2), nearest(2)), 3, 0, 6, 1),
        (Function(lambda x: F.normalize(x, dim=1) * x.std(1, keepdim=True)), 0, 0, 1, 1),
        (Function(lambda x: torch.stack([x[:, 1], x[:, 0], x[:, 2] * 0.5], 1)), 0, 0, 1, 1),
        (Function(lambda x: F.pad(x[..., 1:, :-2], (2, 0, 0, 1))), 2, 2, 1, 1),
        (Function(lambda x: torch.einsum("nchw,dc->ndhw", x, torch.empty(3, 3, device=x.device))), 0, 0, 1, 1),
        (Function(lambda x: F.layer_norm(x.permute(0, 2, 3, 1), [3]).permute(0, 3, 1, 2)), 0, 0, 1, 1),
        (Function(lambda x: F.interpolate(x, scale_factor=2, mode="bicubic")[..., ::2, ::2]), 2, 2, 1, 1),
    ],
)  # fmt: skip
def test_hand_computed(network, radius, context, stride, scale):
    assert reach(network) == Reach(radius, context, stride, scale)


def test_the_default_generator():
    assert reach(build_generator(DEFAULT_GENERATOR)) == Reach(radius=59, context=56, stride=4, scale=1)


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(3, 3, 1)

    def forward(self, features):
        return features * torch.sigmoid(self.gate(self.pool(features)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.MultiheadAttention(3, 1, batch_first=True)

    def forward(self, features):
        tokens = features.flatten(2).transpose(1, 2)
        tokens, _ = self.heads(tokens, tokens, tokens)
        return tokens.transpose(1, 2).reshape(features.shape)


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (nn.InstanceNorm2d(3), "1.0 (InstanceNorm2d)"),
        (nn.GroupNorm(3, 3), "1.0 (GroupNorm)"),
        (nn.BatchNorm2d(3, track_running_stats=False), "1.0 (BatchNorm2d)"),
        (SqueezeExcite(), "1.0.pool (AdaptiveAvgPool2d)"),
        (Attention(), "1.0.heads (MultiheadAttention)"),
        (nn.Softmax(-1), "1.0 (Softmax)"),
        (Function(lambda x: F.interpolate(F.adaptive_avg_pool2d(x, 32), size=x.shape[2:])), "1.0 (Function)"),
        (nn.UpsamplingBilinear2d(scale_factor=1), "1.0 (UpsamplingBilinear2d)"),
        (Function(lambda x: x - x.mean((2, 3), keepdim=True)), "1.0 (Function)"),
        (Function(lambda x: x + torch.linspace(-1, 1, x.shape[-1], device=x.device)), "1.0 (Function)"),
        (Function(lambda x: x + torch.randn_like(x)), "1.0 (Function)"),
    ],
)  # fmt: skip
def test_the_first_layer_that_sees_everything_is_named(layer, named):
    network = nn.Sequential(conv(3, padding=1), nn.Sequential(layer, nn.Tanh()), nn.InstanceNorm2d(3))
    assert reach(network).unbounded == named


def test_stride_and_scale_are_told_also_where_there_is_no_bound():
    network = nn.Sequential(nn.PixelUnshuffle(2), nn.InstanceNorm2d(12), nn.Conv2d(12, 48, 1), nn.PixelShuffle(4))
    assert reach(network) == Reach(0, 0, stride=2, scale=2, unbounded="1 (InstanceNorm2d)")


def test_a_norm_in_evaluation_is_judged_as_it_will_run():
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout2d()).train()
    assert reach(network) == Reach(0, 0, 1, 1)
    assert all(module.training for module in network.modules())


def unet(depth):
    """Halved ``depth`` times and brought back, with skips."""
    network = conv(1)
    for _ in range(depth):
        network = SkipByCat(nn.Sequential(conv(4, stride=2, padding=1), network, nn.ConvTranspose2d(3, 3, 4, 2, 1)))
    return network


class SkipByCat(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.join = inner, nn.Conv2d(6, 3, 1)

    def forward(self, features):
        return self.join(torch.cat((features, self.inner(features)), 1))


def test_deep_networks_need_a_larger_trial_image():
    reaches = [reach(unet(depth)) for depth in (3, 6, 8)]
    assert [found.stride for found in reaches] == [8, 64, 256]
    assert not any(found.unbounded for found in reaches)
    # with each level what lies below sees twice as far: r -> 2 r + 3
    assert all(2 * before.radius < after.radius for before, after in pairwise(reaches))


def test_a_trial_image_that_cannot_be_halved_often_enough_is_passed_over() -> None:
    downs = [nn.Conv2d(side, 2, 4, 2, 1) for side in (3, *[2] * 6)]
    ups = [nn.ConvTranspose2d(2, side, 4, 2, 1) for side in (*[2] * 6, 3)]
    found = reach(nn.Sequential(*downs, *ups))  # 3,328 pixels of 3,360
    assert (found.stride, found.scale, found.unbounded) == (128, 1, "")


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (nn.Sequential(Function(lambda x: x.roll(1, 2))), r"0 \(Function\) calls 'roll', whose reach is not known"),
        (nn.Conv2d(3, 1, 1), r"makes \[1, 1, 768, 768\]"),
        (conv(3), r"makes \[1, 3, 766, 766\]"),
        (nn.Sequential(nn.Upsample(scale_factor=3), nn.AvgPool2d(2)), r"makes \[1, 3, 1152, 1152\]"),
        (Function(lambda x: (x, x)), "makes tuple"),
        (nn.Linear(5, 5), "cannot be traced on an image"),
        (Function(lambda x: x * float(x.mean())), "cannot be traced on an image"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_told_in_one_line(network, says):
    with pytest.raises(ModelError, match=says) as caught:
        reach(network)
    assert "\n" not in str(caught.value)


def test_writes_into_parts_of_tensors_are_refused():
    def write(image):
        result = image * 2
        result[..., ::2] += F.avg_pool2d(image, 3, 1, 1)[..., ::2]
        return result

    with pytest.raises(ModelError, match="writes into a part of a tensor"):
        reach(Function(write))


def test_the_network_stays_as_it_is():
    norm = nn.BatchNorm2d(3)  # the same layer twice
    network = nn.Sequential(norm, conv(3, padding=1), norm)
    before = dict(network.named_parameters()) | dict(network.named_buffers())
    assert reach(network).radius == 1
    after = dict(network.named_parameters()) | dict(network.named_buffers())
    assert all(after[name] is value and value.device.type == "cpu" for name, value in before.items())
    assert torch.isfinite(network(torch.rand(1, 3, 8, 8))).all()
