"""Files beside an image: its georeference, for GDAL, if the format cannot hold it; stale ones are found."""

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
    """Return the path of the file in which GDAL keeps what the image itself cannot hold."""
    return path.with_name(path.name + SIDECAR)


def companions(path: Path) -> list[Path]:
    """Return files beside an image that GDAL would read with it and that belong to no other image, by their names.

    World files and the like, whose names lack the image's ending, count only if no other image has the same stem.
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
    """Return the ending of an image's world file: .tfw for a .tif."""
    ending = path.suffix.lower()
    return f"{ending[:2]}{ending[-1:]}w"


def write_georeference(path: Path, kind: str, driver: str | None, geo: Geo | None) -> tuple[str, ...]:
    """Write the part of the georeference that the image cannot hold to a file beside it, if there is any.

    Args:
        path: path of the image.
        kind: its kind (see ``kind_of``).
        driver: GDAL driver, which knows what the format itself holds; None if the georeference is lost.
        geo: georeference in the image's pixels.

    Returns:
        Notes for the user, one line each.

    Raises:
        OSError: the file cannot be written.
    """
    if geo is None or (geo.crs is None and not is_placed(geo)):
        return ()
    if driver is None:
        return (f"its georeference is lost: {kind} cannot hold it",)
    content = _sidecar_by_gdal(path.parent / f"probe.{kind}", driver, geo)
    if content is None:
        return ()
    sidecar_of(path).write_bytes(content)
    what = "coordinate system" if driver == "GTiff" else "georeference"
    return (f"{kind} cannot hold its {what}: it is in a file beside it that ends in {SIDECAR}: keep both together",)


def read_georeference(path: Path) -> Geo | None:
    """Read the georeference of an image from the files beside it; None if there are none, or they have none."""
    beside = [sidecar_of(path), path.with_suffix(".wld"), path.with_name(path.name + "w")]
    beside.append(path.with_suffix(_world_file(path)))
    if not any(file.is_file() for file in beside):
        return None
    with suppress(RasterioError, CPLE_BaseError), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            return georeference(dataset, dataset.transform, has_nodata=False)
    return None


def _sidecar_by_gdal(probe: Path, driver: str, geo: Geo) -> bytes | None:
    """Return the bytes that GDAL writes beside an image of one pixel with this georeference; None if none."""
    profile: dict[str, Any] = {"crs": geo.crs}
    if geo.transform is not None:
        profile["transform"] = geo.transform
    elif geo.gcps:
        profile["gcps"] = list(geo.gcps)
    if geo.rpcs is not None:
        profile["rpcs"] = geo.rpcs
    sidecar = sidecar_of(probe)
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED=True):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(probe, "w", driver, height=1, width=1, count=1, dtype="uint8", **profile):
                pass
        return sidecar.read_bytes() if sidecar.is_file() else None
    except (RasterioError, CPLE_BaseError) as error:
        raise OSError(f"its georeference cannot be written: {error}") from error
    finally:
        probe.unlink(missing_ok=True)
        sidecar.unlink(missing_ok=True)
