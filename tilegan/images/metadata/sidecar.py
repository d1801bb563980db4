"""What lies beside an image: its place, in a file that GDAL reads, where its format cannot hold it; what is stale."""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from tilegan.images.metadata.georeference import georeference, is_placed
from tilegan.images.metadata.origin import Geo

SIDECAR = ".aux.xml"
COMPANIONS = (SIDECAR, ".ovr", ".msk", ".msk.ovr", ".ovr.ovr", ".AUX.XML", ".OVR", ".MSK")
_SHARED = (".wld", ".WLD", ".aux", ".rrd", ".tab", ".TAB", ".prj", "_RPC.TXT", "_rpc.txt", ".RPB", ".rpb")


def sidecar_of(path: Path) -> Path:
    """The file beside an image in which GDAL keeps what the image cannot hold."""
    return path.with_name(path.name + SIDECAR)


def companions(path: Path) -> list[Path]:
    """Files beside an image that GDAL would read with it, by their names: they belong to it, and to no other.

    World files and the like, whose names lack the image's ending, count only where no other image has the same stem.
    """
    names = [path.name + ending for ending in COMPANIONS]
    names += [path.stem + _world_file(path), path.name + "w"]
    shared = [path.stem + ending for ending in _SHARED]
    found = [file for file in map(path.with_name, names) if file.is_file()]
    also = [file for file in map(path.with_name, shared) if file.is_file()]
    if also:
        known = {path.name, *names, *shared}
        others = (file.name for file in path.parent.iterdir() if file.stem == path.stem)
        found += also if all(name in known for name in others) else []
    return found


def _world_file(path: Path) -> str:
    """The ending of the world file of an image: .tfw of a .tif."""
    ending = path.suffix.lower()
    return f"{ending[:2]}{ending[-1:]}w"


def write_place(path: Path, kind: str, driver: str | None, geo: Geo | None) -> tuple[str, ...]:
    """Write beside an image what of its place it cannot hold, if there is something.

    Args:
        path: of the image.
        kind: of it (see ``kind_of``).
        driver: GDAL's, which tells what of a place the format holds itself; None if its place is lost.
        geo: counting the image's pixels.

    Returns:
        What a user should know, a line.

    Raises:
        OSError: it cannot be written.
    """
    if geo is None or (geo.crs is None and not is_placed(geo)):
        return ()
    if driver is None:
        return (f"its place is lost: {kind} has no room for it",)
    content = _told_by_gdal(path.parent / f"place.{kind}", driver, geo)
    if content is None:
        return ()
    sidecar_of(path).write_bytes(content)
    what = "coordinate system" if driver == "GTiff" else "place"
    return (f"{kind} cannot hold its {what}: it is in a file beside it that ends in {SIDECAR}: keep both together",)


def place_beside(path: Path) -> Geo | None:
    """Where an image lies, by the files beside it; None if there are none, or they do not say."""
    beside = [sidecar_of(path), path.with_suffix(".wld"), path.with_name(path.name + "w")]
    beside.append(path.with_suffix(_world_file(path)))
    if not any(file.is_file() for file in beside):
        return None
    with suppress(RasterioError, CPLE_BaseError), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            return georeference(dataset, dataset.transform, has_nodata=False)
    return None


def _told_by_gdal(probe: Path, driver: str, geo: Geo) -> bytes | None:
    """What GDAL writes beside an image of one pixel that has this place; None if it writes nothing."""
    told: dict[str, Any] = {"crs": geo.crs}
    if geo.transform is not None:
        told["transform"] = geo.transform
    elif geo.gcps:
        told["gcps"] = list(geo.gcps)
    if geo.rpcs is not None:
        told["rpcs"] = geo.rpcs
    sidecar = sidecar_of(probe)
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED=True):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(probe, "w", driver, height=1, width=1, count=1, dtype="uint8", **told):
                pass
        return sidecar.read_bytes() if sidecar.is_file() else None
    except (RasterioError, CPLE_BaseError) as error:
        raise OSError(f"its place cannot be written: {error}") from error
    finally:
        probe.unlink(missing_ok=True)
        sidecar.unlink(missing_ok=True)
