import torch
from torch import nn

from tilegan.networks.build import DEFAULT_GENERATOR, build_generator
from tilegan.networks.details import DetailFeatures
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded

SQUINTING = DEFAULT_GENERATOR | {"channels": 16, "blocks": 1, "squint": 5}


def painter(details: bool) -> nn.Module:
    torch.manual_seed(0)
    generator = build_generator(SQUINTING | {"details": details}).eval()
    nn.init.normal_(generator.tail.weight, std=0.1)
    if generator.details is not None:
        nn.init.normal_(generator.details.convolution.weight, std=0.1)
    return generator


def test_features_are_those_of_what_the_blur_removes() -> None:
    layer = DetailFeatures(planes=1, channels=2, cell=2)
    with torch.no_grad():
        layer.convolution.weight[1, 3, 1, 1] = 1  # the lower right pixel of a cell
    image, blurred = torch.rand(1, 1, 8, 6), torch.rand(1, 1, 8, 6)
    features = layer(image, blurred)
    assert features.shape == (1, 2, 4, 3)
    torch.testing.assert_close(features[0, 1], (image - blurred)[0, 0, 1::2, 1::2])
    assert not features[0, 0].any()


def test_stripes_that_the_blur_removes_are_seen() -> None:
    gray = torch.zeros(1, 3, 160, 160)
    stripes = gray.clone()
    stripes[..., ::5] = 0.8
    stripes -= stripes.mean()  # of period 5: the blur takes all of it away
    apart = [
        (generator(stripes) - generator(gray))[..., 72:-72, 72:-72].abs().max()
        for generator in (painter(details=False), painter(details=True))
    ]
    assert apart[0] < 1e-5
    assert apart[1] > 0.01


def test_a_finished_generator_starts_unchanged() -> None:
    image = torch.rand(1, 3, 32, 32) * 2 - 1
    known, more = painter(details=False), build_generator(SQUINTING | {"details": True}).eval()
    missing = more.load_state_dict(known.state_dict(), strict=False)
    assert missing == (["details.convolution.weight"], [])
    torch.testing.assert_close(more(image), known(image))


def test_details_change_no_halo_and_need_no_padding() -> None:
    generator = painter(details=True)
    found = reach(generator)
    assert found == reach(painter(details=False))
    twin = unpadded(generator, found)
    assert twin is not None
    network, lost = twin
    image = torch.rand(1, 3, 128, 128) * 2 - 1
    torch.testing.assert_close(network(image), generator(image)[..., lost:-lost, lost:-lost], rtol=0, atol=1e-6)
