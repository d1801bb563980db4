"""Images that GDAL reads, through rasterio: any size, a window at a time."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.env import set_gdal_config
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.errors import ImageError
from tilegan.files import locate
from tilegan.geometry import Window
from tilegan.images.origin import Geo
from tilegan.images.source import file_identity, first_line, reduced_shape
from tilegan.images.stretch import OVERVIEW, Stretch, to_rgb
from tilegan.images.vsi import container, gdal_name, gdal_options

LARGEST_BLOCK = 2**30  # bytes of decoded pixels that the smallest readable part of a file may have
_FROM_THE_TOP = {"JPEG", "PNG"}  # GDAL's drivers that decode row after row, and for an earlier one begin again


def set_cache(limit: int) -> None:
    """Limit the decoded blocks that GDAL keeps for all files of this process, to ``limit`` bytes.

    Without this it keeps up to 5 % of the machine's memory.
    """
    set_gdal_config("GDAL_CACHEMAX", limit)


class RasterSource:
    """A file that GDAL reads; see ``tilegan.images.source.Source``.

    One dataset serves all threads in turn: a second one would decode files without random access (JPEG, PNG, TIFF in
    strips) again from the top, and GDAL would keep their blocks twice.
    """

    held = False

    def __init__(self, path: str | Path) -> None:
        """Open a file.

        Args:
            path: of a local file, a URL, or one of GDAL's own names (``/vsi...``).

        Raises:
            ImageError: GDAL cannot read it.
        """
        self.path = str(path)
        self._lock = threading.Lock()
        with warnings.catch_warnings(), _gdal(self.path, "not an image that can be opened"):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            self._dataset = rasterio.open(gdal_name(self.path))
            dataset = self._dataset
            if dataset.count == 0 or not dataset.width or not dataset.height:
                raise ImageError(
                    f"no image in {path}: {dataset.driver} with {len(dataset.subdatasets)} datasets inside"
                )
            self._indexes, self._lut = _bands(dataset)
            self._all_valid = all(MaskFlags.all_valid in flags for flags in dataset.mask_flag_enums)
            self.geo = _geo(dataset)
            self._bits = int(dataset.tags(self._indexes[0], ns="IMAGE_STRUCTURE").get("NBITS", 8))
            orientation = dataset.tags().get("EXIF_Orientation", "1")
            self.block: tuple[int, int] = dataset.block_shapes[0]
            self.sequential = _is_sequential(dataset)
        self.height: int = dataset.height
        self.width: int = dataset.width
        self.bands: int = dataset.count
        self.dtype: np.dtype[Any] = np.dtype(dataset.dtypes[self._indexes[0] - 1].replace("complex_int16", "complex64"))
        self._stretch: Stretch | None = None
        self._refuse_absurd(orientation)

    def _refuse_absurd(self, orientation: str) -> None:
        rows, columns = self.block
        bands = self.bands if self._dataset.interleaving == rasterio.enums.Interleaving.pixel else 1
        block = rows * columns * bands * self.dtype.itemsize
        if block > LARGEST_BLOCK:
            self.close()
            raise ImageError(
                f"cannot read {self.path} in parts: its smallest part decodes to {block / 2**30:.1f} GiB: "
                "convert it first (gdal_translate -co TILED=YES)"
            )
        if orientation not in ("0", "1"):
            self.close()
            raise ImageError(f"too large to be turned upright: {self.path}: rotate it first (EXIF says {orientation})")

    def read(self, window: Window) -> NDArray[np.uint8]:
        """The pixels of a window inside the image, as uint8 RGB (h, w, 3); from any thread.

        Raises:
            ImageError: the file is damaged there.
        """
        with self._lock, _gdal(self.path, "cannot read image"):
            values = self._dataset.read(self._indexes, window=_rasterio(window))
        return self._levels(values)

    def read_mask(self, window: Window) -> NDArray[np.uint8] | None:
        """Which pixels of a window mean something: uint8 (h, w), 255 where they do and 0 where not; None if all do.

        Raises:
            ImageError: the file is damaged there.
        """
        transparent = self._lut is not None and bool((self._lut[:, 3] == 0).any())
        if self._all_valid and not transparent:
            return None
        with self._lock, _gdal(self.path, "cannot read image"):
            valid = self._dataset.dataset_mask(window=_rasterio(window)) > 0
            if transparent and self._lut is not None:
                valid &= self._lut[self._dataset.read(1, window=_rasterio(window)), 3] > 0
        return np.where(valid, np.uint8(255), np.uint8(0))

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: the file is damaged.
        """
        # The mean of two palette indices is a third colour.
        how = Resampling.nearest if self._lut is not None else Resampling.average
        with self._lock, _gdal(self.path, "cannot read image"):
            values = self._overview(side, how)
        return self._levels(values)

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself.

        Of an image in an archive that is not on this disk it is no more than its name and size in pixels.
        """
        file = container(self.path) if self.path.startswith("/vsi") else locate(self.path)
        name: dict[str, str | int] = {"name": Path(self.path).name, "height": self.height, "width": self.width}
        return name if file is None else file_identity(file, self.height, self.width) | name

    def close(self) -> None:
        """Let go of the file."""
        self._dataset.close()

    def _overview(self, side: int, how: Resampling) -> NDArray[Any]:
        shape = (len(self._indexes), *reduced_shape(self.height, self.width, side))
        values: NDArray[Any] = self._dataset.read(self._indexes, out_shape=shape, resampling=how)
        return values

    def _levels(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        if self._lut is not None:
            return np.ascontiguousarray(self._lut[values[0], :3])
        return to_rgb(self._measured().apply(values.transpose(1, 2, 0)))

    def _measured(self) -> Stretch:
        with self._lock:
            if self._stretch is None:
                self._stretch = self._measure()
            return self._stretch

    def _measure(self) -> Stretch:
        if self.dtype == np.uint8:
            return Stretch(high=2 ** min(self._bits, 8) - 1)
        with _gdal(self.path, "cannot read image"):
            values = self._overview(OVERVIEW, Resampling.nearest).transpose(1, 2, 0)
            mask = None if self._all_valid else self._dataset.dataset_mask(out_shape=values.shape[:2]) > 0
        return Stretch.measure(values, mask)


@contextmanager
def _gdal(path: str, failure: str) -> Iterator[None]:
    """Make GDAL strict about damage, and its errors ours."""
    try:
        # GDAL's own fast path for small PNG files reads damaged ones as noise.
        with rasterio.Env(GDAL_PNG_WHOLE_IMAGE_OPTIM=False, **gdal_options(gdal_name(path))):
            yield
    except ImageError:
        raise
    except (RasterioError, CPLE_BaseError, OSError, ValueError, MemoryError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        reason = first_line(cause).partition(" (this error can be")[0]
        raise ImageError(f"{failure}: {path}: {reason}: the file may be damaged") from error


def _rasterio(window: Window) -> rasterio.windows.Window:
    return rasterio.windows.Window(window.left, window.top, window.width, window.height)


def _bands(dataset: Any) -> tuple[list[int], NDArray[np.uint8] | None]:
    """The bands that are the picture: one, or red, green, blue; and the palette if they are indices."""
    meanings = dataset.colorinterp
    if meanings[0] == ColorInterp.palette:
        lut = np.zeros((2 ** (8 * np.dtype(dataset.dtypes[0]).itemsize), 4), np.uint8)
        lut[:, 3] = 255
        for index, colour in dataset.colormap(1).items():
            lut[index] = colour
        return [1], lut
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in meanings for colour in colours):
        return [meanings.index(colour) + 1 for colour in colours], None
    visible = [band for band, meaning in enumerate(meanings, start=1) if meaning != ColorInterp.alpha] or [1]
    return visible[:3] if len(visible) >= 3 else visible[:1], None


def _is_sequential(dataset: Any) -> bool:
    """Whether a part can only be decoded after all that stands before it in the file."""
    if dataset.driver in _FROM_THE_TOP or dataset.name.startswith("/vsigzip/"):
        return True
    # GDAL shows one large strip as strips of one row, of which only the first has a place in the file
    rows, _ = dataset.block_shapes[0]
    may_be_split = dataset.driver == "GTiff" and rows == 1 < dataset.height
    return may_be_split and dataset.get_tag_item("BLOCK_OFFSET_0_1", "TIFF", bidx=1) is None


def _geo(dataset: Any) -> Geo | None:
    points, points_crs = dataset.gcps
    transform = None if dataset.transform.is_identity else dataset.transform
    if dataset.crs is None and transform is None and not points:
        return None
    return Geo(
        height=dataset.height,
        width=dataset.width,
        crs=dataset.crs or points_crs,
        transform=transform,
        gcps=tuple(points),
        nodata=dataset.nodata,
        tags={name: value for name, value in dataset.tags().items() if not name.startswith("EXIF_")},
    )
