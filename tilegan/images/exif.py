"""What is said of a result in EXIF, by formats that have no other place for it."""

from PIL import ExifTags, Image

_INCH = 2  # EXIF's number of it


def exif_of_dpi(dpi: tuple[float, float]) -> Image.Exif:
    """EXIF that tells pixels per inch, horizontally and vertically."""
    exif = Image.Exif()
    exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = dpi
    exif[ExifTags.Base.ResolutionUnit] = _INCH
    return exif
