"""Situations of ``field.py``: what is kept."""

from pathlib import Path

import numpy as np
import rasterio
import tifffile
import zarr
from field_common import DRAW, noise, run, said, situation, stylize
from PIL import ExifTags, Image


def zarr_of(path: Path, attributes: dict[str, object], scale: float = 1.0) -> None:
    """An OME-Zarr whose pixels have so many micrometers a side."""
    group = zarr.open_group(path)
    group.create_array("0", data=np.moveaxis(noise(), -1, 0).copy(), dimension_names=["c", "y", "x"])
    axes = [{"name": "c"}, *({"name": axis, "type": "space", "unit": "micrometer"} for axis in "yx")]
    scales = [{"type": "scale", "scale": [1.0, scale, scale]}]
    multiscale = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scales}]}
    group.attrs.update({"ome": {"version": "0.5", "multiscales": [multiscale]}} | attributes)


@situation
def pixel_size(folder: Path) -> tuple[str, bool]:
    """A pixel of 0.25 um stays one, from OME-Zarr, a slide, OME-TIFF, TIFF and PNG to every format."""
    zarr_of(folder / "a.zarr", {}, 0.25)
    tifffile.imwrite(folder / "b.svs", noise(), description="Aperio Image Library v11|MPP = 0.25", metadata=None)
    micrometers = {"axes": "YXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}
    tifffile.imwrite(folder / "c.ome.tif", noise(), photometric="rgb", metadata=micrometers)
    tifffile.imwrite(folder / "d.tif", noise(), photometric="rgb", resolution=(40_000, 40_000), resolutionunit=3)
    Image.fromarray(noise()).save(folder / "e.png", dpi=(101_600, 101_600))
    found = {}
    for source in ("a.zarr", "b.svs", "c.ome.tif", "d.tif", "e.png"):
        for ending in ("zarr", "tif", "png", "jpg", "webp"):
            output = folder / f"{source}.{ending}"
            stylize(folder / source, output)
            told = [line for line in run("info", output).output.splitlines() if line.startswith("pixel size")]
            found[f"{source} to {ending}"] = told[0].split("  ")[-1].strip() if told else "lost"
    wrong = [f"{name}: {size}" for name, size in found.items() if size != "0.25 x 0.25 um"]
    return "; ".join(wrong) or f"{len(found)} of {len(found)}", not wrong


def placed(path: Path, driver: str, crs: object) -> None:
    """An image with a place, which GDAL keeps beside it where its format cannot hold it."""
    lies = {"crs": crs, "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    with rasterio.open(path, "w", driver, height=120, width=150, count=3, dtype="uint8", **lies) as dataset:
        dataset.write(DRAW.integers(0, 256, (3, 120, 150), np.uint8))


@situation
def place_beside_the_file(folder: Path) -> tuple[str, bool]:
    """A rotated pole, which GeoTIFF cannot hold, and PNG and WebP with a place keep it."""
    pole = "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6371229"
    placed(folder / "pole.tif", "GTiff", rasterio.CRS.from_string(pole))
    placed(folder / "a.png", "PNG", "EPSG:32631")
    placed(folder / "a.webp", "WEBP", "EPSG:32631")
    lost, result = [], None
    for name in ("pole.tif", "a.png", "a.webp"):
        for ending in ("tif", "png", "webp", "jpg"):
            output = folder / f"{name}.{ending}"
            result = stylize(folder / name, output)
            with rasterio.open(folder / name) as before, rasterio.open(output) as after:
                if (before.crs, before.transform) != (after.crs, after.transform):
                    lost.append(output.name)
    return said(result) + f"; lost: {lost or 'none'}", not lost


@situation
def stale_sidecars(folder: Path) -> tuple[str, bool]:
    """What others left beside an old result goes with it."""
    output = folder / "out.tif"
    placed(folder / "in.tif", "GTiff", "EPSG:32631")
    placed(output, "GTiff", None)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(output, "r+") as dataset:
        dataset.build_overviews([2, 4])
    (folder / "out.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:3857</SRS></PAMDataset>")
    result = stylize(folder / "in.tif", output, "--overwrite")
    with rasterio.open(output) as dataset:
        found = str(dataset.crs)
    beside = [file.name for file in folder.glob("out.tif.*")]
    return f"{said(result)}; {found}, beside it {beside or 'nothing'}", found == "EPSG:32631" and not beside


@situation
def bands_that_measure(folder: Path) -> tuple[str, bool]:
    """Scale, offset, unit and name of a band are kept with its values."""
    lies = {"crs": "EPSG:32631", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    with rasterio.open(
        folder / "a.tif", "w", "GTiff", height=120, width=150, count=1, dtype="uint16", **lies
    ) as dataset:
        dataset.write(DRAW.integers(0, 9000, (1, 120, 150), np.uint16))
        dataset.scales, dataset.offsets, dataset.units = [1e-4], [-0.1], ["reflectance"]
        dataset.set_band_description(1, "B04")
        dataset.update_tags(ns="SENSOR", GAIN="3")
        dataset.update_tags(OVR_RESAMPLING_ALG="NEAREST")
    result = stylize(folder / "a.tif", folder / "out.tif", "--depth", "keep")
    with rasterio.open(folder / "out.tif") as dataset:
        found = (dataset.scales[0], dataset.offsets[0], dataset.units[0], dataset.descriptions[0])
        stale = "OVR_RESAMPLING_ALG" in dataset.tags()
    right = found == (1e-4, -0.1, "reflectance", "B04") and not stale and "SENSOR are left out" in result.output
    return f"{said(result)}; {found}", right


@situation
def opaque_to_jpeg(folder: Path) -> tuple[str, bool]:
    """A picture with an opacity that is full everywhere becomes a JPEG; one that is not, is refused."""
    pixels = noise(channels=4)
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(folder / "a.png")
    pixels[7, 9, 3] = 0
    Image.fromarray(pixels).save(folder / "b.png")
    opaque, clear = (stylize(folder / f"{name}.png", folder / f"{name}.jpg") for name in "ab")
    return f"{said(opaque)}; then {said(clear)}", (opaque.exit_code, clear.exit_code) == (0, 1)


@situation
def exif_of_a_photograph(folder: Path) -> tuple[str, bool]:
    """Who took a photograph, when and with what, is told of the result."""
    tags = Image.Exif()
    tags[ExifTags.Base.Make], tags[ExifTags.Base.DateTime] = "Maker", "2020:01:02 03:04:05"
    Image.fromarray(noise()).save(folder / "a.jpg", exif=tags)
    lost = []
    for ending in ("jpg", "png", "tif", "webp"):
        stylize(folder / "a.jpg", folder / f"out.{ending}")
        with Image.open(folder / f"out.{ending}") as image:
            found = dict(image.getexif())
        if not dict(tags).items() <= found.items():
            lost.append(ending)
    return f"lost: {lost or 'none'}", not lost


@situation
def place_by_geozarr(folder: Path) -> tuple[str, bool]:
    """The place that a Zarr tells by `proj:` and `spatial:` is that of the result."""
    transform = [10.0, 0.0, 5e5, 0.0, -10.0, 5e6]
    attributes = {"proj:code": "EPSG:32631", "spatial:transform": transform, "spatial:dimensions": ["y", "x"]}
    zarr_of(folder / "a.zarr", attributes)
    result = stylize(folder / "a.zarr", folder / "out.tif")
    with rasterio.open(folder / "out.tif") as dataset:
        found = str(dataset.crs), list(dataset.transform[:6])
    return f"{said(result)}; {found}", found == ("EPSG:32631", transform)
