"""The losses of siamese for a batch, and its settings."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from tilegan.errors import SettingError
from tilegan.methods.base import Batch
from tilegan.methods.color_map import POWERS, fit_color_map
from tilegan.methods.siamese import Siamese, SiameseSettings
from tilegan.networks.capabilities import Capabilities
from tilegan.networks.generator import ResidualGenerator


class MeanColor(nn.Module):
    """A discriminator whose vectors can be computed by hand."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))


class Brighten(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + 0.5


def constant_images(*colors: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(colors)[:, :, None, None].expand(-1, -1, 16, 16)


def test_losses_of_a_batch_against_numbers_computed_by_hand() -> None:
    settings = SiameseSettings(
        margin=2.0, content_weight=3.0, palette=1.0, color_jitter=0.0, tone_weight=4.0, seam_start=0, tone_cell=16
    )
    method = Siamese(Brighten(), MeanColor(), settings)
    source = constant_images((0.5, 0.0, 0.0), (0.0, 0.0, 0.5))
    batch = Batch(source, constant_images((0.0, 0.6, 0.8), (0.0, 0.0, 0.0)), 0, 0, 2)
    length = math.sqrt(1.0**2 + 0.5**2 + 0.5**2)
    generator = method.generator_loss(batch)
    assert generator["generator_length"].item() == pytest.approx(length)
    assert generator["generator_content"].item() == pytest.approx(-3.0)
    assert generator["generator_tone"].item() == pytest.approx(4.0 * 0.5**2)
    assert generator["generator_seams"].item() == pytest.approx(0)
    discriminator = method.discriminator_loss(batch)
    assert discriminator["real_length"].item() == pytest.approx(0.5**2, abs=1e-5)  # in the mean colors of the sources
    assert discriminator["translated_margin"].item() == pytest.approx(2 - length)
    assert discriminator["discriminator_content"].item() == pytest.approx(-3.0)


def test_a_generator_that_moves_colors_starts_with_those_of_the_targets() -> None:
    gray = [[-1.0, 0.0, 0.0] if power == (1, 0, 0) else [0.0, 0.0, 0.0] for power in POWERS]  # removes red
    generator = ResidualGenerator(4, 1, 4, 4, recolor=True)
    Siamese(generator, MeanColor(), SiameseSettings(color_maps=[gray], lightness=1.0, palette=1.0))
    red, *others = generator(constant_images((0.5, 0.5, 0.5))).mean((0, 2, 3)).tolist()
    assert red == pytest.approx(0, abs=1e-6)
    assert others == pytest.approx([math.tanh(1.25 * 0.5)] * 2)


def test_opposite_weaves_of_two_styles_are_as_bad_as_one_weave() -> None:
    method = Siamese(ResidualGenerator(4, 1, 4, 4), MeanColor(), SiameseSettings(weave_weight=1.0))
    pattern = torch.zeros(4, 4)
    pattern[0, 0], pattern[2, 2] = 0.5, -0.5
    source = torch.zeros(4, 3, 16, 16)
    woven = pattern.tile(4, 4) * torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]
    crops = Batch(source, source, 0, 0, 4, styles=torch.eye(2)[[0, 1, 0, 1]])
    losses = method.repainting_losses(crops, source + woven)
    assert losses["generator_weave"].item() == pytest.approx(pattern.square().mean().item())


class ColorOfStyle(nn.Module):
    """A discriminator: a vector of one value, red of the first style or twice red of the second."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        red, first, second = images.mean((2, 3))[:, [0, 3, 4]].unbind(1)
        return (red * (first + 2 * second))[:, None]


def test_targets_by_the_name_of_another_style_are_not_real() -> None:
    method = Siamese(nn.Identity(), ColorOfStyle(), SiameseSettings(margin=2, palette=1, color_jitter=0))
    levels = torch.tensor([0.25, 0.5])[:, None, None, None].expand(-1, 3, 32, 32)
    given = Batch(levels, levels, 0, 0, 2, styles=torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    method.generator_loss(given)
    losses = method.discriminator_loss(given)
    assert losses["real_length"].item() == pytest.approx((0.25**2 + 1) / 2)
    # of the other style the lengths are 0.5 in both
    assert losses["other_style"].item() == pytest.approx((2 - 0.5) / 2, abs=1e-5)
    given.styles = torch.ones(2, 1)
    single = Siamese(nn.Identity(), Single(), method.settings).discriminator_loss(given)
    assert "other_style" not in single


class Single(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))


def test_generator_gradients_do_not_come_from_the_discriminators_loss() -> None:
    generator = nn.Conv2d(3, 3, 1)
    method = Siamese(generator, MeanColor(), SiameseSettings())
    batch = Batch(torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16), 1, 0, 2)
    method.generator_loss(batch)
    losses = method.discriminator_loss(batch)
    assert not any(loss.requires_grad for loss in losses.values())


def constant_map(*move: float) -> list[list[float]]:
    """A color map that moves all colors alike."""
    return [list(move) if powers == (0, 0, 0) else [0.0, 0.0, 0.0] for powers in POWERS]


def test_tones_are_wanted_where_the_style_s_map_moves_them() -> None:
    maps = [constant_map(0.4, 0.0, 0.0), constant_map(0.0, 0.0, -0.8)]
    settings = SiameseSettings(lightness=0.5, palette=0.5, tone_weight=3.0, color_jitter=0.0, color_maps=maps)
    method = Siamese(nn.Identity(), ColorOfStyle(), settings)
    gray = torch.zeros(2, 3, 32, 32)
    given = Batch(gray, gray + 0.1, 0, 0, 2, styles=torch.eye(2))
    # of one style red is missed by 0.2, of the other blue by 0.4
    assert method.generator_loss(given)["generator_tone"].item() == pytest.approx(3 * (0.2**2 + 0.4**2) / 6)
    # red, which the discriminator looks at, is the first target's wanted 0.2, and 0 of the second
    assert method.discriminator_loss(given)["real_length"].item() == pytest.approx(0.2**2 / 2, abs=1e-5)


def test_what_follows_the_color_map_exactly_has_neither_tones_nor_seams_amiss() -> None:
    darker = [[0.0, 0.0, 0.0] for _ in POWERS]
    darker[POWERS.index((1, 0, 0))][0] = -0.5  # half the contrast in red

    class Moved(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images * torch.tensor([0.75, 1.0, 1.0])[:, None, None]

    settings = SiameseSettings(lightness=0.5, palette=0.5, seam_start=0, color_maps=[darker])
    method = Siamese(Moved(), MeanColor(), settings)
    slope = torch.linspace(-1, 1, 32).expand(3, 3, 32, 32)
    losses = method.generator_loss(Batch(slope, slope, 0, 0, 3))
    assert losses["generator_tone"].item() == pytest.approx(0, abs=1e-10)
    assert losses["generator_seams"].item() == pytest.approx(0, abs=1e-10)


def test_maps_are_fitted_where_a_palette_is_learned() -> None:
    gray, red = np.full((9, 3), 128, np.uint8), np.full((7, 3), (200, 40, 40), np.uint8)
    fitted = SiameseSettings().fitted(lambda: (gray, [red, gray]))
    assert fitted.color_maps == [fit_color_map(gray, red), fit_color_map(gray, gray)]
    assert len(SiameseSettings(lightness=0).fitted(lambda: (gray, [red])).color_maps) == 1
    assert len(SiameseSettings(palette=0).fitted(lambda: (gray, [red])).color_maps) == 1
    settings = SiameseSettings(lightness=0, palette=0)
    assert settings.fitted(lambda: pytest.fail("not needed")) == settings


def test_seams_count_in_joined_images_alone_from_half_of_the_training_on() -> None:
    class Edged(nn.Module):
        """Darkens the left half of what it is given."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            change = torch.zeros_like(images)
            change[..., : images.shape[-1] // 2] = -0.2
            return images + change

    source = torch.randn(4, 3, 32, 32)
    batch = Batch(source, source, 0, 0, 4, progress=0.5)
    for whole, expected in ((0.25, 10 * 0.1**2 / 2), (0.5, 10 * 0.1**2 / 2), (1.0, 0.0)):
        method = Siamese(Edged(), MeanColor(), SiameseSettings(seam_weight=10.0, whole_share=whole))
        assert method.generator_loss(batch)["generator_seams"].item() == pytest.approx(expected, abs=1e-6)
    for settings in (SiameseSettings(joined=False), SiameseSettings(seam_start=0.6)):
        assert Siamese(Edged(), MeanColor(), settings).generator_loss(batch)["generator_seams"].item() == 0


class Darkening:
    """Darkens every fourth column."""

    def forward(self, image: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:  # noqa: ARG002
        change = torch.zeros_like(image)
        change[..., ::4] = -0.2
        return image + change


class Woven(Darkening, ResidualGenerator):
    """A generator of ours."""


class Registered(Darkening, nn.Module):
    """A generator of another package."""

    capabilities = Capabilities(cell=4)


@pytest.mark.parametrize("generator", [Woven(channels=4, blocks=1, stride=4, detail=2), Registered()])
def test_what_repeats_with_the_cell_counts_in_all_images(generator: nn.Module) -> None:
    source = torch.randn(4, 3, 32, 32)
    batch = Batch(source, source, 0, 0, 4)
    method = Siamese(generator, MeanColor(), SiameseSettings(weave_weight=10.0))
    expected = 10 * (0.15**2 + 3 * 0.05**2) / 4  # a column in four is 0.15 below the mean, three are 0.05 above
    assert method.generator_loss(batch)["generator_weave"].item() == pytest.approx(expected, abs=3e-3)


def test_opposite_patterns_of_two_codes_are_no_gain() -> None:
    source = torch.zeros(4, 3, 32, 32)
    codes = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    method = Siamese(Registered(), MeanColor(), SiameseSettings(weave_weight=10.0))
    woven = method.generator(source)
    translated = torch.where(codes[:, :1, None, None] > 0, woven, -woven)
    losses = method.repainting_losses(Batch(source, source, 0, 0, 4, codes=codes), translated)
    assert losses["generator_weave"].item() == pytest.approx(10 * (0.15**2 + 3 * 0.05**2) / 4)


def test_parts_of_a_batch_are_transformed_as_in_the_whole() -> None:
    method = Siamese(Brighten(), MeanColor(), SiameseSettings())
    source = torch.randn(4, 3, 32, 32)
    parts = [Batch(source[first : first + 2], source, 3, first, 4) for first in (0, 2)]
    drawn = [method._transforms(batch, 1) for batch in (*parts, Batch(source, source, 3, 0, 4))]
    assert torch.equal(torch.cat(drawn[:2]), drawn[2])


def test_without_joining_each_tile_is_judged_alone() -> None:
    """Both halves of the generator's edge see no neighbor, and D's vectors are as many as there are tiles."""
    seen: list[torch.Size] = []

    class Watching(MeanColor):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(images.shape)
            return super().forward(images)

    method = Siamese(Brighten(), Watching(), SiameseSettings(joined=False, color_jitter=0.0, tone_weight=1.0))
    batch = Batch(torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32), 0, 0, 2)
    losses = method.generator_loss(batch)
    method.discriminator_loss(batch)
    assert seen == [(8, 3, 16, 16), (8, 3, 16, 16), (24, 3, 16, 16)]
    assert losses["generator_tone"].item() == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": float("nan")}, "margin"),
        ({"lightness": -0.1}, "lightness"),
        ({"palette": 7.0}, "palette"),
        ({"content_weight": -1.0}, "content weight"),
        ({"color_jitter": -1.0}, "color jitter"),
        ({"tone_weight": -1.0}, "tone weight"),
        ({"tone_cell": 0}, "tone cell"),
        ({"feature_weight": -1.0}, "feature weight"),
        ({"seam_weight": -1.0}, "seam weight"),
        ({"seam_weight": float("inf")}, "seam weight"),
        ({"seam_start": 2.0}, "seam start"),
        ({"style_weight": -1.0}, "style weight"),
        ({"style_start": -0.1}, "style start"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        SiameseSettings(**wrong)  # type: ignore[arg-type]
