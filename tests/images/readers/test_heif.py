"""HEIC, the format of phones."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers import heif
from tilegan.images.readers.heif import is_heic
from tilegan.images.readers.pillow import PillowSource

pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
ROWS, COLUMNS = np.mgrid[:64, :96]
SMOOTH = np.dstack([ROWS * 3, COLUMNS * 2, (ROWS + COLUMNS)]).astype(np.uint8)
ALL = Window(0, 0, 64, 96)


def heic(path, pixels=SMOOTH, orientation=1, **said):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Maker"
    deep = pixels.dtype == np.uint16
    file = pillow_heif.from_bytes("RGB;16" if deep else "RGB", pixels.shape[1::-1], pixels.tobytes())
    file[0].info |= {"exif": exif.tobytes()} | said
    file.save(path, quality=-1, chroma=444)
    return path


def worst(first, second):
    return np.abs(first.astype(int) - second).max()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_is_read_upright_once(tmp_path, orientation):
    source = open_source(heic(tmp_path / "a.heic", orientation=orientation))
    upright = np.rot90(SMOOTH, {1: 0, 3: 2, 6: 3, 8: 1}[orientation])
    assert isinstance(source, PillowSource)
    assert (source.height, source.width) == upright.shape[:2]
    assert worst(source.read(Window(0, 0, source.height, source.width)), upright) <= 4
    assert b"Maker" in source.origin.metadata.exif


def test_ten_bits_are_kept_where_that_is_asked_for(tmp_path):
    levels = SMOOTH.astype(np.uint16) * 257 + (COLUMNS % 4 * 64).astype(np.uint16)[..., None]
    path = heic(tmp_path / "a.heic", levels)
    deep, plain = open_source(path, Reading(depth="keep")), open_source(path)
    assert (deep.dtype, deep.levels, plain.levels) == (np.uint16, np.uint16, np.uint8)
    assert worst(deep.read(ALL), levels) <= 4 * 64
    assert worst(plain.read(ALL), SMOOTH) <= 2
    assert (deep.origin.low, deep.origin.high) == (0, 65535)


def test_its_profile_is_applied(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = open_source(heic(tmp_path / "a.heic", icc_profile=profile))
    assert source.origin.color_managed
    assert not source.remarks


def test_without_the_extra_it_is_refused_with_its_name(tmp_path, monkeypatch):
    path = heic(tmp_path / "a.heic")
    monkeypatch.setattr(heif, "find_spec", lambda _: None)
    with pytest.raises(ImageError, match=r"pip install 'tilegan\[heic\]'"):
        open_source(path)


def test_a_damaged_file_is_refused_in_a_line(tmp_path):
    path = heic(tmp_path / "a.heic")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageError) as refusal:
        open_source(path)
    assert "\n" not in str(refusal.value)


def test_avif_is_none():
    content = io.BytesIO()
    Image.fromarray(SMOOTH).save(content, "AVIF")
    assert not is_heic(content.getvalue()[:64])
