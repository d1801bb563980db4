"""Choose the bands of a dataset that form the picture, and those that mark valid pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags

from tilegan.errors import SettingError, shown
from tilegan.images.pixels.stretch import bits_of
from tilegan.images.readers.gdal import Opened, numpy_type
from tilegan.images.reading import Reading

_COLORS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


@dataclass(frozen=True)
class Bands:
    """The roles of a dataset's bands.

    Attributes:
        indexes: numbers of the bands that form the picture, from 1: one, three, or four for inks.
        space: their color space: 'gray', 'rgb', 'cmyk', 'ycck', 'lab' or 'icclab'.
        palette: uint8 RGBA (values, 4) that the only band indexes; None if there is none.
        alpha: number of the opacity band; None if there is none.
        is_premultiplied: whether colors are premultiplied by opacity.
        opacity: as ``Origin.opacity``.
        key: the transparent value of a gray PNG, in the bits of its values; None if there is none.
        uses_mask: whether GDAL's mask has to be read.
        remark: bands that are left out without the user's choice; '' if none are.
        dtype: dtype of the picture's bands as read.
        bits: bits that their values use.
        is_inverted: whether the lowest value is white.
    """

    indexes: list[int]
    space: str
    palette: NDArray[np.uint8] | None
    alpha: int | None
    is_premultiplied: bool
    opacity: str | None
    key: int | None
    uses_mask: bool
    remark: str
    dtype: np.dtype[Any]
    bits: int
    is_inverted: bool


def choose_bands(opened: Opened, reading: Reading, path: str) -> Bands:
    """Choose the bands of a dataset.

    Raises:
        SettingError: there are no such bands.
    """
    dataset = opened.dataset
    if reading.bands is not None and max(reading.bands) > dataset.count:
        asked = ",".join(map(str, reading.bands))
        raise SettingError(f"no bands {asked} in {shown(path)}: it has bands 1 to {dataset.count}")
    indexes, space, palette = _picture(opened)
    if reading.bands is not None and list(reading.bands) != indexes:
        indexes, palette = list(reading.bands), None
        space = "gray" if len(indexes) == 1 else "rgb"
    meanings = dataset.colorinterp
    alpha = next(
        (band for band, meaning in enumerate(meanings, 1) if meaning == ColorInterp.alpha and band not in indexes), None
    )
    dtype = numpy_type(dataset.dtypes[indexes[0] - 1])
    if len(types := dict.fromkeys(dataset.dtypes[band - 1] for band in indexes)) > 1:
        numbered = ", ".join(f"{band} {found}" for band, found in enumerate(dataset.dtypes, 1))
        raise SettingError(
            f"bands of {' and '.join(types)} in {shown(path)} form no picture: choose one, or three of a type, by "
            f"--bands: {numbered}"
        )
    bits = int(dataset.tags(indexes[0], ns="IMAGE_STRUCTURE").get("NBITS", bits_of(dtype)))
    flags = {flag for band, found in enumerate(dataset.mask_flag_enums, 1) if band != alpha for flag in found}
    by_nodata = MaskFlags.nodata in flags
    by_mask = MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags and not by_nodata
    is_png = dataset.driver == "PNG"
    if palette is not None and by_nodata and not is_png:
        palette[:, 3] = 255  # GDAL's own flag for nodata, which is handled above
    see_through = palette is not None and bool((palette[:, 3] < 255).any())
    key = None
    if is_png and by_nodata and palette is None and dataset.count == 1:
        key = int(dataset.nodata) & (2**bits - 1)
    if alpha or see_through or (is_png and by_nodata):
        opacity: str | None = "alpha"
    else:
        opacity = "nodata" if by_nodata else "mask" if by_mask else None
    return Bands(
        indexes=indexes,
        space=space,
        palette=palette,
        alpha=alpha,
        is_premultiplied=alpha is not None and opened.is_premultiplied(path),
        opacity=opacity,
        key=key,
        uses_mask=(by_nodata or by_mask) and key is None and not (is_png and palette is not None),
        remark="" if reading.bands is not None else _left_out(dataset.count, indexes, alpha),
        dtype=dtype,
        bits=min(bits, bits_of(dtype)),
        is_inverted=space == "gray" and indexes == [1] and _is_white_lowest(dataset),
    )


def _left_out(count: int, indexes: list[int], alpha: int | None) -> str:
    if count <= len(indexes) + (alpha is not None):
        return ""
    return f"of {count} bands {', '.join(map(str, indexes))} {'is' if len(indexes) == 1 else 'are'} read"


def _is_white_lowest(dataset: Any) -> bool:
    """Whether a TIFF's lowest gray value is white; GDAL returns such values unchanged, or by an 8-bit palette."""
    is_said: bool = dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES"
    return is_said and np.dtype(dataset.dtypes[0]).kind == "u"


def _picture(opened: Opened) -> tuple[list[int], str, NDArray[np.uint8] | None]:
    """Return the bands that form the picture, their color space, and the palette if they are indices."""
    dataset = opened.dataset
    meanings = dataset.colorinterp
    if opened.space in ("cmyk", "ycck") and dataset.count >= 4:
        return [1, 2, 3, 4], opened.space, None
    if opened.space in ("lab", "icclab") and dataset.count >= 3:
        return [1, 2, 3], opened.space, None
    if dataset.count == 1 and dataset.dtypes[0] == "uint16" and _is_white_lowest(dataset):
        return [1], "gray", None
    if meanings[0] == ColorInterp.palette and np.dtype(dataset.dtypes[0]).kind == "u":
        palette = np.zeros((2 ** (8 * min(2, np.dtype(dataset.dtypes[0]).itemsize)), 4), np.uint8)
        palette[:, 3] = 255
        for index, color in dataset.colormap(1).items():
            palette[index] = color
        return [1], "rgb", palette
    if all(color in meanings for color in _COLORS):
        return [meanings.index(color) + 1 for color in _COLORS], "rgb", None
    visible = [band for band, meaning in enumerate(meanings, start=1) if meaning != ColorInterp.alpha] or [1]
    return (visible[:3], "rgb", None) if len(visible) >= 3 else (visible[:1], "gray", None)
