"""What of an image is compared with a painting, and the discriminator that sees some of it."""

import torch
from torch import nn

from tilegan.networks.build import STROKE_DISCRIMINATOR, build_discriminator
from tilegan.networks.efficientnet import EfficientNetFeatures
from tilegan.networks.style_views import view_channels, views, with_tones

IMAGES = torch.rand(2, 3, 64, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_views_are_features_at_two_scales_and_colors_at_four_with_the_tone_of_their_place() -> None:
    frozen = EfficientNetFeatures.read()
    features = frozen(IMAGES)
    found = views(frozen, IMAGES, features)
    assert [each.shape[1] for each in found] == list(view_channels(frozen))
    assert [64 // each.shape[2] for each in found] == [4, 8, 16, 4, 8, 16, 2, 4, 8, 16]
    assert all(torch.equal(view, each) for view, each in zip(found, features[1:], strict=False))
    assert torch.allclose(found[6][1, :, 5, 3], IMAGES[1, :, 10:12, 6:8].mean((1, 2)), atol=1e-6)
    tones = torch.arange(48.0).reshape(2, 3, 4, 2)
    toned = with_tones(found, tones)
    assert torch.equal(toned[6][1, -3:, 15, 9], tones[1, :, 1, 1])  # pixel 30, 18 is in cell 1, 1 of 16 pixels
    assert torch.equal(toned[2][0, -3:], tones[0])
    assert torch.equal(toned[4][:, :-3], found[4])


def test_the_discriminator_scores_patches_and_each_scale_of_features() -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(STROKE_DISCRIMINATOR | {"channels": 4, "width": 8})
    features = EfficientNetFeatures.read()(IMAGES)
    scores = discriminator(IMAGES, features)
    assert [tuple(each.shape[1:]) for each in scores[1:]] == [(1, 16, 8), (1, 8, 4), (1, 4, 2)]
    assert torch.equal(scores[0], discriminator.patches(nn.functional.avg_pool2d(IMAGES, 2)))
    others = discriminator(IMAGES, [features[0] + 1, *features[1:3], 2 * features[3] + features[3].square()])
    assert torch.equal(scores[0], others[0])
    assert not any(torch.allclose(one, other) for one, other in zip(scores[1:], others[1:], strict=True))
