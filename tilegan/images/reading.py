"""Read options: how the values of a file become pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

from tilegan.options import described, option


@described
@dataclass(frozen=True)
class Reading:
    """Read options: conversion of the values of a file to pixels.

    A named stretch is also applied to 8-bit values; None is 'percentile' for other values, and leaves 8-bit values
    unchanged. 'percentile' takes the 0.5th and 99.5th percentiles of an overview, 'minmax' its extremes, 'dtype' the
    range of an integer type, or 0 to 1 for floats. ``keep_profile`` follows from ``ExportOptions.profile`` and is not
    an option of its own: whether colors outside of sRGB are compressed reversibly (see
    ``tilegan.images.pixels.gamut``) instead of clipped, so that they can be restored in the profile of the file.
    """

    bands: tuple[int, ...] | None = option(
        None,
        "Bands to read as red, green and blue, or one as gray, counted from 1: 4,3,2",
        metavar="R,G,B",
        unset="those that the file names, else the first ones",
    )
    stretch: str | None = option(
        None,
        "Rule by which values of more than 8 bits become levels: percentile, minmax, dtype or LOW,HIGH",
        metavar="RULE",
        unset="percentile",
    )
    depth: str = option(
        "8",
        "Depth of the pixels in bits; keep: 16 where the source has more than 8, and values of its type in the output",
        choices=("8", "keep"),
    )
    plane: Mapping[str, int] = option(
        dict,
        "Plane to read of an image with more axes, counted from 0: t=0,z=3, or page=2 of a file with several images",
        metavar="AXIS=N",
    )
    allow_truncated: bool = option(False, "Read missing parts of a damaged file as mid-gray")
    keep_profile: bool = False
