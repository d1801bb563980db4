"""Small random networks: what is computed of them is what they do."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tilegan.tiling.probe import probe
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import trim_to, unpadded


class Skip(nn.Module):
    """features + inner(features), where the inner part keeps or trims the size."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner: torch.Tensor = self.inner(features)
        return inner + trim_to(features, inner)


def measured_radius(network: nn.Module, stride: int, scale: int, side: int) -> int:
    """How far a NaN in one pixel shows, per side, in input pixels; for each phase of the stride."""
    network = network.double().eval()
    radius = 0
    for phase in range(stride):
        image = torch.zeros(1, 3, side, side, dtype=torch.float64)
        pixel = side // stride // 2 * stride + phase
        image[..., pixel, pixel] = float("nan")
        with torch.no_grad():
            tainted = network(image)[0].isnan().any(0)
        for dim in (0, 1):
            reached = torch.nonzero(tainted.any(dim)).flatten() // scale
            assert reached.min() > 0 and reached.max() < side - 1, "the image is too small"
            radius = max(radius, int((reached - pixel).abs().max()))
    return radius


def convolution(kernel: int, dilation: int, mode: str) -> nn.Module:
    return nn.Conv2d(3, 3, kernel, padding=dilation * (kernel // 2), dilation=dilation, padding_mode=mode)


def same_size() -> st.SearchStrategy[nn.Module]:
    """Layers that keep height and width."""
    modes = st.sampled_from(["zeros", "reflect", "replicate", "circular"])
    return st.one_of(
        st.builds(convolution, st.sampled_from([1, 3, 5]), st.integers(1, 3), modes),
        st.sampled_from([1, 3]).map(lambda side: nn.AvgPool2d(side, 1, side // 2)),
        st.builds(nn.MaxPool2d, st.just(3), st.just(1), st.just(1)),
        st.builds(nn.BatchNorm2d, st.just(3)),
        st.sampled_from([nn.Tanh, nn.LeakyReLU, nn.GELU]).map(lambda activation: activation()),
    )


def down_and_up(inner: nn.Module, down: str, up: str, factor: int) -> nn.Module:
    """Something at a lower resolution."""
    downs = {
        "convolution": nn.Conv2d(3, 3, 2 * factor, stride=factor, padding=factor // 2, padding_mode="reflect"),
        "average": nn.AvgPool2d(factor),
        "maximum": nn.MaxPool2d(factor),
        "unshuffle": nn.Sequential(nn.PixelUnshuffle(factor), nn.Conv2d(3 * factor**2, 3, 1)),
    }
    ups = {
        "transposed": nn.ConvTranspose2d(3, 3, 2 * factor, stride=factor, padding=factor // 2),
        "nearest": nn.Upsample(scale_factor=factor),
        "bilinear": nn.Upsample(scale_factor=factor, mode="bilinear"),
        "shuffle": nn.Sequential(nn.Conv2d(3, 3 * factor**2, 1), nn.PixelShuffle(factor)),
    }
    return nn.Sequential(downs[down], inner, ups[up])


def networks() -> st.SearchStrategy[nn.Module]:
    """Networks that keep the size of an image: chains, skips and lower resolutions, nested."""
    return st.recursive(
        same_size(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda layers: nn.Sequential(*layers)),
            inner.map(Skip),
            st.builds(
                down_and_up,
                inner,
                st.sampled_from(["convolution", "average", "maximum", "unshuffle"]),
                st.sampled_from(["transposed", "nearest", "bilinear", "shuffle"]),
                st.just(2),
            ),
        ),
        max_leaves=4,
    )


@settings(max_examples=40)
@given(networks())
def test_they_look_just_as_far_as_computed(network):
    found = reach(network)
    assert not found.unbounded
    side = found.stride * (2 * (found.radius // found.stride) + 8)
    measured = measured_radius(network, found.stride, found.scale, side)
    # a hull of what is seen may be wider than the farthest pixel seen, by what lies in the same cell
    assert found.radius - found.stride < measured <= found.radius


@settings(max_examples=25)
@given(networks())
def test_the_probe_agrees(network):
    found = reach(network)
    assert probe(network, found.context, found.stride, found.scale) == ""
    if found.context >= found.stride:
        # one cell less is too little, or the farthest pixel seen lies in a cell that reaches farther than it
        assert probe(network, found.context - found.stride, found.stride, found.scale) or found.stride > 1


@settings(max_examples=40)
@given(networks())
def test_without_padding_the_middle_is_the_same(network):
    network = network.double().eval()
    found = reach(network)
    plain = unpadded(network, found)
    if plain is None:
        return
    twin, trim = plain
    side = found.stride * (2 * (trim // found.stride) + 8)
    image = torch.rand(1, 3, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        whole, middle = network(image), twin(image)
    assert middle.shape[-1] == whole.shape[-1] - 2 * trim
    context = found.context  # so near to an edge even the padded network looks at invented pixels
    inner = slice(context, side - context)
    clean = slice(context - trim, side - context - trim) if context >= trim else slice(None)
    inner = inner if context >= trim else slice(trim, side - trim)
    assert torch.allclose(whole[..., inner, inner], middle[..., clean, clean], atol=1e-12)
