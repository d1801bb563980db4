"""Images in Zarr: OME-Zarr of either version, or a plain array, a window at a time."""

import hashlib
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image

from tilegan.errors import ImageError
from tilegan.files import is_remote, locate, os_errors, storage_options
from tilegan.geometry import Window
from tilegan.images.origin import Geo
from tilegan.images.source import first_line, reduced_shape
from tilegan.images.stretch import OVERVIEW, Stretch, to_rgb

_CONTENT = "tczyx"


class ZarrSource:
    """A Zarr array, or the levels of an OME-Zarr image; see ``tilegan.images.source.Source``.

    Axes y and x are needed; c may have one band (gray), or three or more (the first three are read); further axes must
    have one plane.
    """

    sequential = False
    held = False

    def __init__(self, path: Path) -> None:
        """Open a folder, here or what ``locate`` gave for a URL.

        Raises:
            ImageError: it is no Zarr image.
        """
        self.path = str(path)
        try:
            self._levels, self._axes = _open_levels(path)
        except ImageError:
            raise
        except Exception as error:  # zarr raises a different class for each kind of damage
            raise ImageError(f"not a Zarr image: {path}: {first_line(error)}") from error
        full = self._levels[0]
        sizes = dict(zip(self._axes, full.shape, strict=True))
        planes = {axis: size for axis, size in sizes.items() if axis not in "cyx" and size > 1}
        if planes:
            raise ImageError(f"cannot choose a plane of {path}: axes {planes}: save one plane alone")
        self.height: int = sizes["y"]
        self.width: int = sizes["x"]
        self.bands: int = sizes.get("c", 1)
        self.dtype: np.dtype[Any] = np.dtype(full.dtype)
        self.geo: Geo | None = None
        if 0 in full.shape or self.dtype.kind not in "buifc":
            raise ImageError(f"not an image: {path}: {full.dtype} array of shape {full.shape}")
        inner = dict(zip(self._axes, full.chunks, strict=True))
        self.block: tuple[int, int] = min(inner["y"], self.height), min(inner["x"], self.width)
        self._stretch: Stretch | None = None

    def read(self, window: Window) -> NDArray[np.uint8]:
        """The pixels of a window inside the image, as uint8 RGB (h, w, 3); from any thread.

        Raises:
            ImageError: a chunk is damaged.
        """
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        return to_rgb(self._measured().apply(self._values(0, rows, columns)))

    def read_mask(self, window: Window) -> NDArray[np.uint8] | None:  # noqa: ARG002  (the protocol's)
        """None: Zarr images say of no pixel that it means nothing."""
        return None

    def thumbnail(self, side: int) -> NDArray[np.uint8]:
        """The whole image reduced to a longest side of at most ``side`` pixels, as uint8 RGB (h, w, 3).

        Raises:
            ImageError: a chunk is damaged.
        """
        height, width = reduced_shape(self.height, self.width, side)
        reduced = Image.fromarray(to_rgb(self._measured().apply(self._overview(side))))
        return np.array(reduced.resize((width, height), Image.Resampling.BOX))

    def identity(self) -> dict[str, str | int]:
        """What tells this image from another one or from a later version of itself.

        On a web server that lists no files it is no more than its name and size in pixels.

        Raises:
            ImageError: object storage does not answer.
        """
        path = locate(self.path)
        known: dict[str, str | int] = {"name": path.name, "height": self.height, "width": self.width}
        return known | (_listed(path) if is_remote(path) else _on_disk(path))

    def close(self) -> None:
        """Nothing is held open."""

    def _values(self, level: int, rows: slice, columns: slice) -> NDArray[Any]:
        """(h, w, 1 or 3) of a level, in the type of the file."""
        bands = slice(0, 3 if self.bands >= 3 else 1)
        chosen = {"y": rows, "x": columns, "c": bands}
        selection = tuple(chosen.get(axis, 0) for axis in self._axes)
        try:
            with os_errors():
                values = np.asarray(self._levels[level][selection])
        except Exception as error:  # each codec raises its own
            raise ImageError(f"damaged image: {self.path}: level {level}: {first_line(error)}") from error
        kept = [axis for axis in self._axes if axis in chosen]
        values = values.transpose([kept.index(axis) for axis in "yxc" if axis in kept])
        return values if "c" in kept else values[..., None]

    def _overview(self, side: int) -> NDArray[Any]:
        """(h, w, 1 or 3) at least ``side`` pixels long where the image is, and less than four times that."""
        level = 0
        while level + 1 < len(self._levels) and max(self._size(level + 1)) >= side:
            level += 1
        step = max(1, max(self._size(level)) // (2 * side))
        return self._values(level, slice(None, None, step), slice(None, None, step))

    def _size(self, level: int) -> tuple[int, int]:
        shape = self._levels[level].shape
        return shape[self._axes.index("y")], shape[self._axes.index("x")]

    def _measured(self) -> Stretch:
        if self.dtype == np.uint8:
            return Stretch()
        if self.dtype == np.bool_:
            return Stretch(high=1.0)
        if self._stretch is None:
            self._stretch = Stretch.measure(self._overview(OVERVIEW))
        return self._stretch


def _on_disk(folder: Path) -> dict[str, str | int]:
    """What the disk tells of the files in a folder."""
    files = [file.stat() for file in folder.rglob("*") if file.is_file()]
    return {
        "files": len(files),
        "bytes": sum(file.st_size for file in files),
        "mtime_ns": max(file.st_mtime_ns for file in files),
    }


def _listed(folder: Path) -> dict[str, str | int]:
    """What object storage's listings tell of the objects in a folder; a request for each of them would take long."""
    try:
        with os_errors():
            found = cast(Any, folder).fs.find(cast(Any, folder).path, detail=True)
    except FileNotFoundError:
        found = {}
    except OSError as error:
        raise ImageError(f"cannot read image: {folder}: {error.strerror or first_line(error)}") from error
    versions = "".join(f"{name} {info.get('ETag') or info.get('etag')}\n" for name, info in sorted(found.items()))
    return {
        "files": len(found),
        "bytes": sum(info["size"] or 0 for info in found.values()),
        "etags": hashlib.sha256(versions.encode()).hexdigest(),
    }


def _open_levels(path: Path) -> tuple[list[zarr.Array[Any]], str]:
    """The arrays of an image, largest first, and one letter for each of their axes."""
    with os_errors():
        node = zarr.open(str(path), mode="r", storage_options=storage_options(path))
    if isinstance(node, zarr.Array):
        return [node], _axes_of(node, path)
    attributes: dict[str, Any] = node.attrs.asdict()
    multiscales = attributes.get("ome", attributes).get("multiscales")
    if not multiscales:
        names = sorted(name for name, _ in node.arrays())
        inside = f"it holds {', '.join(names[:5])}: give one of them" if names else "it holds no array"
        raise ImageError(f"not an OME-Zarr image: {path}: {inside}")
    members = [node[dataset["path"]] for dataset in multiscales[0]["datasets"]]
    levels = [member for member in members if isinstance(member, zarr.Array)]
    if len(levels) != len(members):
        raise ImageError(f"not an OME-Zarr image: {path}: a level is no array")
    axes = "".join(
        str(axis["name"] if isinstance(axis, dict) else axis) for axis in multiscales[0].get("axes", _CONTENT)
    )
    if len(axes) != levels[0].ndim or not {"y", "x"} <= set(axes) <= set(_CONTENT):
        raise ImageError(f"not an OME-Zarr image: {path}: axes '{axes}' for shape {levels[0].shape}")
    return levels, axes


def _axes_of(array: zarr.Array[Any], path: Path) -> str:
    """Axes by their names, else by their sizes: the last or else the first of three is the bands."""
    names = getattr(array.metadata, "dimension_names", None)
    axes = "".join(name or "?" for name in names) if names else ""
    if len(axes) == array.ndim and {"y", "x"} <= set(axes) <= set(_CONTENT):
        return axes
    if array.ndim == 2:
        return "yx"
    if array.ndim == 3:
        return "yxc" if array.shape[2] in (1, 3, 4) else "cyx"
    raise ImageError(f"not an image: {path}: array of shape {array.shape}: two or three axes are needed")
