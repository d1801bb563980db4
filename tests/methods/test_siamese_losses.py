"""The terms of the losses of siamese against numbers computed by hand."""

import math

import pytest
import torch

from tilegan.methods.siamese_losses import (
    content_cosine,
    feature_distance,
    real_length,
    tone_distance,
    tones,
    translated_length,
    translated_margin,
)

VECTORS = torch.tensor([[3.0, 4.0], [0.0, 1.0]])  # of lengths 5 and 1


def test_real_length_is_the_mean_squared_length() -> None:
    assert real_length(VECTORS).item() == pytest.approx((25 + 1) / 2)


def test_translated_margin_counts_only_what_is_shorter_than_the_margin() -> None:
    assert translated_margin(VECTORS, 2.0).item() == pytest.approx((0 + 1) / 2)
    assert translated_margin(VECTORS, 6.0).item() == pytest.approx((1 + 5) / 2)


def test_translated_length_is_the_mean_plain_length() -> None:
    assert translated_length(VECTORS).item() == pytest.approx((5 + 1) / 2)


def test_translated_length_has_a_gradient_at_the_origin() -> None:
    vectors = torch.zeros(2, 3, requires_grad=True)
    translated_length(vectors).backward()
    assert vectors.grad is not None
    assert torch.isfinite(vectors.grad).all()


def test_content_cosine_of_two_images_is_that_of_their_one_difference() -> None:
    sources = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    translations = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert content_cosine(sources, translations).item() == pytest.approx(math.cos(math.pi / 4))
    assert content_cosine(sources, 7 * sources + 3).item() == pytest.approx(1)
    assert content_cosine(sources, -sources).item() == pytest.approx(-1)


def test_content_cosine_takes_each_unordered_pair_once() -> None:
    sources = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    translations = torch.tensor([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    # differences 0-1: (-1, 0) and (0, -1); 0-2: (0, -1) and (0, -2); 1-2: (1, -1) and (0, -1)
    assert content_cosine(sources, translations).item() == pytest.approx((0 + 1 + math.sqrt(0.5)) / 3)


def test_tone_is_of_cells_and_strokes_cancel_out_in_it() -> None:
    source = torch.zeros(1, 3, 32, 32)
    strokes, blot = source.clone(), source.clone()
    strokes[..., ::2, :], strokes[..., 1::2, :] = 0.5, -0.5
    blot[:, 0, :16, :16] = 0.6  # one of four cells, one of three channels
    assert tone_distance(tones(source, 16), strokes, 16).item() == pytest.approx(0)
    assert tone_distance(tones(source, 16), blot, 16).item() == pytest.approx(0.36 / 12)
    assert tone_distance(tones(source, 64), blot, 64).item() == pytest.approx((0.6 / 4) ** 2 / 3)  # one cell of 32


def test_feature_distance_cares_for_neither_contrast_nor_mean() -> None:
    features = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert feature_distance(features, features * 5 - 3).item() == pytest.approx(0, abs=1e-5)
    checks = torch.ones(1, 1, 2, 2)
    checks[..., 0, 0] = checks[..., 1, 1] = -1
    # three degrees of freedom among four values: each is root 3 / 2 away from its mean, and then from its negative
    assert feature_distance(checks, -checks).item() == pytest.approx(4 * 0.75, rel=0.01)
    assert feature_distance(checks, torch.zeros(1, 1, 2, 2)).item() == pytest.approx(0.75, rel=0.01)
