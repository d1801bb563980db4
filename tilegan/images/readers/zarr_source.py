"""Images in Zarr, a window at a time: OME-Zarr of any version, a plain array, or the store of a result."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError, shown
from tilegan.files import files_below, first_line, is_remote, is_there, locate, os_errors
from tilegan.geometry import Pixels, Window
from tilegan.images.metadata.origin import Origin
from tilegan.images.pixels.channels import WINDOWS, Channels
from tilegan.images.pixels.color import widen
from tilegan.images.pixels.stretch import OVERVIEW, Stretch, bits_of, pixel_dtype, to_opacity, to_rgb
from tilegan.images.readers.cures import ALLOW, by_status
from tilegan.images.readers.gaps import GRAY, read_around
from tilegan.images.readers.pillow import reduced
from tilegan.images.reading import Reading
from tilegan.images.source import chosen_plane, plane_remark
from tilegan.images.stores.store import UNFINISHED
from tilegan.images.stores.zarr_layout import open_layout

_METADATA = ("zarr.json", ".zgroup", ".zarray", ".zattrs")


class ZarrSource:
    """A Zarr array, or the levels of an OME-Zarr image; see ``tilegan.images.source.Source``.

    Axes y and x are required. Channels are composited by 'omero' metadata; without them, or if bands are requested, one
    channel is gray and the first three are colors. Further axes are read at one plane. A store of this package may have
    a fourth band, which is opacity.
    """

    sequential = False
    held = False

    def __init__(self, path: Path, reading: Reading | None = None) -> None:
        """Open a folder, local or found by ``locate``.

        Raises:
            ImageError: it is not a Zarr image.
            SettingError: there are no such bands or plane.
        """
        self.path = str(path)
        self._reading = reading = reading if reading is not None else Reading()
        try:
            self._layout = layout = open_layout(path)
        except ImageError:
            raise
        except Exception as error:  # zarr raises different errors for each kind of damage
            raise ImageError(_why_not(path, error)) from error
        full = layout.levels[0]
        sizes = dict(zip(layout.axes, full.shape, strict=True))
        self.height: int = sizes["y"]
        self.width: int = sizes["x"]
        self.bands: int = sizes.get("c", 1)
        self.dtype: np.dtype[Any] = np.dtype(full.dtype).newbyteorder("=")
        planes = {axis: size for axis, size in sizes.items() if axis not in "cyx"}
        self._plane = chosen_plane(reading, planes, self.path)
        self.remarks = plane_remark(planes, self._plane)
        self._alpha = 3 if layout.is_result and self.bands == 4 else None
        self._window: Stretch | None = None
        self._channels: Channels | None = None
        self._chosen = self._choose()
        inner = dict(zip(layout.axes, full.chunks, strict=True))
        self.block: tuple[int, int] = min(inner["y"], self.height), min(inner["x"], self.width)
        self.levels = pixel_dtype(reading.depth, self.dtype, bits_of(self.dtype))
        self._stretch: Stretch | None = None

    def _choose(self) -> list[int]:
        asked = self._reading.bands
        if asked is None and not self._layout.is_result:
            channels = Channels.of(self._layout.omero, self.bands)
            if channels is not None:
                self.remarks += _left_out(channels.left_out)
                if channels.as_bands is None:
                    self._channels = channels
                    return channels.indexes
                order, self._window = channels.as_bands
                return order
            count = 3 if self.bands >= 3 else 1
            self.remarks += _left_out(tuple(f"channel {band + 1}" for band in range(count, self.bands)))
        if asked is None:
            return [0, 1, 2] if self.bands >= 3 else [0]
        if max(asked) > self.bands:
            raise SettingError(f"no bands {asked} in {shown(self.path)}: it has bands 1 to {self.bands}")
        return [band - 1 for band in asked]

    @property
    def origin(self) -> Origin:
        """Source metadata that results take over."""
        stretch, kept = self._measured(), self._layout.origin
        opacity = None if self._alpha is None else "alpha"
        measured: dict[str, Any] = {
            "dtype": self.dtype.name,
            "low": stretch.low,
            "high": stretch.high,
            "rule": stretch.rule,
        }
        if self._channels is not None:
            shown_as = {"dtype": self.levels.name, "low": 0.0, "high": float(np.iinfo(self.levels).max)}
            measured |= shown_as | {"rule": WINDOWS}
        if kept is None:
            return Origin(geo=self._layout.geo, opacity=opacity, dpi=self._layout.dpi, **measured)
        if kept.geo is not None and (kept.geo.height, kept.geo.width) != (self.height, self.width):
            kept = replace(kept, geo=kept.geo.scaled(self.height, self.width))
        kept = replace(kept, opacity=opacity and (kept.opacity or opacity))
        if self._reading.stretch is None and self._reading.bands is None:
            return kept
        return replace(kept, **measured)

    def read(self, window: Window) -> Pixels:
        """Read a window inside the image as sRGB (h, w, 3) of dtype ``levels``, from any thread.

        Raises:
            ImageError: a chunk is damaged.
        """
        stretch = self._measured()

        def pixels(part: Window) -> Pixels:
            return self._colors(self._part(part, self._chosen), stretch, self.levels)

        if not self._reading.allow_truncated:
            return pixels(window)
        gray = widen(np.full((1, 1, 3), GRAY, np.uint8), self.levels)
        return read_around(pixels, window, self.block, lambda part: np.tile(gray, (part.height, part.width, 1)))

    def read_mask(self, window: Window) -> Pixels | None:
        """Read the opacity of a window, (h, w) of dtype ``levels``; None if the whole image is opaque.

        Raises:
            ImageError: a chunk is damaged.
        """
        if self._alpha is None:
            return None
        alpha = self._alpha

        def mask(part: Window) -> Pixels:
            return to_opacity(self._part(part, [alpha])[..., 0], self.levels)

        if not self._reading.allow_truncated:
            return mask(window)
        opaque = np.full((1, 1), np.iinfo(self.levels).max, self.levels)
        return read_around(mask, window, self.block, lambda part: np.tile(opaque, (part.height, part.width)))

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """Reduce the whole image to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: a chunk is damaged.
        """
        values = self._overview(side, self._chosen)
        pixels = self._colors(values, self._measured(), np.dtype(np.uint8))
        return reduced(pixels, side, (self.height, self.width))

    def identity(self) -> dict[str, str | int]:
        """Return values that distinguish this image from others and from later versions of itself.

        On a web server that lists no files these are only its name and size in pixels.

        Raises:
            ImageError: object storage does not answer.
        """
        path = locate(self.path)
        known: dict[str, str | int] = {"name": path.name, "height": self.height, "width": self.width}
        return known | (_listed(path) if is_remote(path) else _on_disk(path))

    def close(self) -> None:
        """Do nothing: no file is held open."""

    def _colors(self, values: NDArray[Any], stretch: Stretch, levels: np.dtype[Any]) -> Pixels:
        if self._channels is None:
            return to_rgb(stretch.apply(values, levels))
        return self._channels.apply(values, levels, stretch, self._reading.stretch is not None)

    def _part(self, window: Window, bands: list[int]) -> NDArray[Any]:
        """Read (h, w, bands) of the full image, in the file's dtype."""
        if self._layout.is_store:
            self._refuse_missing(window)
        return self._values(0, slice(window.top, window.bottom), slice(window.left, window.right), bands)

    def _values(self, level: int, rows: slice, columns: slice, bands: list[int]) -> NDArray[Any]:
        """Read (h, w, bands) of a level, in the file's dtype."""
        layout = self._layout
        array = layout.levels[level]
        selection: list[Any] = []
        first, last = min(bands), max(bands)
        for axis, length, full in zip(layout.axes, array.shape, layout.levels[0].shape, strict=True):
            if axis in "yx":
                selection.append(rows if axis == "y" else columns)
            elif axis == "c":
                selection.append(slice(first, last + 1))
            else:
                selection.append(self._plane[axis] * length // full)
        try:
            with os_errors():
                values = np.asarray(array[tuple(selection)])
        except Exception as error:  # each codec raises its own errors
            reason = f"level {level}: {shown(first_line(error))}: get it again, or {ALLOW}"
            raise ImageError(f"damaged image: {shown(self.path)}: {reason}") from error
        kept = [axis for axis in layout.axes if axis in "cyx"]
        values = values.transpose([kept.index(axis) for axis in "yxc" if axis in kept])
        values = values if "c" in kept else values[..., None]
        if bands != list(range(first, last + 1)):
            values = values[..., [band - first for band in bands]]
        return values.astype(self.dtype, copy=False)

    def _refuse_missing(self, window: Window) -> None:
        """Refuse missing shards, which zarr would read as zeros: a store of this package has all of them."""
        layout = self._layout
        array = layout.levels[0]
        shards = dict(zip(layout.axes, array.shards or array.chunks, strict=True))
        folder = locate(self.path) / layout.folders[0] / "c" / "0"
        for row in range(window.top // shards["y"], -(-window.bottom // shards["y"])):
            for column in range(window.left // shards["x"], -(-window.right // shards["x"])):
                try:
                    there = is_there(folder / str(row) / str(column))
                except OSError as error:
                    raise ImageError(f"cannot read {shown(self.path)}: {first_line(error)}") from error
                if not there:
                    raise ImageError(f"damaged image: {shown(self.path)}: no shard ({row}, {column}): make it again")

    def _overview(self, side: int, bands: list[int]) -> NDArray[Any]:
        """Read the image, (h, w, bands), at the smallest level with a longest side of at least ``side`` pixels."""
        level = 0
        while level + 1 < len(self._layout.levels) and max(self._size(level + 1)) >= side:
            level += 1
        step = max(1, max(self._size(level)) // (2 * side))
        return self._values(level, slice(None, None, step), slice(None, None, step), bands)

    def _size(self, level: int) -> tuple[int, int]:
        shape = self._layout.levels[level].shape
        return shape[self._layout.axes.index("y")], shape[self._layout.axes.index("x")]

    def _measured(self) -> Stretch:
        if self._stretch is None and self._window is not None and self._reading.stretch is None:
            self._stretch = self._window
        if self._stretch is None:
            # The stretch of a store was measured when it was created.
            is_result = self._layout.origin is not None or self._layout.is_result
            rule = "dtype" if self._reading.stretch is None and is_result else self._reading.stretch
            self._stretch = Stretch.choose(rule, self.dtype, bits_of(self.dtype), self._measure)
        return self._stretch

    def _measure(self) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        valid = None if self._alpha is None else self._overview(OVERVIEW, [self._alpha])[..., 0] > 0
        return self._overview(OVERVIEW, self._chosen), valid


def _left_out(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one line naming channels that are not read, if there are any."""
    more = ", ..." if len(names) > 5 else ""
    return (f"left out: {shown(', '.join(names[:5]))}{more}: --bands chooses others",) if names else ()


def _on_disk(folder: Path) -> dict[str, str | int]:
    """Return names, sizes and times of the files in a local folder."""
    files = [file.stat() for file in files_below(folder, hidden=True)]
    return {
        "files": len(files),
        "bytes": sum(file.st_size for file in files),
        "mtime_ns": max(file.st_mtime_ns for file in files),
    }


def _listed(folder: Path) -> dict[str, str | int]:
    """Return a summary of the objects in a folder by the storage's listings; a request per object would take long."""
    try:
        with os_errors():
            found = cast(Any, folder).fs.find(cast(Any, folder).path, detail=True)
    except FileNotFoundError:
        found = {}
    except OSError as error:
        raise ImageError(f"cannot read image: {shown(folder)}: {error.strerror or first_line(error)}") from error
    versions = "".join(f"{name} {info.get('ETag') or info.get('etag')}\n" for name, info in sorted(found.items()))
    return {
        "files": len(found),
        "bytes": sum(info["size"] or 0 for info in found.values()),
        "etags": hashlib.sha256(versions.encode()).hexdigest(),
    }


def _why_not(path: Path, error: Exception) -> str:
    """Return why a folder is not an image."""
    if not is_remote(path) and (path / UNFINISHED).exists():
        return f"unfinished: {shown(path)}: finish it first: the command that began it, with --resume"
    if not is_remote(path) and not any((path / name).exists() for name in _METADATA):
        return f"not an image: {shown(path)} is a folder without Zarr metadata: give a file, or a Zarr folder"
    reason = first_line(error)
    if "found in store" in reason:  # zarr's own message for it
        return f"no such image: {shown(path)}: check the name"
    reason = reason.partition(", url=")[0].replace(", message=", " ")
    return f"not a Zarr image: {shown(path)}: {shown(reason)}: {by_status(f'HTTP {reason}') or 'get it again'}"
