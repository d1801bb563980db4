"""The highest value of portable pixmaps, which GDAL does not report and which need not be that of the dtype."""

import re

_BETWEEN = rb"(?:\s|#[^\n\r]*[\n\r])+"
_HEADER = re.compile(rb"P[56]" + 3 * (_BETWEEN + rb"([0-9]{1,9})"))  # text variants are read by Pillow
_MOST = 65_535


def highest_value(start: bytes) -> int | None:
    """Return the value of white in a binary PGM or PPM; None for other files.

    Args:
        start: first bytes of the file.
    """
    found = _HEADER.match(start)
    highest = int(found[3]) if found else 0
    return highest if 0 < highest <= _MOST else None
