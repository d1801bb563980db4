"""Find the pages of an OME-TIFF that hold one color each, and join them to one image."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import rasterio
from rasterio.dtypes import _gdal_typename

_DESCRIPTION = "TIFFTAG_IMAGEDESCRIPTION"
_COLORS = {0xFF0000: "Red", 0x00FF00: "Green", 0x0000FF: "Blue"}
_LONGEST = 2**24  # limit of the characters of a description

Plane = tuple[int, int, int]  # indexes along z, c and t


@dataclass(frozen=True)
class ColorPages:
    """Positions of the pages of a three-channel image of one or several planes.

    Attributes:
        planes: axes beside channels that have more than one plane, and their lengths.
        channels: indexes of the red, green and blue channels.
        pages: index of each page, from 0.
    """

    planes: dict[str, int]
    channels: tuple[int, ...]
    pages: dict[Plane, int]

    def numbers(self, plane: dict[str, int]) -> list[int]:
        """Return the indexes of the red, green and blue pages of one plane, from 0."""
        return [self.pages[plane.get("z", 0), channel, plane.get("t", 0)] for channel in self.channels]


def color_pages(dataset: Any, count: int) -> ColorPages | None:
    """Find the color pages of a TIFF by its OME description; None if there are none.

    Args:
        dataset: rasterio dataset of the first page.
        count: number of pages in the file.
    """
    description = dataset.tags().get(_DESCRIPTION, "") if dataset.driver == "GTiff" else ""
    if count < 3 or dataset.count != 1 or "<OME" not in description or len(description) > _LONGEST:
        return None
    try:
        (pixels,) = ElementTree.fromstring(description).findall("{*}Image/{*}Pixels")
        sizes = {axis: int(pixels.attrib[f"Size{axis.upper()}"]) for axis in "zctyx"}
        pages = _pages(pixels, sizes, count)
    except (ElementTree.ParseError, KeyError, ValueError):
        return None
    if sizes["c"] != 3 or (sizes["y"], sizes["x"]) != dataset.shape or not pages:
        return None
    return ColorPages({axis: sizes[axis] for axis in "tz" if sizes[axis] > 1}, _channels(pixels), pages)


def join_pages(names: list[str]) -> Any:
    """Join three pages, given by GDAL's names, to a rasterio dataset of three bands; None if they do not match.

    Raises:
        RasterioError: a page cannot be opened.
    """
    bands, shapes = [], set()
    tags: dict[str, str] = {}
    for number, (name, color) in enumerate(zip(names, _COLORS.values(), strict=True), 1):
        with rasterio.open(name) as page:
            tags = tags or page.tags()
            rows, columns = page.block_shapes[0]
            shapes.add((page.count, page.height, page.width, page.dtypes[0]))
            sides = f'xOff="0" yOff="0" xSize="{page.width}" ySize="{page.height}"'
            bands.append(
                f'<VRTRasterBand dataType="{_gdal_typename(page.dtypes[0])}" band="{number}" blockXSize="{columns}" '
                f'blockYSize="{rows}"><ColorInterp>{color}</ColorInterp><SimpleSource><SourceFilename '
                f'relativeToVRT="0">{escape(name)}</SourceFilename><SourceBand>1</SourceBand><SrcRect {sides}/>'
                f"<DstRect {sides}/></SimpleSource></VRTRasterBand>"
            )
    ((count, height, width, _), *others) = shapes
    if others or count != 1:
        return None
    kept = "".join(f"<MDI key={quoteattr(key)}>{escape(value)}</MDI>" for key, value in tags.items())
    head = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><Metadata>{kept}</Metadata>'
    return rasterio.open(f"{head}{''.join(bands)}</VRTDataset>")


def _pages(pixels: ElementTree.Element, sizes: dict[str, int], count: int) -> dict[Plane, int]:
    """Return the page of each plane; empty if a plane has no page in this file."""
    order = pixels.attrib["DimensionOrder"].lower()[2:]
    if sorted(order) != ["c", "t", "z"]:
        raise ValueError(order)
    every = sizes["z"] * sizes["c"] * sizes["t"]
    if every > count:
        return {}
    tables = pixels.findall("{*}TiffData")
    if len({name.get("FileName") for name in pixels.findall("{*}TiffData/{*}UUID")}) > 1:
        return {}
    pages: dict[Plane, int] = {}
    for attributes in [table.attrib for table in tables] or [{}]:
        position = {axis: int(attributes.get(f"First{axis.upper()}", 0)) for axis in "zct"}
        start = int(attributes.get("IFD", 0))
        for page in range(
            start, start + min(every, int(attributes.get("PlaneCount", 1 if "IFD" in attributes else every)))
        ):
            pages[position["z"], position["c"], position["t"]] = page
            for axis in order:
                position[axis] = (position[axis] + 1) % sizes[axis]
                if position[axis]:
                    break
    return pages if len(pages) == every and max(pages.values()) < count else {}


def _channels(pixels: ElementTree.Element) -> tuple[int, ...]:
    """Return the channels shown as red, green and blue; in file order if other colors, or none, are declared."""
    declared = [int(channel.get("Color", 0)) >> 8 & 0xFFFFFF for channel in pixels.findall("{*}Channel")]
    return tuple(declared.index(color) for color in _COLORS) if sorted(declared) == sorted(_COLORS) else (0, 1, 2)
