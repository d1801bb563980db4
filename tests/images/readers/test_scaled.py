from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.images.opening import open_source
from tilegan.images.readers.scaled import scaled, scaled_bands, write_scaled


@pytest.mark.parametrize("shape", [(96, 80), (601, 403), (700, 1), (1900, 1300)])
def test_bands_are_parts_of_the_whole(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (700, 500, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    source = open_source(tmp_path / "a.png")
    whole = np.asarray(Image.fromarray(pixels).resize(shape[::-1], Image.Resampling.LANCZOS))
    # Pillow's coefficients of a band differ in their last bits
    assert np.abs(scaled(source, *shape).astype(int) - whole).max() <= 1
    assert len(list(scaled_bands(source, *shape))) > 1 or shape[0] < 256
    write_scaled(source, tmp_path / "b.tif", *shape)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "b.tif")), scaled(source, *shape))
    source.close()
