"""Whole-slide images: the same pixels through GDAL and through OpenSlide, and what is said without it."""

import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from tilegan.errors import ImageError, SettingError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers.raster import RasterSource

PIXELS = np.asarray(
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((640, 520))
)
SAID = "Aperio Image Library v11.2.1 \r\n640x520 [0,0 640x520] (240x240) J2K|AppMag = 20|MPP = 0.4990"


@pytest.fixture
def slide(tmp_path):
    """A slide as Aperio's scanners write it: tiles, a thumbnail, and a label that GDAL takes for an overview."""
    label = np.zeros((90, 70, 3), np.uint8)
    label[:, :, 1] = 250
    path = tmp_path / "a.svs"
    with tifffile.TiffWriter(path) as file:
        file.write(PIXELS, tile=(240, 240), compression="deflate", photometric="rgb", description=SAID, metadata=None)
        file.write(PIXELS[::4, ::4].copy(), photometric="rgb", description=SAID, metadata=None)
        file.write(
            label,
            photometric="rgb",
            subfiletype=1,
            description="Aperio Image Library v11.2.1\r\nlabel 70x90",
            metadata=None,
        )
    return path


def test_gdal_reads_it_and_takes_no_label_for_the_image(slide):
    source = open_source(slide)
    assert type(source) is RasterSource
    np.testing.assert_array_equal(source.read(Window(0, 0, 520, 640)), PIXELS)
    assert source.origin.geo.transform is None
    expected = np.asarray(Image.fromarray(PIXELS).resize((64, 52), Image.Resampling.BOX)).astype(int)
    assert np.abs(source.thumbnail(64) - expected).max() < 12


def test_openslide_sees_the_same(slide):
    pytest.importorskip("openslide")
    from tilegan.images.readers.slide import SlideSource

    source = SlideSource(slide)
    assert (source.height, source.width, source.block) == (520, 640, (240, 240))
    assert source.origin.dpi == pytest.approx((25_400 / 0.499,) * 2)
    assert source.origin.geo is None  # the description is the slide's, not a result's
    window = Window(100, 37, 211, 333)
    np.testing.assert_array_equal(source.read(window), PIXELS[100:311, 37:370])
    assert (source.read_mask(window) == 255).all()
    expected = np.asarray(Image.fromarray(PIXELS).resize((64, 52), Image.Resampling.BOX)).astype(int)
    assert np.abs(source.thumbnail(64) - expected).max() < 12
    assert SlideSource(slide, Reading(bands=(2,))).read(window)[0, 0, 0] == PIXELS[100, 37, 1]
    with pytest.raises(SettingError, match="1 to 3"):
        SlideSource(slide, Reading(bands=(4,)))


def test_what_was_not_scanned_is_transparent(slide, monkeypatch):
    openslide = pytest.importorskip("openslide")
    from tilegan.images.readers.slide import SlideSource

    region = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    region.putpixel((1, 0), (9, 8, 7, 255))
    monkeypatch.setattr(openslide.OpenSlide, "read_region", lambda *_: region)
    source = SlideSource(slide)
    np.testing.assert_array_equal(source.read(Window(0, 0, 1, 2))[0], [(255, 255, 255), (9, 8, 7)])
    np.testing.assert_array_equal(source.read_mask(Window(0, 0, 1, 2))[0], [0, 255])


@pytest.mark.parametrize("suffix", ["ndpi", "MRXS", "scn"])
def test_formats_that_gdal_takes_for_others_go_to_openslide(slide, suffix, monkeypatch):
    other = slide.rename(slide.with_suffix(f".{suffix}"))
    pytest.importorskip("openslide")
    assert "read by OpenSlide" in open_source(other).remarks[0]
    other.write_bytes(b"no slide")
    with pytest.raises(ImageError, match=rf"not a slide that can be opened: .*a\.{suffix}"):
        open_source(other)
    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(ImageError, match=rf"a\.{suffix}: install what it needs: pip install 'tilegan\[slides\]'$"):
        open_source(other)
