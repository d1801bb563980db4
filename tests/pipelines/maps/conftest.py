"""An image, and maps of its size."""

import numpy as np
import pytest

from pictures import saved

SHAPE = (135, 155)


@pytest.fixture
def pixels():
    return np.random.default_rng(3).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


@pytest.fixture
def halves(tmp_path):
    """A map of numbers: 0 on the left, 1 on the right."""
    numbers = np.zeros(SHAPE, np.uint8)
    numbers[:, 75:] = 1
    return saved(tmp_path / "halves.png", numbers)


@pytest.fixture
def amounts(tmp_path):
    """A gray ramp from black to white, with black and white margins."""
    ramp = np.linspace(-60, 315, SHAPE[1]).clip(0, 255).astype(np.uint8)
    return saved(tmp_path / "amounts.png", np.broadcast_to(ramp, SHAPE).copy())


@pytest.fixture
def faces(tmp_path):
    """A mask with a white square and a gray one."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[35:65, 50:90], mask[100:115, 10:25] = 255, 100
    return saved(tmp_path / "faces.png", mask)
