"""Write the table of preserved metadata in docs/formats.md, from each input format to each output format.

python docs/carried_table.py

A small image of each kind is made with all that the kind can hold, put through a translator that changes nothing into
a .zarr with `--depth keep --stretch dtype --profile keep`, and converted to all other kinds (`tilegan convert`). What a
file holds is found by Pillow, rasterio, tifffile and zarr: it is not what the program says of itself.
"""

import struct
import tempfile
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import tifffile
import zarr
from PIL import Image, ImageCms
from torch import nn

from tilegan.images.encoding import ExportOptions
from tilegan.images.metadata.origin import Reading
from tilegan.pipelines import convert, stylize
from tilegan.translator import Translator

PAGE = Path(__file__).with_name("formats.md")
BEGIN, END = "<!-- table: made by docs/carried_table.py -->", "<!-- end of what is carried -->"
HEIGHT, WIDTH, DPI = 40, 60, 254
KINDS = ("zarr", "tif", "png", "jpg", "webp", "dzi")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
IPTC = b"\x1c\x02\x19\x00\x03dog"
TRANSFORM = rasterio.Affine(10, 0, 500_000, 0, -10, 5_100_000)


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text()
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    PAGE.write_text(before + "\n".join([BEGIN, "", *table(), "", ""]) + after)


def table() -> list[str]:
    """Its lines."""
    lines = ["| from | holds | " + " | ".join(f".{kind}" for kind in KINDS) + " |", "|---" * (len(KINDS) + 2) + "|"]
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, (title, ending, make) in enumerate(SOURCES):
            folder = Path(name) / str(number)
            folder.mkdir()
            source = folder / f"in.{ending}"
            make(source)
            cells = [" ".join(held(source)), *results(source, folder)]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def results(source: Path, folder: Path) -> list[str]:
    """What of a source its results hold, kind by kind; with a star where that is in a file beside the result."""
    brought, cells = held(source), []
    if {"M", "N"} & set(brought):
        brought += "A"  # where a format has no other place for it
    for depth in ("keep", "8"):
        reading = Reading(depth=depth, stretch="dtype")
        stylize(source, folder / f"{depth}.zarr", same(), reading=reading, precision="float32")
    for kind in KINDS:
        output = folder / f"out.{kind}"
        store = folder / ("keep.zarr" if kind in ("zarr", "tif", "png") else "8.zarr")
        options = ExportOptions(profile="keep")
        # JPEG refuses transparent pixels: use an opaque region
        convert(store, output, options=options, region=(0, 20, WIDTH, 20) if kind == "jpg" else None)
        is_beside = output.with_name(f"{output.name}.aux.xml").exists()
        found = [letter + "\\*" * (letter == "G" and is_beside) for letter in held(output) if letter in brought]
        cells.append(" ".join(found) or "-")
    return cells


def same() -> Translator:
    """A translator that changes nothing."""
    layer = nn.Conv2d(3, 3, 3, padding=1)
    nn.init.dirac_(layer.weight)
    nn.init.zeros_(layer.bias)
    return Translator.of(nn.Sequential(layer), {"name": "same"}, tile_size=16, name="same").place("cpu", "float32")


def held(path: Path) -> str:
    """Return the letters of the metadata in a file, in the order of the page."""
    if path.suffix == ".zarr":
        found = _held_by_zarr(path)
    elif path.suffix == ".dzi":
        tile = max(path.with_name(f"{path.stem}_files").glob("*/0_0.*"), key=lambda file: int(file.parent.name))
        found = _held_by_picture(tile)
    else:
        found = _held_by_picture(path) | (_held_by_raster(path) if path.suffix != ".heic" else set())
    return "".join(letter for letter in "VRAMNGTBPEXI" if letter in found)


def _held_by_zarr(path: Path) -> set[str]:
    attributes: dict[str, Any] = zarr.open_group(path, mode="r").attrs.asdict()
    told = {"R"} if attributes["ome"]["multiscales"][0]["axes"][-1].get("unit") else set()
    if "tilegan" not in attributes:
        return told
    origin = attributes["tilegan"]["origin"]
    opacity = {"alpha": "A", "mask": "M", "nodata": "N"}.get(origin["opacity"], "")
    geo, bands, metadata = origin["geo"] or {"tags": {}}, origin["bands"], origin["metadata"]
    facts = {
        "V": any(band["unit"] for band in bands),
        opacity: True,
        "N": geo.get("nodata") is not None,
        "G": geo.get("crs"),
        "T": "Project" in geo["tags"],
        "B": any(band["description"] for band in bands),
        "P": origin["profile"],
        "E": metadata["exif"],
        "X": metadata["xmp"],
        "I": metadata["iptc"],
    }
    return told | {letter for letter, there in facts.items() if there}


def _held_by_picture(path: Path) -> set[str]:
    """As Pillow sees it, and tifffile a TIFF; of JPEG 2000, whose boxes Pillow does not tell, by their names."""
    if path.suffix == ".jp2":
        boxes = path.read_bytes()
        return {letter for letter, (name, _) in BOXES.items() if b"uuid" + name in boxes}
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tags = file.pages[0].tags
            return {letter for letter, tag in TIFF_TAGS.items() if tag in tags}
    with Image.open(path) as image:
        image.load()
        info, exif = image.info, image.getexif()
        facts = {
            "R": info.get("dpi") or 282 in exif,
            "A": image.has_transparency_data,
            "P": info.get("icc_profile"),
            "E": exif.get(MAKE),
            "X": info.get("xmp"),
            "I": 0x0404 in info.get("photoshop", {}) or "Raw profile type iptc" in info,
        }
    return {letter for letter, there in facts.items() if there}


def _held_by_raster(path: Path) -> set[str]:
    try:
        with rasterio.open(path) as file:
            flags = file.mask_flag_enums[0]
            facts = {
                "V": any(file.units),
                "A": rasterio.enums.ColorInterp.alpha in file.colorinterp,
                "M": rasterio.enums.MaskFlags.per_dataset in flags and rasterio.enums.MaskFlags.alpha not in flags,
                "N": file.driver == "GTiff" and file.nodata is not None,  # of others GDAL calls a color so
                "G": file.crs is not None,
                "T": "Project" in file.tags(),
                "B": any(file.descriptions),
            }
    except rasterio.errors.RasterioIOError:
        return set()
    return {letter for letter, there in facts.items() if there}


MAKE = 271
TIFF_TAGS = {"R": 282, "P": 34675, "E": 34665, "X": 700, "I": 33723}
BOXES = {
    "E": (b"JpgTiffExif->JP2", b""),
    "X": (bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP),
    "I": (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), IPTC),
}


def exif() -> bytes:
    """EXIF with the maker of a camera."""
    told = Image.Exif()
    told[MAKE], told[282], told[283], told[296] = "Maker", DPI, DPI, 2
    told.get_ifd(34665)[36867] = "2021:05:06 07:08:09"
    return told.tobytes()


def profile() -> bytes:
    """The color profile of sRGB with a gamma of 1.8 in place of its curve: one that has to be converted from."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    start = content.index(b"para")
    content[start : start + 12 + 20] = b"curv" + bytes(4) + struct.pack(">IH", 1, 461) + bytes(18)
    return bytes(content)


def picture(channels: int = 3) -> Image.Image:
    """Colors; with a fourth channel they are transparent at the top."""
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, channels), np.uint8)
    pixels[:20, :, 3:], pixels[20:, :, 3:] = 0, 255
    return Image.fromarray(pixels)


def _jpeg(path: Path) -> None:
    resource = b"Photoshop 3.0\08BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC
    extra = b"\xff\xed" + struct.pack(">H", 2 + len(resource)) + resource
    picture().save(path, dpi=(DPI, DPI), icc_profile=profile(), exif=exif(), xmp=XMP, extra=extra)


def _png(path: Path) -> None:
    picture(4).save(path, dpi=(DPI, DPI), icc_profile=profile(), exif=exif())
    content = path.read_bytes()
    chunks = _chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP) + _chunk(b"tEXt", b"Project\0a")
    text = b"\niptc\n%8d\n%s\n" % (len(IPTC), IPTC.hex().encode())
    chunks += _chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text))
    path.write_bytes(content[:33] + chunks + content[33:])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _with_exif(path: Path) -> None:
    quality = -1 if path.suffix == ".heic" else 95  # -1: without loss, or nothing were opaque
    picture(4).save(path, quality=quality, icc_profile=profile(), exif=exif(), xmp=XMP)


def _gif(path: Path) -> None:
    pixels = np.random.default_rng(0).integers(1, 64, (HEIGHT, WIDTH), np.uint8)
    pixels[:20] = 0
    image = Image.fromarray(pixels, "P")
    image.putpalette(bytes(range(192)))
    image.save(path, transparency=0)


def _tiff(path: Path) -> None:
    told = Image.Exif()
    told.load(exif())
    told[700], told[33723] = XMP, IPTC
    picture(4).save(path, exif=told, dpi=(DPI, DPI), icc_profile=profile())


def _geotiff(path: Path) -> None:
    values = np.random.default_rng(0).integers(1, 60_000, (3, HEIGHT, WIDTH), np.uint16)
    values[:, :20] = 0
    said = {"crs": "EPSG:32632", "transform": TRANSFORM, "nodata": 0}
    with rasterio.open(path, "w", "GTiff", height=HEIGHT, width=WIDTH, count=3, dtype="uint16", **said) as file:
        file.write(values)
        file.scales, file.offsets, file.units = [0.5] * 3, [1] * 3, ["K"] * 3
        file.descriptions = ["B04", "B03", "B02"]
        file.update_tags(Project="a", TIFFTAG_RESOLUTIONUNIT="2", TIFFTAG_XRESOLUTION=DPI, TIFFTAG_YRESOLUTION=DPI)


def _masked(path: Path) -> None:
    _geotiff(path)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.nodata = None
        file.write_mask(np.where(np.arange(HEIGHT)[:, None] < 20, 0, np.full((HEIGHT, WIDTH), 255)).astype(np.uint8))


def _jpeg_2000(path: Path) -> None:
    size = {"height": HEIGHT, "width": WIDTH, "count": 3, "dtype": "uint8"}
    with rasterio.open(path, "w", "JP2OpenJPEG", crs="EPSG:32632", transform=TRANSFORM, **size) as file:
        file.write(np.asarray(picture()).transpose(2, 0, 1))
    blocks = {**BOXES, "E": (BOXES["E"][0], exif().removeprefix(b"Exif\0\0"))}.values()
    added = b"".join(struct.pack(">I4s", 24 + len(block), b"uuid") + name + block for name, block in blocks)
    path.write_bytes(path.read_bytes() + added)


def _ome_zarr(path: Path) -> None:
    group = zarr.create_group(path)
    group.create_array("0", data=np.asarray(picture()).transpose(2, 0, 1).copy(), chunks=(3, 16, 16))
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space", "unit": "micrometer"} for axis in "yx")]
    scale = {"type": "scale", "scale": [1.0, 100.0, 100.0]}
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}


SOURCES: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
    ("JPEG", "jpg", _jpeg),
    ("PNG", "png", _png),
    ("WebP", "webp", _with_exif),
    ("AVIF", "avif", _with_exif),
    ("HEIC", "heic", _with_exif),
    ("GIF", "gif", _gif),
    ("JPEG 2000", "jp2", _jpeg_2000),
    ("TIFF of a photograph", "tif", _tiff),
    ("GeoTIFF, nodata", "tif", _geotiff),
    ("GeoTIFF, mask", "tif", _masked),
    ("OME-Zarr", "zarr", _ome_zarr),
)


if __name__ == "__main__":
    import pillow_heif

    pillow_heif.register_heif_opener()
    main()
