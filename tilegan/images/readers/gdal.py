"""Open GDAL datasets strictly: choose the image, and refuse damaged or unusable files before decoding."""

import base64
import binascii
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.errors import ImageError, TileganError, shown
from tilegan.files import first_line, is_remote, locate
from tilegan.images.readers.cures import ALLOW, cure
from tilegan.images.readers.ome_tiff import color_pages, join_pages
from tilegan.images.readers.tiff_layout import directories, is_lab, is_premultiplied, missing_parts
from tilegan.images.readers.vsi import gdal_name, gdal_options
from tilegan.images.reading import Reading
from tilegan.images.source import chosen_plane, plane_remark

LARGEST_BLOCK = 2**30  # limit of the decoded bytes of a file's smallest readable part
FROM_THE_TOP = {"JPEG", "PNG"}  # GDAL drivers that decode row by row, and restart for an earlier row
_MOST = {"JPEG": 4096, "PNG": 1100}  # limit of decoded bytes per byte of a file
_RAW = {"CMYK", "CIELAB", "ICCLAB"}  # TIFF color spaces that GDAL would convert to RGB regardless of the profile


@contextmanager
def gdal_errors(
    path: str, failure: str, reading: Reading, *, raw: bool = False, decoding: bool = False
) -> Iterator[None]:
    """Make GDAL strict about damage, unless it is allowed, and translate its errors.

    Args:
        path: path of the image.
        failure: beginning of messages.
        reading: read options: whether damage is allowed.
        raw: whether a JPEG's stored bands are wanted instead of RGB.
        decoding: whether a part that is read now may be left out if damage is allowed.
    """
    options: dict[str, Any] = dict(gdal_options(gdal_name(path)))
    # GDAL's fast path for small PNG files reads damaged ones as noise.
    options["GDAL_PNG_WHOLE_IMAGE_OPTIM"] = False
    # libjpeg fills missing parts of a JPEG with gray and warns.
    options["GDAL_ERROR_ON_LIBJPEG_WARNING"] = not reading.allow_truncated
    if raw:
        options["GDAL_JPEG_TO_RGB"] = False
    try:
        with rasterio.Env(**options):
            yield
    except TileganError:
        raise
    except (RasterioError, CPLE_BaseError, OSError, ValueError, MemoryError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        reason = shown(first_line(cause).partition(" (this error can be")[0].strip().rstrip("."))
        remedy = cure(reason, local_file(path), decoding=decoding and not reading.allow_truncated)
        raise ImageError(f"{failure}: {shown(path)}: {reason}: {remedy}") from error


class Opened:
    """A dataset, and the form in which it was opened.

    Attributes:
        dataset: rasterio dataset of the chosen page.
        space: 'cmyk', 'ycck', 'lab' (signed a and b) or 'icclab' (unsigned) if the bands are such; else ''.
        transform: affine transform; that of ``dataset`` is unreliable if it was opened without overviews.
        remarks: a note on other pages.
    """

    def __init__(self, path: str, reading: Reading) -> None:
        """Open a GDAL name, a URL or a local file.

        Raises:
            ImageError: GDAL cannot read it, or not in parts that fit into memory.
            SettingError: there is no such page.
        """
        self.space = ""
        self._joined: list[int] = []  # directories of pages that become bands
        name = gdal_name(path)
        # GDAL never parses an absolute path as one of its special names.
        name = name if name.startswith("/vsi") else str(Path(name).absolute())
        if any("\udc80" <= letter <= "\udcff" for letter in name):
            raise ImageError(f"cannot open image: {shown(path)}: its name is not in UTF-8: rename it")
        with warnings.catch_warnings(), gdal_errors(path, "not an image that can be opened", reading):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            self.dataset = rasterio.open(name)
            pages = _pages(self.dataset)
            colors = color_pages(self.dataset, len(pages)) if "page" not in reading.plane else None
            planes = {"page": max(1, len(pages))} if colors is None else colors.planes
            chosen = chosen_plane(reading, planes, path)
            self.remarks = plane_remark(planes, chosen)
            if colors is not None:
                self._join([pages[number] for number in colors.numbers(chosen)], path)
            elif "page" in reading.plane and pages and (chosen["page"] or not self.dataset.count):
                self._replace(pages[chosen["page"]])
            elif "page" not in reading.plane:
                self._leave_thumbnail(path, name)
            dataset = self.dataset
            if dataset.count == 0 or not dataset.width or not dataset.height:
                raise ImageError(_no_image(path, dataset))
            self._open_raw(path, name, reading)
            self.transform = self.dataset.transform
            self._leave_strangers()
            self._refuse_absurd(path)
            self._refuse_cut(path, reading)
            if path.startswith("/vsi") and any(name.startswith("EXIF_") for name in self.dataset.tags()):
                self.remarks += (
                    "its EXIF, XMP and IPTC are left out: files in archives are read for their pixels only",
                )

    def _join(self, pages: list[str], path: str) -> None:
        """Join three pages as red, green and blue."""
        for page in pages:
            self._replace(page)
            self._joined.append(self._directory())
        self.dataset.close()
        self.dataset = join_pages(pages)
        if self.dataset is None:
            raise ImageError(f"no single image in {shown(path)}: its channels differ in size or type: choose a page")

    def _replace(self, name: str, **options: Any) -> None:
        self.dataset.close()
        self.dataset = rasterio.open(name, **options)

    def _leave_thumbnail(self, path: str, name: str) -> None:
        """Open the main image of a TIFF whose first image is declared a smaller copy."""
        file = local_file(path)
        if self.dataset.driver != "GTiff" or file is None:
            return
        images = directories(file)
        if not images or not images[0].is_reduced:
            return
        main = max((image for image in images if image.is_main), key=lambda image: image.width, default=None)
        if main is not None and main.width > images[0].width:
            self._replace(f"GTIFF_DIR:off:{main.offset}:{name}")
            self.remarks = ("its first image is a smaller copy: the main one is read",)

    def _leave_strangers(self) -> None:
        """Ignore overviews if one shows something else: GDAL takes the label of a slide for an overview."""
        dataset = self.dataset
        if dataset.driver != "GTiff":
            return
        for level in range(len(dataset.overviews(1))):
            with rasterio.open(dataset.name, overview_level=level) as overview:
                height = dataset.height * overview.width / dataset.width
                width = dataset.width * overview.height / dataset.height
                is_stranger = abs(overview.height - height) > 2 and abs(overview.width - width) > 2
            if is_stranger:
                self._replace(dataset.name, overview_level="NONE")
                return

    def _open_raw(self, path: str, name: str, reading: Reading) -> None:
        dataset = self.dataset
        stored = self._structure().get("SOURCE_COLOR_SPACE", "")
        if dataset.driver == "GTiff" and stored in _RAW and dataset.name == name:
            self._replace(f"GTIFF_RAW:{name}")
            self.space = {"CMYK": "cmyk", "CIELAB": "lab", "ICCLAB": "icclab"}[stored]
        elif dataset.driver == "JPEG" and stored in ("CMYK", "YCbCrK"):
            with gdal_errors(path, "not an image that can be opened", reading, raw=True):
                self._replace(name)
            self.space = "ycck" if stored == "YCbCrK" else "cmyk"
        elif [band.name for band in dataset.colorinterp[:4]] == ["cyan", "magenta", "yellow", "black"]:
            self.space = "cmyk"
        file = local_file(path)
        if dataset.driver == "GTiff" and file is not None and not self.space:
            self.space = is_lab(file, self._directory())  # GDAL reports this only for some

    def _structure(self) -> dict[str, str]:
        """Return GDAL's description of the file's structure.

        JPEG 2000 is not queried: GDAL 3.10 searches the whole file for it, which takes minutes in a damaged file.
        """
        if self.dataset.driver == "JP2OpenJPEG":
            return {}
        structure: dict[str, str] = self.dataset.tags(ns="IMAGE_STRUCTURE")
        return structure

    def is_premultiplied(self, path: str) -> bool:
        """Whether colors are premultiplied by opacity; unknown for files that are not on this disk."""
        file = local_file(path)
        return self.dataset.driver == "GTiff" and file is not None and is_premultiplied(file, self._directory())

    @property
    def directory(self) -> int | None:
        """Offset of the image's directory in a TIFF; None for other files, or if GDAL does not report it."""
        return (self._joined[0] if self._joined else self._directory()) or None

    def _directory(self) -> int:
        """Offset of the directory of a TIFF; 0 if GDAL does not report it."""
        return int(self.dataset.get_tag_item("IFD_OFFSET", "TIFF", bidx=1) or 0)

    def _refuse_absurd(self, path: str) -> None:
        dataset = self.dataset
        rows, columns = dataset.block_shapes[0]
        bands = dataset.count if self._structure().get("INTERLEAVE") == "PIXEL" else 1
        itemsize = numpy_type(dataset.dtypes[0]).itemsize
        block = rows * columns * bands * itemsize
        if block > LARGEST_BLOCK:
            dataset.close()
            raise ImageError(
                f"cannot read {shown(path)} in parts: its smallest part decodes to {block / 2**30:.1f} GiB: "
                "convert it first (gdal_translate -co TILED=YES)"
            )
        file = local_file(path)
        if file is None or dataset.driver not in _MOST:
            return
        bits = int(dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", 8 * itemsize))
        needed = dataset.height * dataset.width * dataset.count * bits / 8 / _MOST[dataset.driver]
        if needed > file.stat().st_size + 2**20:
            dataset.close()
            raise ImageError(
                f"not a whole image: {shown(path)} declares {dataset.height} x {dataset.width} pixels, for which its "
                f"{file.stat().st_size} bytes are too few: it is cut off, or made to exhaust memory: get it again"
            )

    def _refuse_cut(self, path: str, reading: Reading) -> None:
        dataset, file = self.dataset, local_file(path)
        if dataset.driver == "JPEG" and not reading.allow_truncated:
            with gdal_errors(path, "cannot read image", reading, decoding=True):
                dataset.read(
                    1, window=rasterio.windows.Window(0, 0, 1, 1)
                )  # missing parts of the header are reported now
        if not (dataset.driver == "GTiff" or self._joined) or file is None or reading.allow_truncated:
            return
        for directory in self._joined or [self._directory()]:
            if wrong := missing_parts(file, directory):
                dataset.close()
                raise ImageError(f"not a whole image: {shown(path)}: {wrong}: get it again, or {ALLOW}")


def _pages(dataset: Any) -> list[str]:
    """Return GDAL's names of the images in a file with several; none if their directory is broken."""
    pages: list[str] = []
    with suppress(RasterioError, CPLE_BaseError):
        names = {key: name for key, name in dataset.tags(ns="SUBDATASETS").items() if key.endswith("_NAME")}
        pages = [
            names[key] for key in sorted(names, key=lambda key: int(key.split("_")[1]))
        ]  # sort the 10th after the 9th
        _ = dataset.colorinterp  # a pending error of this call would be raised by rasterio's next one
    return pages


def numpy_type(name: str) -> np.dtype[Any]:
    """Return the numpy dtype in which a rasterio dtype is read."""
    return np.dtype(name.replace("complex_int16", "complex64"))


def local_file(path: str) -> Path | None:
    """Return the local file of a name; None for URLs and GDAL's special names."""
    if path.startswith("/vsi"):
        return None
    file = locate(path)
    return None if is_remote(file) else file


def embedded_profile(dataset: Any) -> bytes | None:
    """Return the bytes of a file's color profile; None if there is none."""
    text = dataset.tags(ns="COLOR_PROFILE").get("SOURCE_ICC_PROFILE")
    try:
        return base64.b64decode(text) if text else None
    except binascii.Error:
        return b"broken"


def is_sequential(dataset: Any) -> bool:
    """Whether a part can be decoded only after everything before it in the file."""
    if dataset.driver in FROM_THE_TOP or dataset.name.startswith("/vsigzip/"):
        return True
    # GDAL presents one large strip as strips of one row, of which only the first has an offset
    rows, _ = dataset.block_shapes[0]
    may_be_split = dataset.driver == "GTiff" and rows == 1 < dataset.height
    return may_be_split and dataset.get_tag_item("BLOCK_OFFSET_0_1", "TIFF", bidx=1) is None


def _no_image(path: str, dataset: Any) -> str:
    names = _pages(dataset)
    if not names:
        return f"no image in {shown(path)}: {dataset.driver} without bands: give a file that has some"
    inside = "; ".join(f"{number} {name.rpartition(':')[2]}" for number, name in enumerate(names[:5]))
    return f"no single image in {shown(path)}: {dataset.driver} with {len(names)} inside: choose a page: {inside}"
