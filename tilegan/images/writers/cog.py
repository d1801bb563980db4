"""A Cloud-Optimized GeoTIFF: tiled, with its tables at the front of the file, and with all overviews.

GDAL assembles such a file from another image with overviews. So each level is first written losslessly to a plain TIFF
of its own, and a VRT, a few lines of XML, presents them to GDAL as one image.
"""

import base64
import shutil
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.files import first_line
from tilegan.geometry import Pixels, Window, split
from tilegan.images.encoding import LOSSY, ExportOptions
from tilegan.images.metadata.origin import Band, Origin
from tilegan.images.metadata.profile import profile_of
from tilegan.images.metadata.provenance import KEY
from tilegan.images.stores.pyramid import halve
from tilegan.images.stores.store import Store
from tilegan.images.writers.tiff_metadata import put_in, room_for
from tilegan.images.writers.values import MASK, Values
from tilegan.progress import Progress

BLOCK = 512  # side of the blocks, in pixels; the smallest level fits one block
CACHE = 2**26  # bytes of GDAL's block cache
_SIDE = 2 * BLOCK  # side of the windows that are copied at once
_COLORS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
_CONFIG = {
    "GDAL_PAM_ENABLED": False,  # write no .aux.xml beside the file
    "GDAL_TIFF_INTERNAL_MASK": True,
    "GDAL_NUM_THREADS": 1,  # with more threads, GDAL loses errors of a full disk
    "GDAL_CACHEMAX": CACHE,
}


def write_cog(
    path: Path, store: Store, options: ExportOptions, progress: Progress, made: str | None = None
) -> tuple[str, ...]:
    """Write a store as RGB, or RGB and alpha, with its source metadata; a BigTIFF if it may be needed.

    The folder also holds the lossless levels meanwhile: the disk needs room for twice 4/3 of all values.

    Args:
        path: output file; an existing one is replaced. Other files in its folder may be replaced too.
        store: store with a complete level 0.
        options: compression.
        progress: called with the output pixels done, phase 'export'; the last of them when the file is complete.
        made: provenance, as ``Provenance.text``.

    Returns:
        Differences from the source metadata, one line each.

    Raises:
        OSError: the file cannot be written, or not completely.
        ImageError: the store is damaged.
    """
    origin = store.origin or Origin()
    lossy = options.compress in LOSSY and not options.lossless
    values, notes = Values.of(origin, store.dtype, store.channels, lossy)
    height, width = store.shape(0)
    _check_room(path.parent, height * width * values.bands * values.table.itemsize)
    try:
        with warnings.catch_warnings(), rasterio.Env(**_CONFIG):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            levels = _Levels(path.parent, store, values, progress)
            levels.write()
            bands = _bands(origin, Values.are_kept(origin, store.dtype))
            source = _joined(path.parent, levels.files, values, origin, bands, made)
            rasterio.shutil.copy(
                source, path, driver="COG", **_encoding(options, len(levels.files), values.table.dtype)
            )
            for file in (*levels.files, source):
                file.unlink()
            is_inserted = not origin.metadata.kinds or put_in(path, origin.metadata)
            with rasterio.open(path) as dataset:  # the last block is written last, and its loss is not reported
                dataset.read(window=rasterio.windows.Window(width - 1, height - 1, 1, 1))
    except (RasterioError, CPLE_BaseError) as error:
        raise OSError(f"{first_line(error.__cause__ or error)}: is the disk full?") from error
    progress("export", height * width, height * width)
    if not Values.are_kept(origin, store.dtype) and any(band.is_measure for band in origin.bands):
        notes += ("scale, offset and unit of its bands are left out, because values changed: --depth keep keeps them",)
    if not is_inserted:
        notes += (f"{', '.join(origin.metadata.kinds)} are left out: GDAL laid out the file in an unexpected way",)
    if origin.domains:
        notes += (f"tags of {', '.join(origin.domains)} are left out",)
    return notes


def _check_room(folder: Path, raw: int) -> None:
    # GDAL reports a full disk on stderr, and not always as an error.
    needed, free = 2 * raw * 4 // 3, shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"up to {needed / 1e9:.2f} GB are needed and {free / 1e9:.2f} GB are free on that disk")


def _encoding(options: ExportOptions, levels: int, dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return the creation options for GDAL's driver."""
    encoding: dict[str, Any] = {
        "COMPRESS": options.compress.upper(),
        "BLOCKSIZE": BLOCK,
        "BIGTIFF": "IF_SAFER",  # from 2 GiB of raw pixels; the limit is 4 GiB of compressed pixels
        "OVERVIEWS": "FORCE_USE_EXISTING" if levels > 1 else "NONE",
    }
    if options.compress in LOSSY:
        quality = 100 if options.lossless else options.quality  # 100: lossless WebP
        if options.compress == "webp" and not options.lossless:
            quality = min(quality, 99)
        return encoding | {"QUALITY": quality, "OVERVIEW_QUALITY": quality}
    # not all readers support the predictor of floats
    encoding["PREDICTOR"] = "NO" if dtype.kind == "f" else "YES"
    # a few percent larger than at the slowest level
    return encoding if options.compress == "lzw" else encoding | {"LEVEL": 1}


class _Levels:
    """The levels of a store, each as a temporary TIFF for GDAL.

    Attributes:
        files: the files, largest level first.
    """

    def __init__(self, folder: Path, store: Store, values: Values, progress: Progress) -> None:
        self._store, self._values, self._progress = store, values, progress
        self._shapes = [store.shape(0)]
        while max(self._shapes[-1]) > BLOCK:
            self._shapes.append((-(-self._shapes[-1][0] // 2), -(-self._shapes[-1][1] // 2)))
        self.files = [folder / f"level{level}.tif" for level in range(len(self._shapes))]
        self._done = 0

    def write(self) -> None:
        with ExitStack() as stack:
            self._datasets = [
                stack.enter_context(rasterio.open(file, "w", **self._profile(*shape)))
                for file, shape in zip(self.files, self._shapes, strict=True)
            ]
            self._write(len(self.files) - 1, Window(0, 0, *self._shapes[-1]))

    def _profile(self, height: int, width: int) -> dict[str, Any]:
        dtype = self._values.table.dtype
        return {
            "driver": "GTiff",
            "height": height,
            "width": width,
            "count": self._values.bands,
            "dtype": dtype.name,
            "photometric": "RGB",
            "interleave": "pixel",
            "tiled": True,
            "blockxsize": BLOCK,
            "blockysize": BLOCK,
            "compress": "zstd",
            "zstd_level": 1,
            "predictor": 3 if dtype.kind == "f" else 2,
            "BIGTIFF": "YES",
        }

    def _write(self, level: int, cell: Window) -> Pixels:
        """Write a cell of a level and everything it is reduced from; return its pixels.

        They equal those of a store's own levels: each level is the one below it, halved.
        """
        if level == 0:
            pixels = self._store.read(0, cell)
        else:
            pixels = np.empty((cell.height, cell.width, self._store.channels), self._store.dtype)
            height, width = self._shapes[level - 1]
            top, left = 2 * cell.top, 2 * cell.left
            below = Window(top, left, min(2 * cell.height, height - top), min(2 * cell.width, width - left))
            for part in split(below, _SIDE):
                halved = halve(self._write(level - 1, part))
                row, column = part.top // 2 - cell.top, part.left // 2 - cell.left
                pixels[row : row + halved.shape[0], column : column + halved.shape[1]] = halved
        area = rasterio.windows.Window(cell.left, cell.top, cell.width, cell.height)
        dataset = self._datasets[level]
        dataset.write(self._values.apply(pixels), window=area)
        if self._values.opacity == MASK:
            dataset.write_mask(np.where(pixels[..., 3] > 0, np.uint8(255), np.uint8(0)), window=area)
        if level == 0:
            self._done += cell.height * cell.width
            total = self._shapes[0][0] * self._shapes[0][1]
            if self._done < total:  # otherwise the file still has to be assembled
                self._progress("export", self._done, total)
        return pixels


def _bands(origin: Origin, values_are_kept: bool) -> tuple[Band, ...]:
    """Return the band metadata of a result."""
    if values_are_kept:
        return origin.bands
    return tuple(Band(band.description, tags=band.tags) for band in origin.bands)


def _joined(
    folder: Path,
    levels: list[Path],
    values: Values,
    origin: Origin,
    bands: tuple[Band, ...],
    made: str | None,
) -> Path:
    """Write a VRT that presents level 0 with the others as its overviews, and with the source metadata."""
    joined = folder / "levels.vrt"
    with rasterio.open(levels[0], "r+") as dataset:
        height, width = dataset.shape
        dataset.colorinterp = _COLORS[: values.bands]
        dataset.update_tags(**_tags(origin), **({} if made is None else {KEY: made}))
        if bands:
            rest = values.bands - len(bands)
            dataset.scales = [*(band.scale for band in bands), *[1.0] * rest]
            dataset.offsets = [*(band.offset for band in bands), *[0.0] * rest]
            for index, band in enumerate(bands, 1):
                dataset.set_band_description(index, band.description)
                dataset.set_band_unit(index, band.unit)
                dataset.update_tags(index, **band.tags)
        if values.nodata is not None:
            dataset.nodata = values.nodata
        if origin.geo is not None:
            geo = origin.geo.scaled(height, width)
            if geo.transform is None and geo.gcps:
                dataset.gcps = list(geo.gcps), geo.crs
            elif geo.crs is not None:
                dataset.crs = geo.crs
            if geo.transform is not None:  # a transform makes GDAL drop ground control points
                dataset.transform = geo.transform
            if geo.rpcs is not None:
                dataset.rpcs = geo.rpcs
    rasterio.shutil.copy(levels[0], joined, driver="VRT")
    tree = ElementTree.parse(joined)
    for element in tree.iter("VRTRasterBand"):
        for level in levels[1:]:
            overview = ElementTree.SubElement(element, "Overview")
            ElementTree.SubElement(overview, "SourceFilename", relativeToVRT="1").text = level.name
            ElementTree.SubElement(overview, "SourceBand").text = element.get("band", "mask,1")
    if (profile := profile_of(origin)) is not None:
        domain = ElementTree.SubElement(tree.getroot(), "Metadata", domain="COLOR_PROFILE")
        ElementTree.SubElement(domain, "MDI", key="SOURCE_ICC_PROFILE").text = base64.b64encode(profile).decode()
    if room := room_for(origin.metadata):
        domain = ElementTree.SubElement(tree.getroot(), "Metadata", domain="xml:XMP", format="xml")
        ElementTree.SubElement(domain, "room").text = "-" * room
    tree.write(joined)
    return joined


def _tags(origin: Origin) -> dict[str, str]:
    tags = dict(origin.geo.tags) if origin.geo is not None else {}
    if origin.dpi is not None:
        across, down = (f"{value:.12g}" for value in origin.dpi)
        inch = "2"  # TIFF tag
        tags |= {"TIFFTAG_XRESOLUTION": across, "TIFFTAG_YRESOLUTION": down, "TIFFTAG_RESOLUTIONUNIT": inch}
    return tags
