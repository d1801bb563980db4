"""XMP: what of a photograph's holds for a result too, and what has to be put right for it.

Only the properties concerned are touched, by their usual prefixes, and the rest of the text stays as it was.
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
# Thumbnails, maker's notes, what a file holds behind its picture (parts of XMP, gain maps, films, depth), places in the
# stored picture (faces, panoramas), and how a raw file was developed.
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
    """What of XMP holds for a result, and whether that is less than there was; None if it is no XMP, or broken."""
    text = _text(data)
    if text is None:
        return None
    before, end, after = text.rpartition(_END)
    text = before.rstrip() + "\n" + end + after if end else text  # without the room that editors leave for themselves
    rest = text
    for name in _UNTRUE:
        rest = re.sub(_ELEMENT.format(name=name), "", rest, flags=re.DOTALL)
        rest = re.sub(_PROPERTY.format(name=name), "", rest)
    return (rest, rest != text) if _is_sound(rest) else None


def for_result(text: str, height: int, width: int, dpi: tuple[float, float] | None, *, is_srgb: bool | None) -> str:
    """What is true of a result of a size; see ``tilegan.images.metadata.exif.for_result``."""
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
    """Whether it is XML that declares nothing: patterns that look for the ends of elements then find them."""
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return False
    try:
        expat.ParserCreate().Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def _set(text: str, name: str, form: str, value: str) -> str:
    """The text with another value of a property, where it has one."""
    text = re.sub(rf"""(\b{name}\s*=\s*)(["']){form}\2""", rf"\g<1>\g<2>{value}\g<2>", text)
    return re.sub(rf"(<{name}(?:\s[^<>]*)?>){form}(</{name}\s*>)", rf"\g<1>{value}\g<2>", text)
