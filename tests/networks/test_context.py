"""What a generator knows of the whole image."""

import numpy as np
import pytest
import torch
from torch import nn

from tilegan.networks.build import build_generator
from tilegan.networks.context import ContextEncoder, conditions, thumbnail_of
from tilegan.networks.generator import ResidualGenerator

ARCHITECTURE = {"name": "residual", "channels": 8, "blocks": 2, "stride": 4, "detail": 4, "context": 5}


@pytest.fixture
def generator() -> ResidualGenerator:
    torch.manual_seed(0)
    made = build_generator(ARCHITECTURE)
    assert isinstance(made, ResidualGenerator)
    assert made.film is not None
    nn.init.normal_(made.tail.weight, std=0.3)
    nn.init.normal_(made.film.weight)
    return made


def thumbnails(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_a_thumbnail_is_the_means_of_boxes() -> None:
    pixels = np.arange(128 * 64 * 3, dtype=np.uint32).reshape(128, 64, 3) % 251
    means = pixels.reshape(64, 2, 64, 1, 3).mean((1, 3))
    assert np.abs(thumbnail_of(pixels.astype(np.uint8)) - means).max() <= 0.5
    assert np.array_equal(thumbnail_of((pixels * 257).astype(np.uint16)), thumbnail_of(pixels.astype(np.uint8)))
    assert (thumbnail_of(np.full((1, 5, 3), 7, np.uint8)) == np.full((64, 64, 3), 7)).all()


def test_boxes_overlap_where_sides_are_no_multiples() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (150, 97, 3), np.uint8)
    means = nn.functional.adaptive_avg_pool2d(torch.from_numpy(pixels).double().permute(2, 0, 1), 64).permute(1, 2, 0)
    assert np.abs(thumbnail_of(pixels) - means.numpy()).max() <= 0.5 + 1e-9


def test_the_encoder_takes_any_size_and_cares_little_for_places() -> None:
    torch.manual_seed(0)
    encoder = ContextEncoder(5)
    images = thumbnails(2) * torch.tensor([0.3, 1.0])[:, None, None, None]
    vectors = encoder(images)
    assert vectors.shape == (2, 5)
    assert vectors.abs().max() <= 1
    assert encoder(images[..., :48, :40]).shape == (2, 5)
    rolled = encoder(images.roll(8, 3))
    assert (rolled - vectors).abs().max() < 0.1 * (vectors[0] - vectors[1]).abs().max()


def test_vectors_of_images_differ_from_the_start() -> None:
    torch.manual_seed(0)
    colors = torch.rand(20, 3, 1, 1) * 2 - 1
    assert ContextEncoder(16)(colors.expand(-1, -1, 64, 64)).std(0).mean() > 0.1


def test_only_a_generator_that_is_made_for_them_wants_conditions(generator: ResidualGenerator) -> None:
    assert conditions(nn.Identity(), thumbnails(2)) == ()
    assert conditions(generator, None) == ()
    (vectors,) = conditions(generator, thumbnails(2))
    assert vectors.shape == (2, 5)


def test_a_new_generator_does_not_heed_its_context() -> None:
    generator = build_generator(ARCHITECTURE)
    image = torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.equal(generator(image, *conditions(generator, thumbnails(2))), generator(image))


def test_a_vector_changes_the_image_and_none_is_as_zeros(generator: ResidualGenerator) -> None:
    image = thumbnails(2)
    vectors = torch.zeros(2, 5)
    assert torch.allclose(generator(image, vectors), generator(image), atol=1e-6)
    vectors[1] = 1
    changed = (generator(image, vectors) - generator(image)).abs().amax((1, 2, 3))
    assert changed[0] < 1e-6
    assert changed[1] > 0.05


def test_a_settled_generator_has_seen_its_image(generator: ResidualGenerator) -> None:
    image, thumbnail = thumbnails(1), thumbnails(2)[1:]
    settled = generator.for_image(thumbnail)
    assert settled.state_dict().keys() == build_generator(ARCHITECTURE | {"context": 0}).state_dict().keys()
    # the vector is rounded
    assert torch.allclose(settled(image), generator(image, *conditions(generator, thumbnail)), atol=2e-3)
    assert (settled(image) - generator(image)).abs().max() > 0.02


def test_settling_does_not_depend_on_threads(generator: ResidualGenerator) -> None:
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(generator.for_image(thumbnails(1)).state_dict())
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())
