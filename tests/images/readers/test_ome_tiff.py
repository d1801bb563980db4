"""Three channels of an OME-TIFF, a page each, are one image in color."""

import numpy as np
import pytest
import tifffile

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source

HEIGHT, WIDTH = 40, 50


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 256, (*shape, HEIGHT, WIDTH)).astype(dtype)


def ome(path, values, axes, **metadata):
    tifffile.imwrite(path, values, photometric="minisblack", metadata={"axes": axes, **metadata})
    return path


def read(path, **reading):
    source = open_source(path, Reading(**reading))
    return source.read(Window(0, 0, HEIGHT, WIDTH)).transpose(2, 0, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_three_pages_are_red_green_and_blue(tmp_path, dtype):
    values = noise(3, dtype=dtype)
    path = ome(tmp_path / "a & b.ome.tif", values, "CYX", Channel={"Name": ["R", "G", "B"]})
    source = open_source(path)
    assert (source.bands, source.dtype, source.remarks) == (3, dtype, ())
    np.testing.assert_array_equal(read(path, stretch="0,255"), values)


@pytest.mark.parametrize("axes", ["TZCYX", "ZCTYX", "CTZYX"])
def test_planes_are_chosen_by_their_axes(tmp_path, axes):
    sizes = {"T": 2, "Z": 4, "C": 3}
    values = noise(*(sizes[axis] for axis in axes[:3]))
    path = ome(tmp_path / "a.ome.tif", values, axes)
    assert any("t 0 of 0 to 1, z 0 of 0 to 3" in remark for remark in open_source(path).remarks)
    place = {"T": 1, "Z": 2, "C": slice(None)}
    expected = values[tuple(place[axis] for axis in axes[:3])]
    np.testing.assert_array_equal(read(path, plane={"t": 1, "z": 2}), expected)


def test_colors_that_are_told_tell_the_order(tmp_path):
    values = noise(3)
    blue_first = [0x0000FFFF, 0x00FF00FF, 0xFF0000FF - 2**32]
    path = ome(tmp_path / "a.ome.tif", values, "CYX", Channel={"Color": blue_first})
    np.testing.assert_array_equal(read(path), values[::-1])


def test_a_page_or_bands_that_are_asked_for_are_given(tmp_path):
    values = noise(3)
    path = ome(tmp_path / "a.ome.tif", values, "CYX")
    np.testing.assert_array_equal(read(path, plane={"page": 1}), values[[1, 1, 1]])
    np.testing.assert_array_equal(read(path, bands=(3, 1, 2)), values[[2, 0, 1]])


@pytest.mark.parametrize(("count", "axes"), [(2, "CYX"), (4, "CYX"), (3, "ZYX"), (3, "TYX")])
def test_other_pages_stay_planes(tmp_path, count, axes):
    values = noise(count)
    path = ome(tmp_path / "a.ome.tif", values, axes)
    assert f"page 0 of 0 to {count - 1}" in open_source(path).remarks[0]
    np.testing.assert_array_equal(read(path), values[[0, 0, 0]])


def test_a_page_that_is_cut_off_is_damage(tmp_path):
    path = ome(tmp_path / "a.ome.tif", noise(3), "CYX")
    with tifffile.TiffFile(path) as file:
        last = max(page.dataoffsets[0] for page in file.pages)
        tags = [page.tags["StripOffsets"] for page in file.pages]
    with path.open("rb+") as file:
        file.seek(next(tag.valueoffset for tag in tags if tag.value[0] == last))
        file.write((2**30).to_bytes(4, "little"))
    with pytest.raises(ImageError, match="not a whole image"):
        read(path)


@pytest.mark.parametrize("wrong", ["<OME", "<OME/>", "<OME><Image><Pixels SizeC='3'/></Image></OME>"])
def test_a_broken_description_tells_nothing(tmp_path, wrong):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for values in noise(3):
            file.write(values, description=wrong, metadata=None)
    assert "page 0 of 0 to 2" in open_source(path).remarks[0]
