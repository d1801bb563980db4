"""The maps of an image: the rasters of its controls, opened together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilegan.errors import ImageError, SettingError, shown
from tilegan.geometry import Window
from tilegan.images.amounts import ALL, AmountRaster, amounts_of
from tilegan.images.fitted import Fitted, covers
from tilegan.images.metadata.origin import Geo
from tilegan.images.numbers import NumberRaster
from tilegan.images.placing import placed_axes
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.images.source import Source
from tilegan.inference.controls.control import ChoiceControl, Control
from tilegan.inference.controls.register import controls
from tilegan.inference.options import StyleOptions

STORE = ".zarr"  # ending of folders that are images

Raster = AmountRaster | NumberRaster


@dataclass(frozen=True)
class Maps:
    """Open maps by the names of their controls.

    Attributes:
        fitted: the maps, scaled to the size of the image.
        files: their absolute paths, URLs or GDAL names; none for arrays.
        rasters: their files.
        geo: georeference of the image, by which georeferenced maps are placed; None if there is none.
        numbers: the numbers that occur in those that choose, in order; only of maps that were read by ``examined``.
    """

    fitted: Mapping[str, Fitted] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    geo: Geo | None = None
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def open(cls, files: Mapping[str, str], image: Source) -> "Maps":
        """Open the maps of an image.

        Args:
            files: paths, URLs or GDAL names by control.
            image: the image.

        Raises:
            ImageError: one cannot be read, lies elsewhere, or has another shape than the image and no georeference.
        """
        rasters: dict[str, Raster] = {}
        geo = image.origin.geo if files else None
        try:
            fitted = {}
            for control in _given(files):
                file = files[control.name]
                rasters[control.name] = raster = _opened(control, file)
                fitted[control.name] = made = _fitted(control, raster, image.height, image.width, geo)
                if made.part is None:
                    raise ImageError(f"{shown(file)} lies outside of the image, by the georeferences of both")
        except BaseException:
            for raster in rasters.values():
                raster.close()
            raise
        return cls(fitted, dict(files), rasters, geo)

    def examined(self) -> "Maps":
        """Read all maps once, strip by strip, so that a bad one is found before any work; return the found numbers too.

        Raises:
            ImageError: a map is damaged, or has colors where it must be gray.
        """
        numbers = {}
        for name, raster in self.rasters.items():
            found: set[int] = set()
            for strip in raster.strips(self.fitted[name].part):
                if isinstance(raster, NumberRaster):
                    found.update(np.unique(strip).tolist())
            if found:
                outside = () if self.fitted[name].covers_all else (_known()[name].outside,)
                numbers[name] = tuple(sorted(found.union(outside)))
        return replace(self, numbers=numbers)

    def strips(self, name: str) -> Iterator[NDArray[np.unsignedinteger[Any]]]:
        """Read the part of a map that lies in the image, strip by strip from the top.

        Raises:
            ImageError: the map is damaged.
        """
        yield from self.rasters[name].strips(self.fitted[name].part)

    def identities(self) -> dict[str, dict[str, str | int]]:
        """Return the identity of each file (see ``Source``), by control, and its place on the image if it has one."""
        found = {}
        for name, raster in self.rasters.items():
            axes = self.fitted[name].axes
            found[name] = raster.file.identity() | ({} if axes is None else {"place": repr(axes)})
        return found

    def sources(self) -> tuple[Source, ...]:
        """Return the open files."""
        return tuple(raster.file for raster in self.rasters.values())

    def resized(self, height: int, width: int) -> "Maps":
        """Return the same maps for a copy of the image in another size."""
        known, given = _known(), self.rasters.items()
        fitted = {name: _fitted(known[name], raster, height, width, self.geo) for name, raster in given}
        return replace(self, fitted=fitted)

    def close(self) -> None:
        """Close the files."""
        for raster in self.rasters.values():
            raster.close()


def files_of(options: StyleOptions, image: str | Path) -> dict[str, str]:
    """Return the files of the options that are maps, by control.

    A folder stands for the file in it that has the image's name, with any ending.

    Args:
        options: options, of which some may be maps.
        image: path, URL or GDAL name of the image.

    Raises:
        ImageError: a folder has no such file, or several.
        SettingError: a map is an array.
    """
    found = {}
    for name, value in given_maps(options).items():
        if not isinstance(value, str | Path):
            raise SettingError(f"{name} by an array is for stylize_array: save the map, and name its file")
        found[name] = _file(value, image)
    return found


def with_absolute_maps(options: StyleOptions) -> StyleOptions:
    """Return options whose maps have absolute paths, which hold in every process."""
    given = {name: value for name, value in given_maps(options).items() if not is_elsewhere(value)}
    absolute: dict[str, Any] = {name: str(Path(value).absolute()) for name, value in given.items()}
    return replace(options, **absolute)


def given_maps(options: StyleOptions) -> dict[str, Any]:
    """Return the values of options that are maps, by control: names of files or folders, or arrays."""
    given = {control.name: getattr(options, control.name) for control in controls()}
    return {control.name: value for control in controls() if control.is_map(value := given[control.name])}


def array_maps(given: Mapping[str, Any], height: int, width: int) -> Maps:
    """Return arrays as maps.

    Args:
        given: arrays, or objects that can be sliced like one, by control: numbers (h, w) of integers for those that
            choose; for amounts bool, uint8 or uint16 (h, w), or floats from 0 to 1.
        height: height of the image, in pixels.
        width: likewise.

    Raises:
        SettingError: an array has another dtype or shape.
    """
    fitted, numbers = {}, {}
    for control in _given(given):
        array, chooses = given[control.name], isinstance(control, ChoiceControl)
        if isinstance(array, str | Path):
            raise SettingError(f"{control.name} by a file is for stylize: of arrays, maps are arrays as well")
        kinds = "iu" if chooses else "bfu"
        if (
            len(array.shape) != 2
            or np.dtype(array.dtype).kind not in kinds
            or not covers(array.shape[0], array.shape[1], height, width)
        ):
            cure = "integers" if chooses else "bool, uint8, uint16, or floats from 0 to 1,"
            raise SettingError(
                f"a map of {array.dtype} {tuple(array.shape)} for {control.name} does not fit an image of "
                f"{(height, width)}: give {cure} (H, W) of this or another resolution"
            )
        if chooses:
            numbers[control.name] = tuple(np.unique(np.asarray(array)).tolist())
        read = partial(_sliced if chooses else _sliced_amounts, array)
        fitted[control.name] = Fitted(read, (array.shape[0], array.shape[1]), height, width, smooth=control.smooth)
    return Maps(fitted, numbers=numbers)


def _sliced(array: Any, window: Window) -> NDArray[Any]:
    return np.asarray(window.of(array))


def _sliced_amounts(array: Any, window: Window) -> NDArray[Any]:
    values = np.asarray(window.of(array))
    if values.dtype.kind == "u":
        return amounts_of(values)
    return np.rint(values.clip(0, 1) * np.float64(ALL)).astype(np.uint16)


def _given(files: Mapping[str, Any]) -> list[Control]:
    return [control for control in controls() if control.name in files]


def _opened(control: Control, file: str) -> Raster:
    return NumberRaster(file, control.what) if isinstance(control, ChoiceControl) else AmountRaster(file)


def _fitted(control: Control, raster: Raster, height: int, width: int, geo: Geo | None) -> Fitted:
    """Return a map on an image of a size, by their georeferences or over all of it."""
    read = raster.numbers if isinstance(raster, NumberRaster) else raster.amounts
    axes, shape = placed_axes(raster.file, height, width, geo), (raster.height, raster.width)
    if axes is None and not covers(*shape, height, width):
        raise ImageError(
            f"{shown(raster.file.path)} is {shape[1]} x {shape[0]} pixels, and the image, upright, {width} x {height}: "
            "a map covers all of it, in the same or another resolution, or both have a georeference"
        )
    return Fitted(read, shape, height, width, smooth=control.smooth, axes=axes, outside=control.outside)


def _known() -> dict[str, Control]:
    return {control.name: control for control in controls()}


def _file(value: str | Path, image: str | Path) -> str:
    if is_elsewhere(value):
        return str(value)
    path = Path(value).absolute()
    if not path.is_dir() or path.suffix.lower() == STORE:
        return str(path)
    stem = Path(str(image)).stem
    fitting = sorted(file for file in path.iterdir() if file.stem == stem and not file.name.startswith("."))
    if len(fitting) != 1:
        found = "no map" if not fitting else f"{len(fitting)} maps"
        raise ImageError(f"{found} of {shown(Path(str(image)).name)} in {path}: give one named {stem}.png or .tif")
    return str(fitting[0])
