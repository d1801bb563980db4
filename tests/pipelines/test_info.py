from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from PIL import Image
from rasterio.transform import from_origin

from tilegan.errors import ImageError, ModelError
from tilegan.networks.build import build_generator
from tilegan.pipelines import ImageInfo, ModelInfo, info
from tilegan.translator import Translator

ARCHITECTURE = {"name": "residual", "channels": 4, "blocks": 1, "stride": 4, "detail": 2}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    generator = build_generator(ARCHITECTURE)
    path = tmp_path / "run" / "translator.safetensors"
    path.parent.mkdir()
    Translator.of(generator, ARCHITECTURE, 64, name="dots", facts={"steps": 3}).save(path)
    return path


def test_a_model_and_its_run_folder(model: Path) -> None:
    count = sum(parameter.numel() for parameter in build_generator(ARCHITECTURE).parameters())
    for path in (model, model.parent):
        found = info(path)
        assert isinstance(found, ModelInfo)
        assert (found.name, found.tile_size, found.stride, found.scale) == ("dots", 64, 4, 1)
        assert found.parameters == count
        assert found.path == model
        assert found.facts == {"steps": 3}


def test_a_plain_image(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300)).save(tmp_path / "a.png")
    found = info(tmp_path / "a.png")
    assert isinstance(found, ImageInfo)
    assert (found.height, found.width, found.bands, found.dtype) == (300, 400, 3, "uint8")
    assert found.megapixels == pytest.approx(0.12)
    assert found.crs is None
    assert found.bounds is None


def test_a_georeferenced_image(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "height": 20, "width": 30, "count": 4, "dtype": "uint16", "nodata": 9}
    with rasterio.open(
        tmp_path / "a.tif", "w", crs="EPSG:32633", transform=from_origin(500_000, 4_000_000, 10, 10), **profile
    ) as file:
        file.write(np.ones((4, 20, 30), np.uint16))
    found = info(tmp_path / "a.tif")
    assert isinstance(found, ImageInfo)
    assert (found.bands, found.dtype, found.crs, found.nodata) == (4, "uint16", "EPSG:32633", 9)
    assert found.bounds == (500_000, 3_999_800, 500_300, 4_000_000)


def test_neither(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="nowhere"):
        info(tmp_path / "nowhere.png")
    with pytest.raises(ModelError, match="nowhere"):
        info(tmp_path / "nowhere.safetensors")
    torch.save({}, tmp_path / "pickle.safetensors")
    with pytest.raises(ModelError, match="not a model"):
        info(tmp_path / "pickle.safetensors")


def test_what_an_image_means_is_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGBA", (400, 300)).save(tmp_path / "a.png", exif=exif, dpi=(300, 150))
    found = info(tmp_path / "a.png")
    assert isinstance(found, ImageInfo)
    assert (found.height, found.width, found.opacity, found.held, found.sequential) == (400, 300, "alpha", True, False)
    assert found.dpi == pytest.approx((150, 300), abs=0.1)
    assert (found.stretch, found.color_managed) == ((0, 255), False)
    assert found.remarks == ()
