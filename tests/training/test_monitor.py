import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from tilegan.errors import CollapseWarning
from tilegan.training.monitor import Monitor, warn_of_collapse

Picture = NDArray[np.uint8]


def pictures(count: int, seed: int, cell: int) -> list[Picture]:
    """Cells of random colors around a color of its own for each picture; small ones make a fine texture."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        cells = (
            random.normal(random.integers(60, 190, 3), 20, (64 // cell, 64 // cell, 3)).clip(0, 255).astype(np.uint8)
        )
        made.append(cells.repeat(cell, 0).repeat(cell, 1))
    return made


@pytest.fixture(scope="module")
def monitor() -> Monitor:
    return Monitor(pictures(6, 0, 16), pictures(12, 1, 2))


def test_sources_themselves_have_all_content_and_no_style(monitor: Monitor) -> None:
    figures = monitor.measure(monitor.sources)
    assert figures["style"] == pytest.approx(0, abs=1e-6)
    assert figures["content"] == pytest.approx(1)
    assert figures["spread_between"] == figures["spread_within"] == pytest.approx(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_collapse(figures, 1)


def test_styles_that_take_turns_are_in_both_halves_of_the_targets() -> None:
    """Else what one style has and the other has not would be taken for what real targets differ by."""
    turns = [each // 8 + 60 + 100 * (number % 2) for number, each in enumerate(pictures(12, 2, 2))]
    assert Monitor(pictures(6, 0, 16), turns)._targets.palette < 10


def test_target_texture_has_the_style_and_no_content(monitor: Monitor) -> None:
    figures = monitor.measure(pictures(6, 2, 2))
    assert figures["style"] > 0.8
    assert figures["content"] < 0.2
    with pytest.warns(CollapseWarning, match="step 7: pictures lose their content"):
        warn_of_collapse(figures, 7)


def test_one_color_for_all_is_a_collapse(monitor: Monitor) -> None:
    gray = [picture - picture.mean((0, 1)).astype(int) + 128 for picture in monitor.sources]
    figures = monitor.measure([picture.clip(0, 255).astype(np.uint8) for picture in gray])
    assert figures["spread_between"] < 0.1
    assert figures["spread_within"] > 0.8
    with pytest.warns(CollapseWarning, match="mode collapse"):
        warn_of_collapse(figures, 7)


def test_flat_pictures_are_a_collapse(monitor: Monitor) -> None:
    flat = [np.full_like(picture, picture.mean((0, 1)).astype(np.uint8)) for picture in monitor.sources]
    with pytest.warns(CollapseWarning, match="palette collapse"):
        warn_of_collapse(monitor.measure(flat), 7)


def test_translations_that_are_larger_are_compared_at_the_size_of_each(monitor: Monitor) -> None:
    """A monitor of reductions: enlarged pixels are all content and no style, the originals are both."""
    originals = pictures(12, 3, 2)
    sources = [picture.reshape(16, 4, 16, 4, 3).mean((1, 3)).astype(np.uint8) for picture in originals]
    larger = Monitor(sources, originals, scale=4, correspond=True)
    enlarged = [picture.repeat(4, 0).repeat(4, 1) for picture in sources]
    figures = larger.measure(enlarged)
    assert figures["style"] == pytest.approx(0, abs=1e-6)
    assert figures["content"] == figures["spread_between"] == pytest.approx(1)
    squares = [np.square(made.astype(float) - wanted).mean() for made, wanted in zip(enlarged, originals, strict=True)]
    assert figures["psnr"] == pytest.approx(np.mean([10 * np.log10(65025 / square) for square in squares]))
    found = larger.measure(originals)
    assert found["style"] > 0.95
    assert found["psnr"] == pytest.approx(68.13, abs=0.01)
    assert found["content"] > 0.99
    # of a model that enlarges without having learned from reductions, nothing but the reduced result is looked at
    sources = monitor.sources
    assert monitor.measure([picture.repeat(2, 0).repeat(2, 1) for picture in sources]) == monitor.measure(sources)
    assert "psnr" not in monitor.measure(sources)
