"""Drop from XMP what is not true of a result, and adjust the rest to it.

Only the properties concerned are changed, found by their usual prefixes; the rest of the text stays as it was.
"""

import re
from xml.parsers import expat

_NUMBER = r"\s*\d+\s*"
_FRACTION = r"\s*\d+(?:/\d+)?\s*"
_ORIENTATION = "tiff:Orientation"
_HEIGHT = ("tiff:ImageLength", "exif:PixelYDimension")
_WIDTH = ("tiff:ImageWidth", "exif:PixelXDimension")
_ACROSS, _DOWN, _UNIT = "tiff:XResolution", "tiff:YResolution", "tiff:ResolutionUnit"
_SPACE = "exif:ColorSpace"
# Thumbnails, maker's notes, data behind the picture in the file (more XMP, gain maps, films, depth), positions in the
# stored picture (faces, panoramas), and settings of raw development.
_UNTRUE = (
    r"(?:xmp|xap):Thumbnails",
    r"exif:(?:MakerNote|SubjectArea|SubjectLocation)",
    r"xmpNote:HasExtendedXMP",
    r"(?:hdrgm|HDRGainMap|GCamera|GDepth|GImage|GAudio|Device|Camera|GContainer|Container|GPano|mwg-rs|MP|crs):[\w-]+",
)
_PROPERTY = r"""\s(?:{name})\s*=\s*(?:"[^"]*"|'[^']*')"""
_ELEMENT = r"<({name})(?:\s[^<>]*)?(?:/>|(?<!/)>.*?</\1\s*>)"
_END = "<?xpacket end"


def cleaned(data: bytes) -> tuple[str, bool] | None:
    """Return XMP that holds for a result, and whether parts were dropped; None if it is not XMP, or broken."""
    text = _text(data)
    if text is None:
        return None
    before, end, after = text.rpartition(_END)
    text = before.rstrip() + "\n" + end + after if end else text  # without the padding that editors reserve
    rest = text
    for name in _UNTRUE:
        rest = re.sub(_ELEMENT.format(name=name), "", rest, flags=re.DOTALL)
        rest = re.sub(_PROPERTY.format(name=name), "", rest)
    return (rest, rest != text) if _is_sound(rest) else None


def for_result(text: str, height: int, width: int, dpi: tuple[float, float] | None, *, is_srgb: bool | None) -> str:
    """Adjust XMP to a result; see ``tilegan.images.metadata.exif.for_result``."""
    values = {_ORIENTATION: "1"} | dict.fromkeys(_HEIGHT, str(height)) | dict.fromkeys(_WIDTH, str(width))
    if is_srgb is not None:
        values[_SPACE] = "1" if is_srgb else "65535"
    for name, value in values.items():
        text = _set(text, name, _NUMBER, value)
    if dpi is not None:
        for name, share in zip((_ACROSS, _DOWN), dpi, strict=True):
            text = _set(text, name, _FRACTION, f"{round(share * 1000)}/1000")
        text = _set(text, _UNIT, _NUMBER, "2")
    return text


def _text(data: bytes) -> str | None:
    for encoding in ("utf-8", "utf-16"):
        try:
            text = data.decode(encoding).strip("\0\ufeff \r\n")
        except UnicodeDecodeError:
            continue
        if ("rdf:RDF" in text or "xmpmeta" in text) and _is_sound(text):
            return text
    return None


def _is_sound(text: str) -> bool:
    """Whether it is XML without declarations, in which patterns find the ends of elements."""
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return False
    try:
        expat.ParserCreate().Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def _set(text: str, name: str, form: str, value: str) -> str:
    """Return the text with another value of a property, if it has this property."""
    text = re.sub(rf"""(\b{name}\s*=\s*)(["']){form}\2""", rf"\g<1>\g<2>{value}\g<2>", text)
    return re.sub(rf"(<{name}(?:\s[^<>]*)?>){form}(</{name}\s*>)", rf"\g<1>{value}\g<2>", text)
