"""Letting go of an image: once more does nothing, whatever kind of reader it is."""

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.instances import open_joined
from tilegan.images.opening import open_source

PIXELS = np.random.default_rng(4).integers(0, 256, (60, 70, 3), dtype=np.uint8)


@pytest.mark.parametrize("ending", ["tif", "png", "jpg", "gif", "webp", "svs", "ndpi", "zarr"])
def test_every_source_can_be_closed_twice(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    if ending == "zarr":
        zarr.create_array(str(path), data=PIXELS)
    elif ending in ("svs", "ndpi"):
        pytest.importorskip("openslide")
        said = "Aperio Image Library v11.2.1 \r\n70x60 [0,0 70x60] (240x240) J2K|AppMag = 20|MPP = 0.4990"
        options = {"tile": (16, 16), "compression": "deflate", "photometric": "rgb", "metadata": None}
        tifffile.imwrite(path, PIXELS, description=said, **options)
    else:
        Image.fromarray(PIXELS).save(path)
    source = open_source(path)
    assert source.read(Window(0, 0, 60, 70)).shape == (60, 70, 3)
    source.close()
    source.close()


def test_a_map_with_instances_can_be_closed_twice(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "labels.png")
    Image.fromarray(PIXELS[..., 0]).save(tmp_path / "numbers.png")
    source = open_joined(tmp_path / "labels.png", instances=tmp_path / "numbers.png")
    source.close()
    source.close()
