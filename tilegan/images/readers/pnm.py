"""What GDAL does not tell of portable pixmaps: the value that stands for white, which need not be that of the type."""

import re

_BETWEEN = rb"(?:\s|#[^\n\r]*[\n\r])+"
_HEADER = re.compile(rb"P[56]" + 3 * (_BETWEEN + rb"([0-9]{1,9})"))  # those of text are Pillow's
_MOST = 65_535


def highest_value(start: bytes) -> int | None:
    """The value that stands for white in a binary PGM or PPM; None if it is none.

    Args:
        start: of the file.
    """
    found = _HEADER.match(start)
    highest = int(found[3]) if found else 0
    return highest if 0 < highest <= _MOST else None
