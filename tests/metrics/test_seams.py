import numpy as np
import pytest

from tilegan.metrics.seams import Difference, Pattern, amplitude, chance, profile, step_ratio

TILE = 32


def texture(seed: int) -> np.ndarray:
    """Noise of all scales, 1 over the frequency, of 320 x 384 pixels: no grid."""
    random = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(320)[:, None], np.fft.fftfreq(384)[None]
    falling = 1 / np.hypot(np.hypot(rows, columns), 1e-3)
    planes = [np.fft.ifft2(falling * np.fft.fft2(random.standard_normal((320, 384)))).real for _ in range(3)]
    image = np.stack(planes, axis=-1)
    return 128 + 25 * image / image.std()


def with_grid(image: np.ndarray, height: float, period: float = TILE) -> np.ndarray:
    """The image with a sine of that amplitude, both ways."""
    down, right = (np.sin(2 * np.pi * np.arange(length) / period) for length in image.shape[:2])
    return (image + height * (down[:, None, None] + right[None, :, None])).clip(0, 255).round().astype(np.uint8)


def read(image: np.ndarray, cell: int = 1, period: int = TILE) -> float:
    return amplitude(Pattern.both(image, period, cell))


@pytest.mark.parametrize("height", [0.5, 3, 20])
def test_a_sine_reads_its_amplitude(height: float) -> None:
    assert read(with_grid(np.full((320, 384, 3), 128.0), height)) == pytest.approx(height, rel=0.05, abs=0.05)


def test_a_step_pattern_reads_by_its_energy() -> None:
    # half of each tile 4 levels brighter, to the right only: mean square 4, over both directions 2, twice that 4
    right = np.where(np.arange(384) % TILE < TILE // 2, 132, 128)
    image = np.broadcast_to(right[None, :, None], (320, 384, 3)).astype(np.uint8)
    assert read(image) == pytest.approx(2, rel=0.01)


@pytest.fixture(scope="module")
def textures() -> list[np.ndarray]:
    return [texture(seed) for seed in range(12)]


@pytest.mark.parametrize("height", [1, 4])
def test_a_grid_is_read_through_texture(textures: list[np.ndarray], height: float) -> None:
    patterns = [pattern for image in textures for pattern in Pattern.both(with_grid(image, height), TILE, 1)]
    assert amplitude(patterns) == pytest.approx(height, abs=0.3)


def test_texture_has_no_grid(textures: list[np.ndarray]) -> None:
    patterns = [pattern for image in textures for pattern in Pattern.both(with_grid(image, 0), TILE, 1)]
    alone = np.sqrt(2 * np.mean([pattern.tile for pattern in patterns]))  # what would be read without controls
    assert alone > 0.7
    assert amplitude(patterns) <= chance(patterns) < 0.5


def test_other_periods_do_not_count() -> None:
    # 320 - 32 pixels are 9 tiles: two cycles more is a period of 288 / 11
    assert read(with_grid(np.full((320, 320, 3), 128.0), 10, 288 / 11)) < 0.5


def test_slow_light_does_not_count() -> None:
    slope = np.linspace(0, 255, 384)[None, :, None] * np.ones((320, 1, 3))
    assert read(slope.astype(np.uint8)) < 0.05


def test_what_repeats_with_the_stride_is_not_the_tile() -> None:
    image = with_grid(np.full((320, 384, 3), 128.0), 10, period=4)
    assert read(image) == pytest.approx(10, rel=0.05)
    assert read(image, cell=4) < 0.1
    assert read(image, period=4) == pytest.approx(10, rel=0.05)


def test_textured_images_count_less() -> None:
    patterns = [
        Pattern(8.0, (0.0, 0.0), 0.0),
        Pattern(108.0, (90.0, 110.0), 99.99),
        Pattern(50.0, (100.0, 100.0), 49.99),
    ]
    expected = np.sqrt(2 * (8 / 0.01 + 8 / 100 - 50 / 50) / (1 / 0.01 + 1 / 100 + 1 / 50))
    assert amplitude(patterns) == pytest.approx(expected)
    assert amplitude([Pattern(1.0, (1.0, 3.0), 2.0)]) == 0


def test_texture_is_the_mean_of_all_drifting_patterns() -> None:
    image = with_grid(texture(0), 5)
    found = Pattern.along(image, 1, TILE, 1)
    lines = image.mean(axis=0)
    weights = np.array([0.5, *[1] * (TILE - 1), 0.5]) / TILE
    slow = np.stack([np.convolve(line, weights, "valid") for line in lines.T], axis=1)
    rest = lines[TILE // 2 : -TILE // 2] - slow
    spectrum = (np.abs(np.fft.fft(rest, axis=0) / len(rest)) ** 2).mean(axis=1)
    energies = spectrum.reshape(TILE, -1).sum(axis=0)  # by the cycles that they drift
    assert len(energies) == 384 // TILE - 1
    assert found.tile == pytest.approx(energies[0] - spectrum[0])
    assert found.texture == pytest.approx(energies[1:].mean())
    # what is slower than a tile is no pattern: the turned lines lose their mean too
    assert found.controls[0] == pytest.approx(energies[1] - spectrum[1])


def test_chance_follows_from_the_controls() -> None:
    # controls 0 and 8: variance 32, two and a half times that for the tile less the mean of two controls
    error = np.sqrt(2.5 * 32)
    pattern = Pattern(99.0, (8.0, 0.0), 1.0)
    assert chance([pattern]) == pytest.approx(np.sqrt(4 * error))
    # of nine alike the mean errs by a third
    assert chance([pattern] * 9) == pytest.approx(np.sqrt(4 * error / 3))
    assert chance([Pattern(99.0, (5.0, 5.0), 1.0)]) == 0


def test_steps_on_and_beside_borders() -> None:
    # every column steps by 1, across borders by 3; rows do not step: on 3 and 0, beside 1 and 0
    steps = np.where(np.arange(1, 96) % TILE == 0, 3, 1)
    columns = np.concatenate([[0], np.cumsum(steps)])
    image = np.broadcast_to(columns[None, :, None], (96, 96, 3)).astype(np.uint8)
    assert step_ratio(image, TILE) == pytest.approx((1.5 + 0.01) / (0.5 + 0.01))
    assert step_ratio(np.full_like(image, 9), TILE) == 1


def test_differences() -> None:
    first = np.zeros((1, 2, 3), np.uint8)
    second = np.array([[[3, 0, 0], [0, 0, 3]]], np.uint8)
    one = Difference.of(first, second)
    assert one == (3, pytest.approx(np.sqrt(3)))
    assert Difference.over([one, Difference(7, 1)]) == (7, pytest.approx(np.sqrt(2)))


@pytest.mark.parametrize("period", [TILE, 31])
def test_the_profile_keeps_its_place(period: int) -> None:
    right = np.where(np.arange(384) % period == 5, 160, 128)
    image = np.broadcast_to(right[None, :, None], (320, 384, 3)).astype(np.uint8)
    found = profile(image, 1, period)
    assert found.argmax() == 5
    assert found[5] - found[6] == pytest.approx(32)
