"""Find the arrays of a Zarr folder that form an image, and the meaning of their axes; nothing outside is opened."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from tilegan.errors import ImageError, shown
from tilegan.files import is_remote, os_errors, storage_options
from tilegan.images.metadata.geozarr import geo_of_attributes
from tilegan.images.metadata.ome import are_colors, dpi_of_multiscale
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.metadata.provenance import Provenance

LARGEST_CHUNK = 2**30  # limit of the decoded bytes of a chunk
_LARGEST_SIDE = 2**31 - 1
_MOST_CHUNKS = 2**28  # limit of the chunks of a plane; more would only exhaust time
_CONTENT = "tczyx"
_OTHER_NAMES = {"band": "c", "bands": "c", "channel": "c", "channels": "c", "rgb": "c", "s": "c", "time": "t"}


@dataclass(frozen=True)
class Layout:
    """The arrays of an image.

    Attributes:
        levels: arrays, largest first.
        folders: folders of the levels, relative to the image's; '' for its own.
        axes: one letter of 'tczyx' for each axis.
        origin: source metadata in a store; None if it is not a store.
        is_store: whether it is a store, which has to be complete.
        dpi: pixels per inch of the largest level, horizontally and vertically; None if undeclared.
        omero: unchecked 'omero' metadata: colors and windows of channels.
        geo: georeference of the largest level by the GeoZarr conventions; None if undeclared.
        made: provenance; None if undeclared.
        name: name of the image; None if it has none.
    """

    levels: list[zarr.Array[Any]]
    folders: list[str]
    axes: str
    origin: Origin | None = None
    is_store: bool = False
    dpi: tuple[float, float] | None = None
    omero: Any = None
    geo: Geo | None = None
    made: Provenance | None = None
    name: str | None = None

    @property
    def is_result(self) -> bool:
        """Whether it has the form of a result: a store, or a copy that may have lost our attributes."""
        full = self.levels[0]
        alike = self.axes == "cyx" and full.dtype in (np.uint8, np.uint16) and are_colors(self.omero, full.shape[0])
        return self.is_store or alike


def open_layout(path: Path) -> Layout:
    """Find the image of a folder, local or found by ``locate``.

    Raises:
        ImageError: there is none, or its shape is absurd.
        Exception: zarr raises different errors for each kind of damage.
    """
    with os_errors():
        # zarr would take some folder names for URLs
        store: Any = str(path) if is_remote(path) else LocalStore(path, read_only=True)
        node = zarr.open(store, mode="r", storage_options=storage_options(path))
    layout = Layout([node], [""], _axes_of(node, path)) if isinstance(node, zarr.Array) else _multiscale(node, path)
    _refuse_absurd(layout, path)
    return layout


def _multiscale(group: zarr.Group, path: Path) -> Layout:
    attributes: dict[str, Any] = group.attrs.asdict()
    multiscales = _of_type(attributes.get("ome", attributes), dict).get("multiscales")
    if not multiscales:
        raise ImageError(f"not an OME-Zarr image: {shown(path)}: {_inside(group)}")
    first = _of_type(_of_type(multiscales, list)[0], dict)
    folders = [str(dataset["path"]) for dataset in first["datasets"]]
    levels = []
    for folder in folders:
        _refuse_outside(path, folder)
        level = group.get(folder)
        if not isinstance(level, zarr.Array):
            raise ImageError(f"not an OME-Zarr image: {shown(path)}: its level '{shown(folder)}' is no array")
        levels.append(level)
    if not levels:
        raise ImageError(f"not an OME-Zarr image: {shown(path)}: it declares no level")
    # fixed axes up to version 0.2
    axes = _letters([axis["name"] if isinstance(axis, dict) else axis for axis in first.get("axes", _CONTENT)])
    if any(len(axes) != level.ndim for level in levels) or not _fits(axes):
        raise ImageError(f"not an OME-Zarr image: {shown(path)}: axes '{shown(axes)}' for shape {levels[0].shape}")
    area = [level.shape[axes.index("y")] * level.shape[axes.index("x")] for level in levels]
    order = sorted(range(len(levels)), key=lambda number: -area[number])
    own = attributes.get("tilegan")
    full = levels[order[0]]
    sides = full.shape[axes.index("y")], full.shape[axes.index("x")]
    name = first.get("name")
    content = own.get("origin") if isinstance(own, dict) else None
    return Layout(
        levels=[levels[number] for number in order],
        folders=[folders[number] for number in order],
        axes=axes,
        origin=_origin(content) if content else None,
        is_store=isinstance(own, dict) and "shard" in own and group.metadata.zarr_format == 3,
        dpi=dpi_of_multiscale(first, order[0]),
        omero=attributes.get("ome", attributes).get("omero"),
        geo=geo_of_attributes(attributes | full.attrs.asdict(), *sides),
        made=Provenance.from_json(own.get("made")) if isinstance(own, dict) else None,
        name=name if isinstance(name, str) else None,
    )


def _origin(content: Any) -> Origin:
    """Parse the source metadata of a store.

    Raises:
        ValueError: they cannot be read, or are invalid.
    """
    try:
        origin = Origin.from_json(_of_type(content, dict))
    except ImageError as error:
        raise ValueError(str(error)) from error
    numbers = [origin.low, origin.high, *(origin.dpi or ())]
    lengths = [origin.geo.height, origin.geo.width] if origin.geo is not None else []
    tags = origin.geo.tags if origin.geo is not None else {}
    if (
        not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
        or not all(isinstance(length, int) and length > 0 for length in lengths)
        or not all(isinstance(text, str) for text in tags.values())
        or not isinstance(origin.color_managed, bool)
        or not isinstance(origin.rule, str)
        or origin.opacity not in (None, "alpha", "mask", "nodata")
        or not origin.low < origin.high
        or (origin.dpi is not None and len(origin.dpi) != 2)
        or np.dtype(origin.dtype).kind not in "buifc"
    ):
        raise ValueError("its source metadata is invalid")
    return origin


def _of_type(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"its metadata has a {type(value).__name__} in place of a {kind.__name__}")
    return value


def _inside(group: zarr.Group) -> str:
    """Describe the content of a group, for a message."""
    arrays: list[str] = []
    images: list[str] = []
    others: list[str] = []
    for name, member in sorted(group.members()):
        if isinstance(member, zarr.Array):
            arrays.append(name)
        else:
            attributes: Any = member.attrs.asdict()
            is_image = "multiscales" in attributes or "multiscales" in (attributes.get("ome") or {})
            (images if is_image else others).append(name)
    for kind, names in (("images", images), ("arrays", arrays), ("groups", others)):
        if names:
            more = ", ..." if len(names) > 5 else ""
            return f"it holds {kind} {shown(', '.join(names[:5]))}{more}: give one of them"
    return "it holds no array: give a folder that is an image"


def _refuse_outside(path: Path, folder: str) -> None:
    parts = folder.replace("\\", "/").split("/")
    is_outside = folder.startswith("/") or ".." in parts or ":" in parts[0]
    if not is_outside and not is_remote(path):
        is_outside = not (path / folder).resolve().is_relative_to(path.resolve())
    if is_outside:
        raise ImageError(
            f"not an OME-Zarr image: {shown(path)}: its level '{shown(folder)}' lies outside of it: do not trust it"
        )


def _axes_of(array: zarr.Array[Any], path: Path) -> str:
    """Return axes by their names, else by sizes: of three axes, the last or else the first one is the bands."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.asdict().get("_ARRAY_DIMENSIONS")
    axes = _letters(names or [])
    if len(axes) == array.ndim and _fits(axes):
        return axes
    if array.ndim == 2:
        return "yx"
    if array.ndim == 3:
        return "yxc" if array.shape[2] in (1, 3, 4) else "cyx"
    raise ImageError(
        f"not an image: {shown(path)}: array of shape {array.shape}: two or three axes are needed, or names of axes"
    )


def _letters(names: Any) -> str:
    lower = (str(name).lower() if name else "?" for name in names)
    return "".join(_OTHER_NAMES.get(name, name) for name in lower)


def _fits(axes: str) -> bool:
    return {"y", "x"} <= set(axes) <= set(_CONTENT) and len(set(axes)) == len(axes)


def _refuse_absurd(layout: Layout, path: Path) -> None:
    for array in layout.levels:
        if 0 in array.shape or array.dtype.kind not in "buifc":
            raise ImageError(f"not an image: {shown(path)}: {array.dtype} array of shape {array.shape}")
        chunk, chunks = array.dtype.itemsize, 1
        for axis, length, side in zip(layout.axes, array.shape, array.chunks, strict=True):
            chunk *= side
            chunks *= -(-length // side) if axis in "yx" else 1
        if chunk > LARGEST_CHUNK:
            raise ImageError(
                f"cannot read {shown(path)} in parts: a chunk decodes to {chunk / 2**30:.1f} GiB: "
                "write it again in smaller chunks"
            )
        if chunks > _MOST_CHUNKS or max(array.shape) > _LARGEST_SIDE:
            raise ImageError(f"not an image: {shown(path)}: absurd: shape {array.shape} in chunks of {array.chunks}")
