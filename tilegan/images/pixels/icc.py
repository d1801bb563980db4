"""Apply color profiles of three curves and a matrix to 16-bit colors; Pillow converts 8-bit colors only."""

import struct
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tilegan.geometry import Pixels
from tilegan.images.pixels import gamut
from tilegan.images.pixels.srgb import levels_of_light, light_of_levels

_ROWS = 128
_BANDS = (b"r", b"g", b"b")
# from the connection space of ICC profiles (XYZ, D50 white) to linear sRGB
_TO_SRGB = np.array(
    [[3.1341359, -1.6173863, -0.4906619], [-0.9787955, 1.9162544, 0.0334427], [0.0719554, -0.2289767, 1.4053860]]
)


class MatrixProfile:
    """An RGB profile made of one curve per band and a matrix."""

    def __init__(self, curves: NDArray[np.float32], matrix: NDArray[np.float32]) -> None:
        """Initialize from curves and matrix; see ``parse``."""
        self._curves = curves
        self._matrix = matrix
        self._encoded = levels_of_light(np.linspace(0, 1, 2**16), np.dtype(np.uint16))
        self._inverse = np.linalg.pinv(matrix.astype(np.float64)).astype(np.float32)

    @property
    def is_invertible(self) -> bool:
        """Whether sRGB colors can be converted to this profile: the curves increase, and the matrix has an inverse."""
        rises = bool((np.diff(self._curves, axis=1) >= 0).all() and (self._curves[:, -1] > self._curves[:, 0]).all())
        return rises and abs(float(np.linalg.det(self._matrix))) > 1e-6

    @classmethod
    def parse(cls, profile: bytes) -> Self | None:
        """Parse the bytes of a profile; None if it is of another kind, or broken."""
        try:
            (count,) = struct.unpack_from(">I", profile, 128)
            entries = (struct.unpack_from(">4sII", profile, 132 + 12 * number) for number in range(min(count, 100)))
            tags = {name: profile[start : start + length] for name, start, length in entries}
            if profile[16:24] != b"RGB XYZ " or b"A2B0" in tags:
                return None
            columns = [
                np.array(struct.unpack_from(">3i", tags[band + b"XYZ"], 8)) / 65536 for band in (b"r", b"g", b"b")
            ]
            curves = [_curve(tags[band + b"TRC"]) for band in _BANDS]
        except (KeyError, struct.error, ValueError):
            return None
        return cls(np.stack(curves).astype(np.float32), (_TO_SRGB @ np.stack(columns, axis=1)).astype(np.float32))

    def to_srgb(self, levels: Pixels, *, draw_in: bool = False) -> Pixels:
        """Convert colors of this profile, uint8 or uint16 (h, w, 3), to sRGB of the same dtype.

        Args:
            levels: colors of this profile.
            draw_in: compress colors outside of sRGB (see ``tilegan.images.pixels.gamut``) instead of clipping them.
        """
        result = np.empty_like(levels)
        step = 65535 // np.iinfo(levels.dtype).max
        for top in range(0, len(levels), _ROWS):  # in parts: float64 takes eight times the memory
            part = levels[top : top + _ROWS].astype(np.uint16) * np.uint16(step)
            linear = np.stack([curve[part[..., band]] for band, curve in enumerate(self._curves)], axis=-1)
            srgb = linear @ self._matrix.T
            srgb = gamut.inwards(srgb, self._inverse) if draw_in else srgb.clip(0, 1)
            encoded = self._encoded[(srgb * 65535 + 0.5).astype(np.uint16)]
            result[top : top + _ROWS] = encoded if step == 1 else (encoded.astype(np.uint32) + step // 2) // step
        return result

    def from_srgb(self, levels: Pixels, *, let_out: bool = False) -> Pixels:
        """Convert sRGB colors, uint8 or uint16 (h, w, 3), to this profile in the same dtype.

        Args:
            levels: colors in sRGB.
            let_out: expand compressed colors.
        """
        light = light_of_levels(levels.dtype).astype(np.float32)
        level = np.linspace(0, np.iinfo(levels.dtype).max, self._curves.shape[1])
        result = np.empty_like(levels)
        for top in range(0, len(levels), _ROWS):
            linear = light[levels[top : top + _ROWS]]
            linear = (gamut.outwards(linear, self._inverse) if let_out else linear) @ self._inverse.T
            for band, curve in enumerate(self._curves):
                result[top : top + _ROWS, :, band] = np.interp(linear[..., band], curve, level) + 0.5
        return result


def _curve(tag: bytes) -> NDArray[np.float64]:
    """Return the linear light, 0 to 1, of each of 65536 levels.

    Raises:
        ValueError: the tag is no curve.
        struct.error: it is truncated.
    """
    level = np.linspace(0, 1, 2**16)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        values = np.array(struct.unpack_from(f">{count}H", tag, 12))
        if count == 0:
            return level
        if count == 1:
            return np.asarray(level ** (values[0] / 256))
        return np.interp(level, np.linspace(0, 1, count), values / 65535)
    if tag[:4] != b"para":
        raise ValueError("no curve")
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("no curve")
    # ICC.1:2022, 10.18: (a x + b) ** gamma + e from d on, c x + f below
    numbers = [value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    gamma, a, b, c, d, e, f = numbers + [1, 0, 0, 0, 0, 0][len(numbers) - 1 :]
    if kind in (1, 2):
        c, d, e, f = 0.0, -b / a if a else 0.0, c if kind == 2 else 0.0, c if kind == 2 else 0.0
    curve = np.where(level >= d, np.maximum(a * level + b, 0) ** gamma + e, c * level + f)
    return np.asarray(curve.clip(0, 1))
