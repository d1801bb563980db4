"""How large a pixel is: found in every format that says it, and told by every one that can."""

import json

import numpy as np
import pytest
import rasterio
import tifffile
import zarr
from PIL import Image

from exported import export
from tilegan.images.metadata.origin import Origin
from tilegan.images.metadata.resolution import dpi_of_description, micrometers, pixel_of_dpi
from tilegan.images.opening import open_source

PIXELS = np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)
QUARTER = (101_600.0, 50_800.0)  # pixels per inch: 0.25 and 0.5 micrometers
APERIO = "Aperio Image Library v11.2.1\r\n80x60 [0,0 80x60] (128x128) JPEG/RGB Q=70|AppMag = 40|MPP = 0.2520"
VIPS = (
    '<image xmlns="http://www.vips.ecs.soton.ac.uk//dzsave"><properties>'
    '<property><name>openslide.mpp-x</name><value type="VipsRefString">0.25</value></property>'
    '<property><name>openslide.mpp-y</name><value type="VipsRefString">0.5</value></property></properties></image>'
)


def size_of(path):
    dpi = open_source(path).origin.dpi
    return None if dpi is None else pytest.approx(pixel_of_dpi(dpi), rel=1e-4)


def ome_zarr(path, unit, scale, version="0.5", whole=None):
    """An image of two levels; the scale of the first, and of the whole multiscale."""
    group = zarr.open_group(path, zarr_format=3 if version == "0.5" else 2)
    datasets = []
    for level in range(2):
        values = np.moveaxis(PIXELS, -1, 0)[:, :: 2**level, :: 2**level]
        group.create_array(str(level), data=np.ascontiguousarray(values))
        told = {"type": "scale", "scale": [1.0, *(2**level * length for length in scale)]}
        datasets.append({"path": str(level), "coordinateTransformations": [told]})
    axes = [{"name": "c", "type": "channel"}] + [
        {"name": axis, "type": "space"} | ({"unit": unit} if unit else {}) for axis in "yx"
    ]
    multiscale = {"axes": axes, "datasets": datasets, "version": version}
    if whole:
        multiscale["coordinateTransformations"] = [{"type": "scale", "scale": [1.0, *whole]}]
    told = {"multiscales": [multiscale]}
    group.attrs.update({"ome": told | {"version": version}} if version == "0.5" else told)
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    ("unit", "scale"),
    [("micrometer", (0.5, 0.25)), ("nanometer", (500, 250)), ("millimeter", (5e-4, 2.5e-4)), ("um", (0.5, 0.25))],
)
def test_scale_and_unit_of_ome_zarr(tmp_path, unit, scale, version):
    assert size_of(ome_zarr(tmp_path / "a.zarr", unit, scale, version)) == (0.25, 0.5)


def test_a_scale_of_all_levels_and_one_without_a_unit(tmp_path):
    assert size_of(ome_zarr(tmp_path / "a.zarr", "micrometer", (1, 1), whole=(0.5, 0.25))) == (0.25, 0.5)
    assert size_of(ome_zarr(tmp_path / "b.zarr", None, (1, 1))) is None
    assert size_of(ome_zarr(tmp_path / "c.zarr", "parsec", (1, 1))) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (APERIO, (0.252, 0.252)),
        ("mpp-x = 0.25, mpp-y = 0.5", (0.25, 0.5)),
        (VIPS, (0.25, 0.5)),
        ('<OME><Pixels PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5"/></OME>', (0.25, 0.5)),
        ('<OME><Pixels PhysicalSizeY="0.5" SizeX="3"/></OME>', None),
        ("ImageJ=1.54\nimages=1\nunit=micron\n", (0.25, 0.5)),
        ("ImageJ=1.54\nimages=1\n", None),
        ("a photograph", None),
        ("Aperio |MPP = 0", None),
    ],
)
def test_descriptions(text, size):
    dpi = dpi_of_description(text, "4", "2")
    assert (dpi and pixel_of_dpi(dpi)) == (size and pytest.approx(size))


def test_units():
    assert [micrometers(2, unit) for unit in ("µm", "\\u00B5m", "angstrom", "metre", "px")] == [2, 2, 2e-4, 2e6, None]


def test_tiffs_of_microscopes_and_slides(tmp_path):
    tifffile.imwrite(tmp_path / "a.ome.tif", PIXELS, metadata={"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5})
    tifffile.imwrite(tmp_path / "j.tif", PIXELS, imagej=True, resolution=(4, 2), metadata={"unit": "um"})
    tifffile.imwrite(tmp_path / "s.svs", PIXELS, description=APERIO, metadata=None)
    tifffile.imwrite(tmp_path / "c.tif", PIXELS, resolution=(40_000, 20_000), resolutionunit="CENTIMETER")
    assert [size_of(tmp_path / name) for name in ("a.ome.tif", "j.tif", "c.tif")] == [(0.25, 0.5)] * 3
    assert size_of(tmp_path / "s.svs") == (0.252, 0.252)


@pytest.mark.parametrize("ending", ["tif", "png", "jpg", "webp"])
@pytest.mark.parametrize("dpi", [QUARTER, (300.0, 150.0), (25.4e6, 25.4e6)])
def test_files_tell_it(tmp_path, stored, ending, dpi):
    path = tmp_path / f"out.{ending}"
    export(stored(PIXELS, Origin(dpi=dpi)), path)
    assert size_of(path) == pixel_of_dpi(dpi)
    with Image.open(path) as image:
        exif = image.getexif()
        found = (exif[282], exif[283]) if 282 in exif else image.info["dpi"]
    assert tuple(map(float, found)) == pytest.approx(dpi, rel=1e-4)


def test_a_tiff_tells_it_to_gdal(tmp_path, stored):
    export(stored(PIXELS, Origin(dpi=QUARTER)), tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert [float(dataset.tags()[f"TIFFTAG_{axis}RESOLUTION"]) for axis in "XY"] == list(QUARTER)


def test_every_level_of_a_store_tells_it(stored):
    large = np.zeros((600, 700, 3), np.uint8)
    store = stored(large, Origin(dpi=QUARTER))
    (told,) = json.loads((store.path / "zarr.json").read_text())["attributes"]["ome"]["multiscales"]
    assert [axis.get("unit") for axis in told["axes"]] == [None, "micrometer", "micrometer"]
    found = [level["coordinateTransformations"] for level in told["datasets"]]
    assert [transforms[0]["scale"] for transforms in found] == [[1, 0.5, 0.25], [1, 1, 0.5], [1, 2, 1]]
    assert [transforms[1]["translation"] for transforms in found[1:]] == [[0, 0.25, 0.125], [0, 0.75, 0.375]]
    assert size_of(store.path) == (0.25, 0.5)
