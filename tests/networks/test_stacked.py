import pytest
import torch

from tilegan.networks.generator import ResidualGenerator
from tilegan.networks.palette import palettes_of
from tilegan.networks.stacked import StackedGenerator
from tilegan.tiling.places import Place, placed
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded


@pytest.fixture(scope="module")
def generator() -> StackedGenerator:
    torch.manual_seed(0)
    made = StackedGenerator(8, 1, 4, 4, factor=2, words=["night", "sky", "wheat"], values=4).double().eval()
    for stage in made.stages:
        torch.nn.init.normal_(stage.tail.weight, std=0.3)
    return made


IMAGE = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2 - 1


@torch.no_grad()
def test_a_text_folded_into_the_weights_is_its_condition(generator: StackedGenerator) -> None:
    bag = torch.tensor([0.0, 0.6, 0.8], dtype=torch.float64)
    condition = torch.cat([stage.conditioning(bag[None])[0] for stage in generator.stages], 1)
    told = generator(IMAGE, condition)
    fixed = generator.with_text(bag)
    assert torch.allclose(fixed(IMAGE), told, atol=1e-12)
    assert not torch.allclose(told, generator(IMAGE), atol=1e-3)
    assert fixed.words == () and not any("conditioning" in name or "film" in name for name in fixed.state_dict())
    assert not torch.equal(fixed.palette.mix.weight, generator.palette.mix.weight)
    assert torch.equal(generator.with_text(torch.zeros(3))(IMAGE), generator(IMAGE))


@torch.no_grad()
def test_the_first_stage_sees_the_reduced_image_and_the_second_keeps_its_details(generator: StackedGenerator) -> None:
    small = generator(IMAGE, last=0)
    assert small.shape == (1, 3, 16, 24)
    reduced = torch.nn.functional.avg_pool2d(IMAGE, 2)
    assert torch.allclose(small, generator.first(reduced, reduced, None), atol=1e-12)
    fresh = StackedGenerator(8, 1, 4, 4, factor=4, words=["sky"]).double()
    assert torch.allclose(fresh(IMAGE), torch.tanh(1.25 * (IMAGE + carried(fresh))), atol=1e-12)


@torch.no_grad()
def test_the_second_stage_is_a_generator_that_paints_over_the_blurred_image() -> None:
    torch.manual_seed(0)
    painter = ResidualGenerator(8, 1, 4, 4, squint=5, noise=2, drifts=1, seed=4).double().eval()
    torch.nn.init.normal_(painter.tail.weight, std=0.3)
    made = StackedGenerator(8, 1, 4, 4, factor=2, words=["sky"], noise=2, squint=5, drifts=1, seed=3).double().eval()
    part = made.capabilities.painter
    made.load_state_dict({f"{part}.{name}": value for name, value in painter.state_dict().items()}, strict=False)
    change = made.carry(torch.nn.functional.interpolate(darker(IMAGE), scale_factor=2))
    made.palette.mix.weight.zero_()  # so that the first stage gives 0 everywhere
    assert torch.allclose(made(IMAGE), painter(IMAGE + change), atol=1e-12)
    with placed([Place(8, 16, 1)], IMAGE.shape[2:]):
        found = made(IMAGE)
        assert torch.allclose(found, painter(IMAGE + change), atol=1e-12)
    assert not torch.allclose(found, made(IMAGE))
    assert made.capabilities.noise and made.capabilities.drifts


def test_words_modulate_a_finished_painter_and_do_not_change_it() -> None:
    torch.manual_seed(0)
    made = StackedGenerator(8, 1, 4, 4, factor=2, words=["sky"], squint=5, kept=True)
    torch.nn.init.normal_(made.second.tail.weight)
    conditions = [stage.conditioning(torch.ones(1, 1))[0] for stage in made.stages]
    made(IMAGE.float(), made.condition_of(conditions, torch.ones(1, 1))).mean().backward()
    gradients = {name: weight.grad for name, weight in made.second.named_parameters() if weight.requires_grad}
    moved = {name.split(".")[0] for name, gradient in gradients.items() if gradient.any()}
    assert moved == {"conditioning", "film"}


@torch.no_grad()
def test_what_words_mean_for_colors_is_fitted_and_kept() -> None:
    made = StackedGenerator(8, 1, 4, 4, factor=2, words=["blue", "dark", "rare"], squint=5)
    bags = torch.eye(3)[[0, 1] * 50 + [2]]  # one caption has the last word
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.2
    plain = palettes_of(image)[0]
    means = torch.tensor([[0.0, 0.0, 0.2], [-0.4, 0.0, -0.2]])  # of luma, and of red and of blue minus luma
    palettes = torch.cat((torch.cat((means, torch.full((2, 3), 0.1)), 1).repeat(50, 1), torch.full((1, 6), 0.1)))
    made.fit_palettes(bags, palettes)
    moved = [palettes_of(made.palette(image, word[None]))[0] - plain for word in torch.eye(3)]
    assert torch.allclose(moved[0], torch.tensor([0.2, 0.0, 0.2, 0.0, 0.0, 0.0]), atol=0.02)
    assert torch.allclose(moved[1], torch.tensor([-0.2, 0.0, -0.2, 0.0, 0.0, 0.0]), atol=0.02)
    assert moved[2][0].item() == pytest.approx((0.1 + 0.2) / 2, abs=0.02)  # half of what it would be with many
    before = made.palette.film.weight.clone()
    made.fit_palettes(bags, palettes.flip(0))
    assert torch.equal(made.palette.film.weight, before)


def darker(image: torch.Tensor) -> torch.Tensor:
    return -torch.nn.functional.avg_pool2d(image, 2)


def carried(fresh: StackedGenerator) -> torch.Tensor:
    """The change of a first stage that adds nothing, tanh(1.25 x) - x, interpolated between the centers of pixels."""
    reduced = torch.nn.functional.avg_pool2d(IMAGE, 4)
    change = torch.tanh(1.25 * reduced) - reduced
    padded = torch.nn.functional.pad(change, (1, 1, 1, 1), "replicate")
    enlarged = torch.nn.functional.interpolate(padded, scale_factor=4, mode="bilinear")[..., 4:-4, 4:-4]
    blurred = fresh.carry(torch.nn.functional.interpolate(change, scale_factor=4))
    assert torch.allclose(blurred[..., 4:-4, 4:-4], enlarged[..., 4:-4, 4:-4], atol=1e-12)
    return blurred


@pytest.mark.parametrize("streaks", [0, 2])
@torch.no_grad()
def test_noise_lies_where_it_does_with_padding(streaks: int) -> None:
    torch.manual_seed(0)
    padded = StackedGenerator(8, 1, 4, 4, factor=2, noise=2, squint=5, drifts=1, streaks=streaks).eval()
    for stage in padded.stages:
        torch.nn.init.normal_(stage.tail.weight, std=0.3)
    made = unpadded(padded, reach(padded))
    assert made is not None
    plain, lost = made
    image = torch.rand(1, 3, 240, 256, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with placed([Place(16, 8)], (240, 256)):
        whole, middle = padded(image), plain(image)
    torch.testing.assert_close(middle, whole[..., lost:-lost, lost:-lost], atol=2e-4, rtol=0)
