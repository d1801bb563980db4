"""Finished results: what made them, as they tell it themselves, and whether all of them is there."""

import struct
from contextlib import closing, suppress
from pathlib import Path

from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from tilegan.errors import ImageError, ResumeError
from tilegan.images.formats.register import writer_of
from tilegan.images.metadata.provenance import Provenance
from tilegan.images.opening import open_source

_CURE = "give another name, or --overwrite without --resume"
_OF_READERS = (OSError, RasterioError, CPLE_BaseError, ImageError, ValueError, struct.error)


def check_finished(
    output: Path, kind: str, height: int, width: int, asked: Provenance, free: frozenset[str] = frozenset()
) -> bool:
    """Find out whether an output that is there is what a resumed command asks for.

    Args:
        output: the file or folder.
        kind: of it (see ``kind_of``).
        height: that it should have, in pixels.
        width: likewise.
        asked: what should have made it.
        free: names of settings that nobody asked for, so that any will do.

    Returns:
        Whether all of it is there; if not, it is what an accident has left of it.

    Raises:
        ResumeError: something else made it, or it does not tell.
        ImageError: it cannot be read.
    """
    made = provenance_of(output, kind)
    if made is not None:
        kept = {name: value for name, value in made.settings.items() if name in free}
        difference = made.difference(asked.encoded(**kept))
        if difference is None:
            return is_whole(output, kind)
    found = _size(output, kind)
    if found is not None and found != (height, width):
        raise ResumeError(
            f"cannot resume: {output} is finished and has {found[0]} x {found[1]} pixels, not {height} x {width}: "
            f"it was made from another image: {_CURE}"
        )
    if made is None:
        raise ResumeError(f"cannot resume: {output} is there, and does not tell what made it: {_CURE}")
    raise ResumeError(f"cannot resume: {output} is finished, and was made {difference}: {_CURE}")


def _size(output: Path, kind: str) -> tuple[int, int] | None:
    if (size := writer_of(kind).size) is not None:
        return size(output)
    with closing(open_source(output)) as image:
        return image.height, image.width


def provenance_of(output: Path, kind: str) -> Provenance | None:
    """What made a result of a kind; None if it does not tell, or is none."""
    with suppress(*_OF_READERS):
        return writer_of(kind).provenance(output)
    return None


def is_whole(output: Path, kind: str) -> bool:
    """Whether nothing of a result that tells what made it is missing, as far as can be told without decoding it.

    Of a PNG and a WebP every byte is checked. Shards and tiles are counted, and not looked into; on object storage,
    where a store gets its root last, not even that.
    """
    with suppress(*_OF_READERS):
        return writer_of(kind).is_whole(output)
    return False
