"""The colours of an OME-TIFF, each of which is a page of its own: which these are, and how they become one image."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import rasterio
from rasterio.dtypes import _gdal_typename

_DESCRIPTION = "TIFFTAG_IMAGEDESCRIPTION"
_COLOURS = {0xFF0000: "Red", 0x00FF00: "Green", 0x0000FF: "Blue"}
_LONGEST = 2**24  # letters of a description that is looked at

Place = tuple[int, int, int]  # index along z, c and t


@dataclass(frozen=True)
class ColourPages:
    """Where the pages of an image of three channels lie, of one or several planes.

    Attributes:
        planes: the axes beside channels that have more than one plane, and their lengths.
        channels: numbers of the channels that are red, green and blue.
        pages: the number of each page, from 0.
    """

    planes: dict[str, int]
    channels: tuple[int, ...]
    pages: dict[Place, int]

    def numbers(self, plane: dict[str, int]) -> list[int]:
        """The pages of red, green and blue of one plane, from 0."""
        return [self.pages[plane.get("z", 0), channel, plane.get("t", 0)] for channel in self.channels]


def colour_pages(dataset: Any, count: int) -> ColourPages | None:
    """The pages of a TIFF that are the colours of an image, as its OME description tells; None if none are.

    Args:
        dataset: rasterio's, of the first page.
        count: pages in the file.
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
    return ColourPages({axis: sizes[axis] for axis in "tz" if sizes[axis] > 1}, _channels(pixels), pages)


def join_pages(names: list[str]) -> Any:
    """One dataset of three bands, rasterio's, of three pages by GDAL's names; None if these do not fit each other.

    Raises:
        RasterioError: one cannot be opened.
    """
    bands, shapes = [], set()
    tags: dict[str, str] = {}
    for number, (name, colour) in enumerate(zip(names, _COLOURS.values(), strict=True), 1):
        with rasterio.open(name) as page:
            tags = tags or page.tags()
            rows, columns = page.block_shapes[0]
            shapes.add((page.count, page.height, page.width, page.dtypes[0]))
            sides = f'xOff="0" yOff="0" xSize="{page.width}" ySize="{page.height}"'
            bands.append(
                f'<VRTRasterBand dataType="{_gdal_typename(page.dtypes[0])}" band="{number}" blockXSize="{columns}" '
                f'blockYSize="{rows}"><ColorInterp>{colour}</ColorInterp><SimpleSource><SourceFilename '
                f'relativeToVRT="0">{escape(name)}</SourceFilename><SourceBand>1</SourceBand><SrcRect {sides}/>'
                f"<DstRect {sides}/></SimpleSource></VRTRasterBand>"
            )
    ((count, height, width, _), *others) = shapes
    if others or count != 1:
        return None
    kept = "".join(f"<MDI key={quoteattr(key)}>{escape(value)}</MDI>" for key, value in tags.items())
    head = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><Metadata>{kept}</Metadata>'
    return rasterio.open(f"{head}{''.join(bands)}</VRTDataset>")


def _pages(pixels: ElementTree.Element, sizes: dict[str, int], count: int) -> dict[Place, int]:
    """The page of each place; none if not each place has one in this file."""
    order = pixels.attrib["DimensionOrder"].lower()[2:]
    if sorted(order) != ["c", "t", "z"]:
        raise ValueError(order)
    every = sizes["z"] * sizes["c"] * sizes["t"]
    if every > count:
        return {}
    tables = pixels.findall("{*}TiffData")
    if len({name.get("FileName") for name in pixels.findall("{*}TiffData/{*}UUID")}) > 1:
        return {}
    pages: dict[Place, int] = {}
    for told in [table.attrib for table in tables] or [{}]:
        place = {axis: int(told.get(f"First{axis.upper()}", 0)) for axis in "zct"}
        start = int(told.get("IFD", 0))
        for page in range(start, start + min(every, int(told.get("PlaneCount", 1 if "IFD" in told else every)))):
            pages[place["z"], place["c"], place["t"]] = page
            for axis in order:
                place[axis] = (place[axis] + 1) % sizes[axis]
                if place[axis]:
                    break
    return pages if len(pages) == every and max(pages.values()) < count else {}


def _channels(pixels: ElementTree.Element) -> tuple[int, ...]:
    """The channels that are shown red, green and blue; in their own order where other colours or none are told."""
    told = [int(channel.get("Color", 0)) >> 8 & 0xFFFFFF for channel in pixels.findall("{*}Channel")]
    return tuple(told.index(colour) for colour in _COLOURS) if sorted(told) == sorted(_COLOURS) else (0, 1, 2)
