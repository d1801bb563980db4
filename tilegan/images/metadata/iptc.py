"""IPTC records (IIM) of a photograph that hold for a result."""

_RECORD = 0x1C
_EXTENDED = 0x8000  # extended dataset: this length is the size of the length field that follows
_PREVIEW = {(2, 200), (2, 201), (2, 202)}


def cleaned(data: bytes) -> bytes:
    """Return the complete records, without previews and padding."""
    kept, position = b"", 0
    while position + 5 <= len(data) and data[position] == _RECORD:
        length, start = int.from_bytes(data[position + 3 : position + 5], "big"), position + 5
        if length & _EXTENDED:
            count = length & ~_EXTENDED
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + length > len(data):
            break
        if (data[position + 1], data[position + 2]) not in _PREVIEW:
            kept += data[position : start + length]
        position = start + length
    return kept
