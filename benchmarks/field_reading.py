"""Situations of ``field.py``: what is read."""

import http.server
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import rasterio
import tifffile
import zarr
from field_common import DRAW, noise, pixels_of, run, said, situation, stylize
from PIL import Image


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
    """A dark PNG of 16 bits stays dark, with an sRGB chunk and without."""
    values = DRAW.integers(8_000, 29_000, (3, 120, 150)).astype(np.uint16)
    with rasterio.open(folder / "a.png", "w", "PNG", height=120, width=150, count=3, dtype="uint16") as dataset:
        dataset.write(values)
    content, chunk = (folder / "a.png").read_bytes(), b"sRGB\0"
    chunk = struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (folder / "b.png").write_bytes(content[:33] + chunk + content[33:])
    means = []
    for name in ("a", "b"):
        stylize(folder / f"{name}.png", folder / f"{name}.out.png")
        means.append(pixels_of(folder / f"{name}.out.png").mean())
    right = all(abs(mean - values.mean() / 257) < 1 for mean in means)
    return f"mean {values.mean() / 257:.1f} becomes {means[0]:.1f} and {means[1]:.1f}", right


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
    return said(result), bool(np.array_equal(pixels_of(folder / "out.png"), pixels))


@situation
def bmp_with_bit_fields(folder: Path) -> tuple[str, bool]:
    """Masks of any order, and opacity, of a BMP."""
    pixels = DRAW.integers(0, 256, (64, 127, 4), np.uint8)
    header = struct.pack("<IiiHHIIiiII4I", 56, 127, -64, 1, 32, 3, 0, 0, 0, 0, 0, 255 << 24, 255 << 8, 255, 255 << 16)
    body = np.ascontiguousarray(pixels[..., [2, 1, 3, 0]]).tobytes()
    start = struct.pack("<2sIHHI", b"BM", 70 + len(body), 0, 0, 70)
    (folder / "a.bmp").write_bytes(start + header + body)
    result = stylize(folder / "a.bmp", folder / "out.png")
    found = pixels_of(folder / "out.png")
    seen = pixels[..., 3] > 0
    return said(result), found.shape == pixels.shape and bool(np.array_equal(found[seen], pixels[seen]))


@situation
def channels_of_a_microscope(folder: Path) -> tuple[str, bool]:
    """Channels of OME-Zarr in the colors that it tells: blue, green, red; and two of them, none dropped."""
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
    count = len(np.unique(pixels_of(folder / "out.png")))
    return f"{said(result)}; {count} values", count >= 16


@situation
def remarks_are_told(folder: Path) -> tuple[str, bool]:
    """What `info` remarks on an image, `stylize` notes."""
    with tifffile.TiffWriter(folder / "a.tif") as file:
        for _ in range(3):
            file.write(noise(), photometric="rgb")
    told = [
        line.split("  ", 1)[1].strip() for line in run("info", folder / "a.tif").output.splitlines() if "remark" in line
    ]
    result = stylize(folder / "a.tif", folder / "out.png")
    return f"{told}; {said(result)}", bool(told) and all(line in result.output for line in told)


class Refusing(http.server.BaseHTTPRequestHandler):
    """A server that answers /403/name with 403."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - so http.server calls it

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def without_codec(folder: Path) -> str:
    """A TIFF of a compression that nobody has."""
    tifffile.imwrite(folder / "codec.tif", noise(), compression="deflate", photometric="rgb", metadata=None)
    content = bytearray((folder / "codec.tif").read_bytes())
    place = content.index(struct.pack("<HHI", 259, 3, 1)) + 8
    content[place : place + 2] = struct.pack("<H", 50002)
    (folder / "codec.tif").write_bytes(content)
    return str(folder / "codec.tif")


def zipped(folder: Path) -> str:
    """A Zarr in an archive."""
    with zarr.storage.ZipStore(folder / "a.zarr.zip", mode="w") as store:
        zarr.create_array(store, shape=(8, 9), dtype="uint8", chunks=(8, 9))[:] = 1
    return str(folder / "a.zarr.zip")


def of_two_types(folder: Path) -> str:
    """A virtual raster whose three bands are of as many types."""
    bands = []
    for number, (dtype, kind) in enumerate((("uint8", "Byte"), ("uint16", "UInt16"), ("int16", "Int16")), 1):
        name = folder / f"{dtype}.tif"
        with rasterio.open(name, "w", "GTiff", height=8, width=9, count=1, dtype=dtype) as dataset:
            dataset.write(np.ones((1, 8, 9), dtype))
        source = f"<SimpleSource><SourceFilename>{name}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        bands.append(f'<VRTRasterBand dataType="{kind}" band="{number}">{source}</VRTRasterBand>')
    (folder / "a.vrt").write_text(f'<VRTDataset rasterXSize="9" rasterYSize="8">{"".join(bands)}</VRTDataset>')
    return str(folder / "a.vrt")


def cut_off(folder: Path) -> str:
    """A JPEG without its end."""
    Image.fromarray(noise(300, 400)).save(folder / "whole.jpg")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:-5000])
    return str(folder / "cut.jpg")


@situation
def messages_with_a_cure(folder: Path) -> tuple[str, bool]:
    """What cannot be read is refused in a line that says what helps."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        web = f"http://127.0.0.1:{server.server_port}"
        cures = {
            without_codec(folder): "convert it",
            zipped(folder): "unpack it",
            of_two_types(folder): "--bands",
            cut_off(folder): "--allow-truncated",
            f"{web}/403/a.tif": "may not be read",
            f"{web}/404/a.tif": "check the name",
        }
        results = {name: stylize(name, folder / "out.png") for name in cures}
        server.shutdown()
    wrong = [
        f"{name}: {said(result)}"
        for name, result in results.items()
        if result.exit_code != 1 or cures[name] not in result.output
    ]
    return "; ".join(wrong) or f"{len(cures)} of {len(cures)}", not wrong
