"""BMP with bit fields: any masks, with opacity and without; nothing of that kind is left to GDAL."""

import struct
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from tilegan.errors import ImageError
from tilegan.geometry import Window
from tilegan.images.metadata.origin import Reading
from tilegan.images.opening import open_source
from tilegan.images.readers.pillow import PillowSource
from tilegan.images.readers.raster import RasterSource

HEIGHT, WIDTH = 13, 21
PIXELS = np.random.default_rng(6).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)


def bmp(path, masks, bits=32, length=56, compression=3, pixels=PIXELS, downwards=False):
    """Write a BMP of these masks of red, green, blue and perhaps opacity; the pixels that its bits can hold."""
    numbers, held = np.zeros((HEIGHT, WIDTH), np.uint64), []
    for band, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        values = np.round(pixels[..., band] * (most / 255)).astype(np.uint64)
        numbers |= values << np.uint64(shift)
        held.append(np.round(values * (255 / most)).astype(np.uint8))
    stride = -(-WIDTH * bits // 32) * 32 // bits
    rows = np.zeros((HEIGHT, stride), f"<u{bits // 8}")
    rows[:, :WIDTH] = numbers
    fields = struct.pack(f"<{len(masks)}I", *masks)
    rest = bytes(max(0, length - 40 - len(fields)))
    height = -HEIGHT if downwards else HEIGHT
    header = (
        struct.pack("<IiiHHIIiiII", length, WIDTH, height, 1, bits, compression, 0, 11811, 11811, 0, 0) + fields + rest
    )
    body = (rows if downwards else rows[::-1]).tobytes()
    path.write_bytes(
        struct.pack("<2sIHHI", b"BM", 14 + len(header) + len(body), 0, 0, 14 + len(header)) + header + body
    )
    return np.dstack(held)


@pytest.mark.parametrize(
    ("masks", "bits", "length", "compression"),
    [
        ((0xFF000000, 0xFF00, 0xFF, 0xFF0000), 32, 56, 3),
        ((0xFF000000, 0xFF0000, 0xFF00, 0xFF), 32, 124, 3),
        ((0x3FF, 0xFFC00, 0x3FF00000, 0xC0000000), 32, 108, 3),
        ((0xFF, 0xFF00, 0xFF0000, 0xFF000000), 32, 40, 6),
        ((0xF00, 0xF0, 0xF, 0xF000), 16, 56, 3),
        ((0x7C00, 0x3E0, 0x1F, 0x8000), 16, 108, 3),
        ((0xFF00, 0xFF0000, 0xFF000000), 32, 52, 3),
        ((0x3FF00000, 0xFFC00, 0x3FF), 32, 40, 3),
        ((0xF800, 0x7E0, 0x1F), 16, 40, 3),
        ((0xC0, 0x38, 0x7), 16, 40, 3),
    ],
)
@pytest.mark.parametrize("downwards", [False, True])
def test_masks(tmp_path, masks, bits, length, compression, downwards):
    held = bmp(tmp_path / "a.bmp", masks, bits, length, compression, downwards=downwards)
    source = open_source(tmp_path / "a.bmp")
    full = Window(0, 0, HEIGHT, WIDTH)
    np.testing.assert_array_equal(source.read(full), held[..., :3])
    if len(masks) == 4:
        np.testing.assert_array_equal(source.read_mask(full), held[..., 3])
    else:
        assert source.read_mask(full) is None
    assert source.origin.dpi == pytest.approx((300, 300), rel=1e-4)


def test_opacity_that_is_empty_is_none(tmp_path):
    clear = PIXELS.copy()
    clear[..., 3] = 0
    bmp(tmp_path / "a.bmp", (0xFF0000, 0xFF00, 0xFF, 0xFF000000), pixels=clear)
    assert open_source(tmp_path / "a.bmp").origin.opacity is None


def test_one_that_is_cut_off_is_refused_unless_allowed(tmp_path):
    bmp(tmp_path / "a.bmp", (0xFF0000, 0xFF00, 0xFF))
    (tmp_path / "a.bmp").write_bytes((tmp_path / "a.bmp").read_bytes()[:-200])
    with pytest.raises(ImageError, match=r"a\.bmp: it ends after \d+ of \d+ bytes of pixels"):
        open_source(tmp_path / "a.bmp")
    source = open_source(tmp_path / "a.bmp", Reading(allow_truncated=True))
    assert source.read(Window(0, 0, 1, WIDTH))[0, -1].tolist() == [128, 128, 128]


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
def test_plain_ones_are_read_in_parts(tmp_path, mode):
    Image.fromarray(PIXELS[..., :3]).convert(mode).save(tmp_path / "a.bmp")
    source = open_source(tmp_path / "a.bmp")
    assert isinstance(source, RasterSource)
    expected = PillowSource(tmp_path / "a.bmp").read(Window(0, 0, HEIGHT, WIDTH))
    np.testing.assert_array_equal(source.read(Window(0, 0, HEIGHT, WIDTH)), expected)


def test_a_palette_that_was_not_counted_is_no_pixels(tmp_path):
    indexes = (np.arange(8 * 12).reshape(8, 12) * 2).astype(np.uint8)
    image = Image.fromarray(indexes, "P")
    image.putpalette([value for level in range(256) for value in (level, 255 - level, level // 2)])
    image.save(tmp_path / "right.bmp")
    content = bytearray((tmp_path / "right.bmp").read_bytes())
    content[10:14] = (14 + 40).to_bytes(4, "little")
    (tmp_path / "wrong.bmp").write_bytes(content)
    whole = Window(0, 0, 8, 12)
    expected = np.stack([indexes, 255 - indexes, indexes // 2], 2)
    for name in ("right.bmp", "wrong.bmp"):
        with closing(open_source(tmp_path / name)) as source:
            np.testing.assert_array_equal(source.read(whole), expected)
