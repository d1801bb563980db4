"""Installed packages: versions, extras, GDAL drivers."""

import platform
import re
from dataclasses import dataclass
from importlib import metadata

import tilegan

PACKAGES = ("torch", "rasterio", "zarr", "dask", "distributed", "numpy", "pillow")
FOR_DEVELOPERS = {"dev", "docs", "test"}  # extras that are not told
# those by which the usual images are read and written; others are read too where GDAL has them
DRIVERS = ("GTiff", "COG", "JPEG", "PNG", "WEBP", "AVIF", "JP2OpenJPEG", "JPEGXL", "Zarr", "netCDF", "HDF5", "NITF")


@dataclass(frozen=True)
class Extra:
    """An extra of the package.

    Attributes:
        name: its name.
        missing: packages of it that are not installed; none if the extra can be used.
        command: command that installs it.
    """

    name: str
    missing: tuple[str, ...]
    command: str


def versions() -> dict[str, str | None]:
    """Return the versions of tilegan, Python, GDAL and packages by name; None for what is missing or damaged."""
    found: dict[str, str | None] = {"tilegan": tilegan.__version__, "python": platform.python_version()}
    found |= {name: _version_of(name) for name in PACKAGES}
    try:
        import rasterio

        found["gdal"] = str(rasterio.__gdal_version__)
    except Exception:  # a damaged installation may raise anything
        found["gdal"] = None
    return found


def extras() -> tuple[Extra, ...]:
    """Return the extras for users, in alphabetical order; none if the package has no metadata."""
    try:
        lines = metadata.requires("tilegan") or []
    except metadata.PackageNotFoundError:
        return ()
    needed: dict[str, list[str]] = {}
    for line in lines:
        package, extra = re.match(r"[\w.-]+", line), re.search(r"extra\s*==\s*['\"]([\w-]+)", line)
        if package and extra and extra[1] not in FOR_DEVELOPERS:
            needed.setdefault(extra[1], []).append(package[0])
    return tuple(
        Extra(name, tuple(each for each in names if _version_of(each) is None), f"pip install 'tilegan[{name}]'")
        for name, names in sorted(needed.items())
    )


def drivers() -> dict[str, bool]:
    """Return which of the GDAL drivers that matter are there, by name.

    Raises:
        ImportError: rasterio is missing or damaged.
    """
    import rasterio

    with rasterio.Env() as env:
        known = env.drivers()
    return {name: name in known for name in DRIVERS}


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
