"""Small files of all modes, built by hand or by another library, against the values that their formats define."""

import struct
import zlib
from contextlib import closing

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
HEIGHT, WIDTH = 11, 13
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
GRAY = ((COLUMNS * 19 + ROWS * 7) % 256).astype(np.uint8)
RGB = np.stack([COLUMNS * 19, ROWS * 23, (COLUMNS + ROWS) * 10], axis=-1).astype(np.uint8)
DEEP = RGB.astype(np.uint16) * 257 + COLUMNS[..., None].astype(np.uint16) * 3
ALPHA = np.where(COLUMNS < 4, 0, np.where(COLUMNS < 8, 128, 255)).astype(np.uint8)
PALETTE = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def read(path, **reading):
    """Pixels (h, w, 3) and opacity."""
    with closing(open_source(path, Reading(**reading))) as source:
        whole = Window(0, 0, source.height, source.width)
        return source.read(whole), source.read_mask(whole)


def eight(deep):
    """16 bits as 8, rounded to the nearest."""
    return np.floor(deep / 257 + 0.5).astype(np.uint8)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(path, values, bits, color_type, chunks=b"", interlaced=False):
    """Write (h, w) or (h, w, bands) of so many bits, unfiltered."""
    values = np.atleast_3d(values)
    lines = []
    for top, left, down, across in PASSES if interlaced else ((0, 0, 1, 1),):
        for row in values[top::down, left::across]:
            if row.size == 0:
                continue
            plain = row.reshape(-1).astype(">u2" if bits == 16 else "u1")
            if bits < 8:
                plain = np.packbits(np.unpackbits(plain[:, None], axis=1)[:, 8 - bits :].reshape(-1))
            lines.append(b"\0" + plain.tobytes())
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, color_type, 0, 0, int(interlaced))
    body = chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_of_few_bits(tmp_path, bits, interlaced):
    indices = (COLUMNS + 2 * ROWS) % 2**bits
    path, key = tmp_path / "a.png", chunk(b"tRNS", struct.pack(">H", 1))
    for color_type, palette, transparency, opacity in (
        (0, b"", b"", None),
        (0, b"", key, np.where(indices == 1, 0, 255)),
        (3, chunk(b"PLTE", PALETTE[: 2**bits].tobytes()), b"", None),
        (3, chunk(b"PLTE", PALETTE[: 2**bits].tobytes()), chunk(b"tRNS", b"\0\x4d"), None),
    ):
        png(path, indices, bits, color_type, palette + transparency, interlaced)
        pixels, mask = read(path)
        expected = PALETTE[indices] if palette else np.repeat((indices * (255 // (2**bits - 1)))[..., None], 3, -1)
        np.testing.assert_array_equal(pixels, expected)
        if palette and transparency:
            opacity = np.where(indices == 0, 0, np.where(indices == 1, 0x4D, 255))
        assert mask is None if opacity is None else (mask == opacity).all()


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("color_type", "bands"), [(0, 1), (4, 2), (2, 3), (6, 4)])
def test_png_of_16_bits(tmp_path, color_type, bands, interlaced):
    colors = DEEP[..., : 1 if bands < 3 else 3]
    values = np.dstack([colors, ALPHA.astype(np.uint16) * 257]) if bands in (2, 4) else colors
    key = chunk(b"tRNS", colors[3, 5].astype(">u2").tobytes()) if bands in (1, 3) else b""
    png(tmp_path / "a.png", values, 16, color_type, key, interlaced)
    pixels, mask = read(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels, np.broadcast_to(eight(colors), pixels.shape))
    np.testing.assert_array_equal(mask, ALPHA if not key else np.where((colors == colors[3, 5]).all(-1), 0, 255))
    deep, _ = read(tmp_path / "a.png", depth="keep")
    np.testing.assert_array_equal(deep, np.broadcast_to(colors, deep.shape))


@pytest.mark.parametrize("white", [31, 100, 255, 1000, 65535])
@pytest.mark.parametrize("magic", ["P5", "P6"])
@pytest.mark.parametrize(
    "comment", ["", "# a comment of some program, that is longer than a header would be without it\n"]
)
def test_white_of_a_portable_pixmap_is_what_it_says(tmp_path, white, magic, comment):
    values = (DEEP if magic == "P6" else DEEP[..., :1]).astype(int) % (white + 1)
    header = f"{magic}\n{comment}{WIDTH} {HEIGHT}\n{white}\n".encode()
    path = tmp_path / "a.pnm"
    path.write_bytes(header + values.astype(">u2" if white > 255 else "u1").tobytes())
    for reading in ({}, {"stretch": "dtype"}):
        pixels, _ = read(path, **reading)
        assert np.abs(pixels - values / white * 255).max() <= 0.500001
    if white > 255:
        deep, _ = read(path, depth="keep")
        assert np.abs(deep - values / white * 65535).max() <= 0.500001


def test_jpeg_2000_of_luma_and_chroma(tmp_path):
    smooth = np.asarray(Image.fromarray(RGB).resize((64, 64), Image.Resampling.BICUBIC))
    Image.fromarray(smooth).convert("YCbCr").save(tmp_path / "a.jp2", irreversible=False)
    assert np.abs(read(tmp_path / "a.jp2")[0].astype(int) - smooth).max() <= 4
    Image.fromarray(smooth).save(tmp_path / "b.jp2", irreversible=False)
    np.testing.assert_array_equal(read(tmp_path / "b.jp2")[0], smooth)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16"])
@pytest.mark.parametrize("writer", ["tifffile", "gdal"])
def test_tiff_whose_lowest_value_is_white(tmp_path, dtype, writer):
    values = {"bool": GRAY > 127, "uint8": GRAY, "uint16": DEEP[..., 0]}[dtype]
    path = tmp_path / "a.tif"
    if writer == "tifffile":
        tifffile.imwrite(path, values, photometric="miniswhite")
    else:
        more = {"nbits": 1} if dtype == "bool" else {}
        values = values.astype(np.uint8) if dtype == "bool" else values
        size = {"height": HEIGHT, "width": WIDTH, "count": 1, "dtype": values.dtype}
        with rasterio.open(path, "w", "GTiff", photometric="MINISWHITE", **size, **more) as dataset:
            dataset.write(values, 1)
    highest = 1 if dtype == "bool" else np.iinfo(dtype).max
    pixels, _ = read(path, stretch="dtype")
    expected = (highest - values.astype(int)) / highest * 255
    assert np.abs(pixels - expected[..., None]).max() <= 0.500001
    if dtype == "uint16":
        deep, _ = read(path, stretch="dtype", depth="keep")
        np.testing.assert_array_equal(deep[..., 0], highest - values)
        with closing(open_source(path, Reading(stretch="dtype"))) as source:
            assert np.abs(source.thumbnail(WIDTH) - expected[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        *((ending, mode) for ending in ("tga", "sgi", "webp", "tif") for mode in ("RGB", "RGBA")),
        *((ending, "L") for ending in ("tga", "sgi", "pcx", "tif")),
        *((ending, "P") for ending in ("gif", "pcx", "tga", "tif")),
        *((ending, "1") for ending in ("pcx", "tga", "tif", "pbm")),
        ("pcx", "RGB"),
        ("jp2", "RGBA"),
        ("jp2", "LA"),
    ],
)
def test_other_formats_without_loss(tmp_path, ending, mode):
    gray = np.where(GRAY > 127, 255, 0).astype(np.uint8) if mode == "1" else GRAY
    if mode == "P":
        image = Image.fromarray(GRAY % 16, "P")
        image.putpalette(PALETTE[:16].tobytes())
        expected = PALETTE[GRAY % 16]
    else:
        expected = RGB if "RGB" in mode else np.repeat(gray[..., None], 3, axis=2)
        image = Image.fromarray(expected if "RGB" in mode else gray)
        image = image.convert(mode) if mode == "1" else image
        if mode[-1] == "A":
            image.putalpha(Image.fromarray(ALPHA))
    path = tmp_path / f"a.{ending}"
    image.save(path, **({"lossless": True, "exact": True} if ending == "webp" else {}))
    pixels, mask = read(path)
    np.testing.assert_array_equal(pixels, expected)
    assert (mask == ALPHA).all() if mode[-1] == "A" else mask is None
