"""What real files broke once: each situation tried on the command, a line each.

    python benchmarks/field.py [NAME...]

A situation is a function that makes its input in a temporary folder, runs the command on it, in this process and with a
model that changes nothing, and tells what came out and whether that is right. Names choose some of them; the exit code
is 1 if any is not right.
"""

import struct
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
import tifffile
import torch
import zarr
from click.testing import CliRunner, Result
from PIL import Image
from torch import nn

from tilegan.cli.main import main as command
from tilegan.networks.build import register_generator
from tilegan.translator import Translator

Situation = Callable[[Path], tuple[str, bool]]
DRAW = np.random.default_rng(0)
SITUATIONS: list[Situation] = []


class Same(nn.Module):
    """A generator that gives its input."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3, padding=1)
        nn.init.dirac_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The images."""
        result: torch.Tensor = self.layer(images)
        return result


@cache
def model() -> str:
    """The file of a model that changes nothing."""
    register_generator("same", Same)
    path = Path(tempfile.mkdtemp()) / "same.safetensors"
    Translator.of(Same(), {"name": "same"}, tile_size=16, name="same").save(path)
    return str(path)


def run(*arguments: object) -> Result:
    """The command with these arguments."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def stylize(source: Path, output: Path, *options: object) -> Result:
    """`tilegan stylize` of an image, with its pixels as they are."""
    return run("stylize", source, "-o", output, "--model", model(), "--precision", "float32", *options)


def said(result: Result) -> str:
    """How a command ended: the notes of a success, or the error."""
    lines = [line for line in result.output.splitlines() if line.startswith(("Note", "Error"))]
    return f"exit {result.exit_code}" + "".join(f"; {line}" for line in lines)


def situation(function: Situation) -> Situation:
    """List a situation."""
    SITUATIONS.append(function)
    return function


@situation
def slide_by_openslide(folder: Path) -> tuple[str, bool]:
    """A slide that only OpenSlide reads ends without an error."""
    pixels = DRAW.integers(0, 256, (480, 480, 3), np.uint8)
    about = "Aperio Image Library v11.2.1 \r\n480x480 [0,0 480x480] (240x240) J2K|AppMag = 20|MPP = 0.4990"
    options = {"tile": (240, 240), "compression": "deflate", "photometric": "rgb", "metadata": None}
    tifffile.imwrite(folder / "a.ndpi", pixels, description=about, **options)
    result = stylize(folder / "a.ndpi", folder / "out.tif", "--progress", "json")
    return said(result), result.exit_code == 0 and '"event": "finished"' in result.output


@situation
def png_of_16_bits(folder: Path) -> tuple[str, bool]:
    """A dark PNG of 16 bits stays dark."""
    values = DRAW.integers(8_000, 29_000, (3, 120, 150)).astype(np.uint16)
    with rasterio.open(folder / "a.png", "w", "PNG", height=120, width=150, count=3, dtype="uint16") as dataset:
        dataset.write(values)
    result = stylize(folder / "a.png", folder / "out.png")
    mean = np.asarray(Image.open(folder / "out.png")).mean()
    return f"{said(result)}; mean {values.mean() / 257:.1f} becomes {mean:.1f}", abs(mean - values.mean() / 257) < 1


@situation
def camera_raw(folder: Path) -> tuple[str, bool]:
    """A raw is not painted from its thumbnail."""
    with tifffile.TiffWriter(folder / "a.nef") as file:
        file.write(DRAW.integers(0, 256, (48, 64, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        pattern = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes([0, 1, 1, 2]), True)]
        file.write(DRAW.integers(0, 4096, (240, 300), np.uint16), photometric="cfa", extratags=pattern)
    result = stylize(folder / "a.nef", folder / "out.png")
    return said(result), result.exit_code == 1 and "develop it first" in result.output


@situation
def thumbnail_first(folder: Path) -> tuple[str, bool]:
    """A TIFF that begins with a smaller copy gives its main image."""
    pixels = DRAW.integers(0, 256, (120, 150, 3), np.uint8)
    with tifffile.TiffWriter(folder / "a.tif") as file:
        file.write(pixels[::4, ::4].copy(), photometric="rgb", subfiletype=1)
        file.write(pixels, photometric="rgb")
    result = stylize(folder / "a.tif", folder / "out.png")
    return said(result), bool(np.array_equal(np.asarray(Image.open(folder / "out.png")), pixels))


@situation
def pixel_size(folder: Path) -> tuple[str, bool]:
    """A pixel of 0.25 um stays one in every format, from OME-Zarr and from a slide that GDAL reads."""
    pixels = DRAW.integers(0, 256, (120, 150, 3), np.uint8)
    group = zarr.open_group(folder / "a.zarr")
    group.create_array("0", data=np.moveaxis(pixels, -1, 0).copy())
    axes = [{"name": "c"}, *({"name": axis, "type": "space", "unit": "micrometer"} for axis in "yx")]
    scale = [{"type": "scale", "scale": [1.0, 0.25, 0.25]}]
    multiscale = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    tifffile.imwrite(folder / "b.svs", pixels, description="Aperio Image Library v11|MPP = 0.25", metadata=None)
    found = {}
    for source in ("a.zarr", "b.svs"):
        for ending in ("zarr", "tif", "png", "jpg", "webp"):
            output = folder / f"{source}.{ending}"
            stylize(folder / source, output)
            told = [line for line in run("info", output).output.splitlines() if line.startswith("pixel size")]
            found[f"{source} to {ending}"] = told[0].split("  ")[-1].strip() if told else "lost"
    right = set(found.values()) == {"0.25 x 0.25 um"}
    return ", ".join(sorted(set(found.values()))), right


@situation
def bmp_with_bit_fields(folder: Path) -> tuple[str, bool]:
    """Masks of any order, and opacity, of a BMP."""
    pixels = DRAW.integers(0, 256, (64, 127, 4), np.uint8)
    header = struct.pack("<IiiHHIIiiII4I", 56, 127, -64, 1, 32, 3, 0, 0, 0, 0, 0, 255 << 24, 255 << 8, 255, 255 << 16)
    body = np.ascontiguousarray(pixels[..., [2, 1, 3, 0]]).tobytes()
    start = struct.pack("<2sIHHI", b"BM", 70 + len(body), 0, 0, 70)
    (folder / "a.bmp").write_bytes(start + header + body)
    result = stylize(folder / "a.bmp", folder / "out.png")
    found = np.asarray(Image.open(folder / "out.png"))
    seen = pixels[..., 3] > 0
    return said(result), found.shape == pixels.shape and bool(np.array_equal(found[seen], pixels[seen]))


@situation
def channels_of_a_microscope(folder: Path) -> tuple[str, bool]:
    """Channels of OME-Zarr in the colours that it tells: blue, green, red; and two of them, none dropped."""
    planes = DRAW.integers(0, 256, (3, 120, 150), np.uint8)
    right = True
    for name, colors in (("three", ["0000FF", "00FF00", "FF0000"]), ("two", ["00FF00", "FF00FF"])):
        group = zarr.open_group(folder / f"{name}.zarr", zarr_format=2)
        group.create_array("0", data=planes[: len(colors)])
        group.attrs["multiscales"] = [{"axes": [{"name": axis} for axis in "cyx"], "datasets": [{"path": "0"}]}]
        window = {"start": 0, "end": 255, "min": 0, "max": 255}
        group.attrs["omero"] = {"channels": [{"color": color, "active": True, "window": window} for color in colors]}
        result = stylize(folder / f"{name}.zarr", folder / f"{name}.png")
        expected = planes[[2, 1, 0]] if name == "three" else planes[[1, 0, 1]]
        found = np.moveaxis(np.asarray(Image.open(folder / f"{name}.png")), -1, 0)
        right &= result.exit_code == 0 and bool(np.array_equal(found, expected))
    return said(result), right


@situation
def sparse_signal(folder: Path) -> tuple[str, bool]:
    """A few bright pixels of 16 bits on nothing keep their levels."""
    values = np.zeros((1, 240, 300), np.uint16)
    places = DRAW.choice(values.size, 200, replace=False)
    values.reshape(-1)[places] = DRAW.integers(200, 4000, 200)
    with rasterio.open(folder / "a.tif", "w", "GTiff", height=240, width=300, count=1, dtype="uint16") as dataset:
        dataset.write(values)
    result = stylize(folder / "a.tif", folder / "out.png")
    count = len(np.unique(np.asarray(Image.open(folder / "out.png"))))
    return f"{said(result)}; {count} values", count >= 16


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


def main() -> None:
    """Try all situations, or those that are named."""
    wrong = 0
    chosen = [function for function in SITUATIONS if not sys.argv[1:] or function.__name__ in sys.argv[1:]]
    for function in chosen:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                told, right = function(Path(folder))
            except Exception:
                told, right = traceback.format_exc().strip().splitlines()[-1], False
            told = told.replace(f"{folder}/", "")
        print(f"{'ok ' if right else 'NOT'}  {function.__name__}: {told}", flush=True)
        wrong += not right
    print(f"{len(chosen) - wrong} of {len(chosen)} are right")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
