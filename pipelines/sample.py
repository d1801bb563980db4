"""Write a procedural landscape of any size, as a test image."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import from_bounds

from tilegan.errors import SettingError
from tilegan.files import first_line
from tilegan.geometry import grid_cell
from tilegan.images.formats.checks import check_export
from tilegan.images.formats.register import endings, writer_of
from tilegan.images.metadata.origin import Geo, Origin
from tilegan.images.output import beside, check_output
from tilegan.images.publish import publish
from tilegan.images.stores.pyramid import build_levels
from tilegan.images.stores.store import Store
from tilegan.landscape import Landscape
from tilegan.progress import Progress, silent

SHARD = 1024  # side in pixels; a few megabytes, so that many can be in flight

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class SampleResult:
    """The written landscape.

    Attributes:
        output: file or folder.
        height: height in pixels.
        width: width in pixels.
        seed: seed of the landscape.
        seconds: duration.
    """

    output: Path
    height: int
    width: int
    seed: int
    seconds: float


def sample(
    output: str | Path,
    height: int,
    width: int,
    *,
    seed: int = 0,
    crs: str | None = None,
    bounds: Bounds | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SampleResult:
    """Write a landscape, in bounded memory; it appears under its name when it is complete.

    Args:
        output: path with the ending of a format that can be written.
        height: height in pixels, at least 1.
        width: width in pixels, at least 1.
        seed: seed of the landscape; at least 0.
        crs: coordinate reference system of the output, such as 'EPSG:32631'; for .tif and .zarr.
        bounds: left, bottom, right and top in the CRS; by default one unit per pixel, from 0, 0 at the bottom left.
        overwrite: replace an existing output.
        progress: called with the pixels done, phases 'sample', 'pyramid' and 'export'.

    Raises:
        SettingError: height, width, seed, CRS or bounds are invalid.
        OutputExistsError: the output exists.
        OutputError: the output cannot be written, or cannot hold so many pixels.
    """
    started = time.perf_counter()
    if height < 1 or width < 1:
        raise SettingError(f"no image of {height} x {width} pixels: give a height and a width of at least 1")
    if seed < 0:
        raise SettingError(f"no seed {seed}: give 0 or more")
    output = Path(output)
    tell = progress or silent
    kind = check_output(output, overwrite)
    check_export(output, height, width)
    if not writer_of(kind).holds_measures and (crs or bounds):
        raise SettingError(f"a {kind} cannot hold a CRS: use {endings(lambda writer: writer.holds_measures)}")
    origin = _origin(height, width, crs, bounds)
    with beside(output) as folder:
        store = Store.create(folder / "store.zarr", height, width, shard=SHARD, name="landscape", origin=origin)
        _fill(store, Landscape(height, width, seed), tell)
        if writer_of(kind).holds_levels:
            build_levels(store, tell)
        publish(store, output, folder, overwrite=overwrite, progress=tell)
    return SampleResult(output, height, width, seed, time.perf_counter() - started)


def _origin(height: int, width: int, crs: str | None, bounds: Bounds | None) -> Origin | None:
    """Return source metadata with the georeference."""
    if crs is None:
        if bounds is not None:
            raise SettingError("bounds need a CRS: give one such as EPSG:32631")
        return None
    left, bottom, right, top = bounds or (0.0, 0.0, float(width), float(height))
    if not (left < right and bottom < top):
        raise SettingError(f"no bounds {left:g},{bottom:g},{right:g},{top:g}: give left, bottom, right and top")
    try:
        system = CRS.from_user_input(crs)
    except CRSError as error:
        raise SettingError(f"no CRS '{crs}': {first_line(error)}: give one such as EPSG:32631") from error
    transform = from_bounds(left, bottom, right, top, width, height)
    return Origin(Geo(height=height, width=width, crs=system, transform=transform))


def _fill(store: Store, landscape: Landscape, tell: Progress) -> None:
    """Write level 0."""
    rows, columns = store.grid(0)
    cells = list(product(range(rows), range(columns)))

    def paint(index: tuple[int, int]) -> int:
        cell = grid_cell(index, store.shard, landscape.height, landscape.width)
        store.write_shard(0, index, landscape.read(cell))
        return cell.height * cell.width

    done, total = 0, landscape.height * landscape.width
    tell("sample", 0, total)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for pixels in threads.map(paint, cells):
            done += pixels
            tell("sample", done, total)
