"""Check finished results: their provenance, and whether they are complete."""

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
    """Check whether an existing output is what a resumed command asks for.

    Args:
        output: file or folder.
        kind: its kind (see ``kind_of``).
        height: expected height, in pixels.
        width: expected width.
        asked: expected provenance.
        free: names of settings that the user did not choose, so that any value will do.

    Returns:
        Whether it is complete; otherwise it is the remains of an interrupted or damaged result.

    Raises:
        ResumeError: it was made otherwise, or has no provenance.
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
        raise ResumeError(f"cannot resume: {output} exists, and does not say what made it: {_CURE}")
    raise ResumeError(f"cannot resume: {output} is finished, and was made {difference}: {_CURE}")


def _size(output: Path, kind: str) -> tuple[int, int] | None:
    if (size := writer_of(kind).size) is not None:
        return size(output)
    with closing(open_source(output)) as image:
        return image.height, image.width


def provenance_of(output: Path, kind: str) -> Provenance | None:
    """Return the provenance of a result of a kind; None if it has none, or is not such a result."""
    with suppress(*_OF_READERS):
        return writer_of(kind).provenance(output)
    return None


def is_whole(output: Path, kind: str) -> bool:
    """Whether a result with provenance is complete, as far as can be checked without decoding it.

    Every byte of a PNG and a WebP is checked. Shards and tiles are counted, not read; on object storage, where the root
    of a store is written last, they are not even counted.
    """
    with suppress(*_OF_READERS):
        return writer_of(kind).is_whole(output)
    return False
