"""Pixel size and resolution: sizes in any unit, and descriptions of microscopes and scanners, as pixels per inch."""

import math
import re
from typing import Any

INCH = 25_400.0  # in micrometers
_LARGEST, _SMALLEST = 1e9, 1e-9  # plausible pixels per inch
_METER = 1e6  # in micrometers
_PREFIXES = {
    "": 1.0,
    "pico": 1e-12,
    "nano": 1e-9,
    "micro": 1e-6,
    "milli": 1e-3,
    "centi": 1e-2,
    "deci": 1e-1,
    "kilo": 1e3,
}
_UNITS = {
    **{prefix + meter: share * _METER for prefix, share in _PREFIXES.items() for meter in ("meter", "metre")},
    "pm": 1e-6,
    "nm": 1e-3,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "m": _METER,
    "km": 1e9,
    "angstrom": 1e-4,
    "å": 1e-4,
    "inch": INCH,
    "inches": INCH,
    "in": INCH,
    "foot": 12 * INCH,
    "yard": 36 * INCH,
    "mile": 63_360 * INCH,
}
_NUMBER = r"([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
# micrometers per pixel, horizontally and vertically, as scanners and their libraries write it
_MPP = re.compile(rf"\bMPP\s*[=:]\s*\"?{_NUMBER}", re.IGNORECASE)
_MPP_X, _MPP_Y = (
    re.compile(rf"\bmpp[-_ .]?{axis}\b(?:</name>\s*<value[^>]*>|\"?\s*[=:]\s*\"?)\s*{_NUMBER}", re.IGNORECASE)
    for axis in "xy"
)


def micrometers(size: float, unit: str) -> float | None:
    """Convert a length to micrometers; None if the unit is unknown.

    Args:
        size: length in the unit.
        unit: name or sign of the unit: 'micrometer', 'nm', ...
    """
    plain = unit.strip().replace("\\u00B5", "µ").replace("µ", "u").replace("μ", "u")
    share = _UNITS.get(plain.lower())
    return None if share is None else size * share


def dpi_of_pixel(across: float | None, down: float | None) -> tuple[float, float] | None:
    """Convert width and height of a pixel in micrometers to pixels per inch; None if either is unknown."""
    if not across or not down:
        return None
    dpi = INCH / across, INCH / down
    return dpi if all(math.isfinite(value) and _SMALLEST <= value <= _LARGEST for value in dpi) else None


def pixel_of_dpi(dpi: tuple[float, float]) -> tuple[float, float]:
    """Convert pixels per inch to width and height of a pixel in micrometers, without trailing rounding errors."""
    across, down = (float(f"{INCH / value:.12g}") for value in dpi)
    return across, down


def sensible_dpi(dpi: Any) -> tuple[float, float] | None:
    """Return pixels per inch declared by a file if they are plausible; None otherwise."""
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if all(math.isfinite(value) and 1 <= value <= _LARGEST for value in (across, down)) else None


def dpi_of_description(text: str, across: str = "", down: str = "") -> tuple[float, float] | None:
    """Parse pixels per inch from the description of a TIFF; None if it has none.

    Args:
        text: description by OME, ImageJ, Aperio, OpenSlide or libvips.
        across: horizontal resolution by the file's tags, which ImageJ counts in a unit of its own.
        down: vertical resolution by the file's tags.
    """
    if "<OME" in text:
        return _dpi_of_ome(text)
    if text.startswith("ImageJ="):
        return _dpi_of_imagej(text, across, down)
    both = _MPP.search(text)
    wide, high = _MPP_X.search(text) or both, _MPP_Y.search(text) or both
    return dpi_of_pixel(float(wide[1]), float(high[1])) if wide and high else None


def _dpi_of_ome(text: str) -> tuple[float, float] | None:
    """Parse the pixel size of the first image: an attribute of its first Pixels element."""
    element = re.search(r"<(?:\w+:)?Pixels\b[^>]*>", text)
    if element is None:
        return None
    sizes = []
    for axis in "XY":
        size = re.search(rf"\bPhysicalSize{axis}\s*=\s*[\"']{_NUMBER}[\"']", element[0])
        unit = re.search(rf"\bPhysicalSize{axis}Unit\s*=\s*[\"']([^\"']*)[\"']", element[0])
        name = unit[1].replace("&#181;", "µ").replace("&#xB5;", "µ") if unit else "um"
        sizes.append(micrometers(float(size[1]), name) if size else None)
    return dpi_of_pixel(*sizes)


def _dpi_of_imagej(text: str, across: str, down: str) -> tuple[float, float] | None:
    unit = re.search(r"^unit=(.+)$", text, re.MULTILINE)
    try:
        sizes = [micrometers(1 / float(value), unit[1]) for value in (across, down)] if unit else [None, None]
    except (ValueError, ZeroDivisionError):
        return None
    return dpi_of_pixel(*sizes)
