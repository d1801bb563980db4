"""Colors of videos: from the luma and chroma of a file to RGB, and back with the same matrix.

Codes are those of ISO/IEC 23091-2 (H.273), which files and FFmpeg use. RGB has full range; videos are written with the
limited one, which every player understands, and their code values keep the transfer curve and the primaries of the
source: a model sees them as they are shown on a display of that kind.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tilegan.video.library import library

if TYPE_CHECKING:
    from av import VideoFrame

RGB, BT709, UNKNOWN, BT601, BT2020 = 0, 1, 2, 6, 9  # matrices
LIMITED, FULL = 1, 2  # ranges
HDR = {16: "PQ", 18: "HLG"}  # transfer curves of high dynamic range
_HD = 720  # rows from which files that name no matrix are taken for BT.709, as players do
# the matrices that swscale knows, by those of a file
_KNOWN = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}


@dataclass(frozen=True)
class Colors:
    """Meaning of the code values of a video.

    Attributes:
        matrix: of luma and chroma; of the result if the source holds RGB.
        primaries: code of the primaries; 2 if the file does not say.
        transfer: code of the transfer curve; likewise.
        range: ``LIMITED`` or ``FULL``.
    """

    matrix: int
    primaries: int
    transfer: int
    range: int

    @classmethod
    def of(cls, frame: "VideoFrame", height: int) -> "Colors":
        """Return those of a decoded frame; what it does not say follows from its height and its pixel format."""
        matrix = int(frame.colorspace)
        if matrix not in _KNOWN:
            matrix = BT709 if height >= _HD or matrix == RGB else BT601
        full = int(frame.color_range) == FULL or frame.format.name.startswith("yuvj")
        return cls(matrix, int(frame.color_primaries), int(frame.color_trc), FULL if full else LIMITED)


class Converter:
    """Converts frames of one clip; not for several threads at once."""

    def __init__(self, colors: Colors) -> None:
        from av.video.reformatter import Interpolation as Way
        from av.video.reformatter import VideoReformatter

        library()
        self._colors, self._reformatter = colors, VideoReformatter()
        # exact rounding, the same on every machine; chroma is interpolated, not repeated
        self._way = int(Way.BICUBIC | Way.ACCURATE_RND | Way.FULL_CHR_H_INT | Way.FULL_CHR_H_INP | Way.BITEXACT)

    def rgb(self, frame: "VideoFrame", height: int, width: int) -> NDArray[np.uint8]:
        """Return the pixels of a decoded frame, uint8 RGB (height, width, 3), as they are stored.

        A frame of another size, which some recordings have in the middle, is resized.
        """
        matrix = _KNOWN[self._colors.matrix]
        made = self._reformat(frame, "rgb24", matrix, self._colors.range, FULL, height, width)
        pixels: NDArray[np.uint8] = np.asarray(made.to_ndarray())
        return pixels

    def yuv(self, pixels: NDArray[Any]) -> "VideoFrame":
        """Return uint8 RGB (h, w, 3) as a frame of 4:2:0 in the same matrix, with limited range."""
        from av import VideoFrame

        frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
        return self._reformat(frame, "yuv420p", _KNOWN[self._colors.matrix], FULL, LIMITED)

    def _reformat(
        self,
        frame: "VideoFrame",
        pix_fmt: str,
        matrix: int,
        before: int,
        after: int,
        height: int | None = None,
        width: int | None = None,
    ) -> "VideoFrame":
        return self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format=pix_fmt,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            interpolation=self._way,
            src_color_range=before,
            dst_color_range=after,
        )


def upright_aspect(aspect: Fraction | None, turns: int) -> Fraction:
    """Return the ratio of width to height of a pixel after quarter turns; 1 if the file does not say."""
    if not aspect:
        return Fraction(1)
    return 1 / aspect if turns % 2 else aspect
