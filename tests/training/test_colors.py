"""The colors of a folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import DatasetError
from tilegan.training.colors import CELLS, IMAGES, tones_of
from tilegan.training.images import TrainingImage


def save(path: Path, pixels: np.ndarray) -> TrainingImage:
    Image.fromarray(pixels).save(path)
    return TrainingImage(path, *pixels.shape[:2], 0)


def test_tones_are_means_of_whole_cells_and_all_images_count_alike(tmp_path: Path) -> None:
    striped = np.zeros((40, 60, 3), np.uint8)
    striped[:, ::2] = 100, 50, 21  # halves up; 8 x 12 pixels are no cell
    plain = np.full((200, 300, 3), 7, np.uint8)
    tones = tones_of([save(tmp_path / "0.png", striped), save(tmp_path / "1.png", plain)])
    assert (tones.shape, tones.dtype) == ((2 * CELLS, 3), np.uint8)
    assert np.array_equal(np.unique(tones[:CELLS], axis=0), [(50, 25, 11)])
    assert np.array_equal(np.unique(tones[CELLS:], axis=0), [(7, 7, 7)])


def test_some_of_many_images_are_looked_at_from_all_over(tmp_path: Path) -> None:
    images = [save(tmp_path / f"{level}.png", np.full((16, 16, 3), level, np.uint8)) for level in range(2 * IMAGES)]
    assert sorted(set(tones_of(images)[:, 0])) == list(range(0, 2 * IMAGES, 2))


def test_what_does_not_decode_is_left_out(tmp_path: Path) -> None:
    image = save(tmp_path / "good.png", np.full((32, 32, 3), 9, np.uint8))
    (tmp_path / "bad.png").write_bytes((tmp_path / "good.png").read_bytes()[:60])
    bad = TrainingImage(tmp_path / "bad.png", 32, 32, 1)
    assert len(tones_of([bad, image])) == CELLS
    with pytest.raises(DatasetError, match="can be decoded"):
        tones_of([bad])
