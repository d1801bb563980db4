"""Read facts about a model or an image from its file."""

import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
from rasterio.transform import array_bounds

from tilegan.errors import ImageError
from tilegan.files import locate
from tilegan.images.metadata.resolution import pixel_of_dpi
from tilegan.images.opening import open_source
from tilegan.images.readers.vsi import is_elsewhere
from tilegan.model_file import bundled, find, read_header

SETTLED = "settled"  # among the facts of an imported network: its reach, once its statistics are settled


@dataclass(frozen=True)
class ModelInfo:
    """Facts in a model file.

    Attributes:
        path: the file.
        name: name of the style.
        architecture: name and arguments of the generator.
        parameters: number of learned weights.
        tile_size: side of the tiles of training and of ``combo`` mode, in input pixels.
        halo: context that an output pixel can depend on, per side, in input pixels; of an imported network, once its
            statistics are settled.
        stride: stride of the generator, in input pixels.
        scale: output pixels per input pixel.
        receptive_field: full extent of the input that an output pixel can depend on, in pixels.
        facts: facts of training.
    """

    path: Path
    name: str
    architecture: dict[str, Any]
    parameters: int
    tile_size: int
    halo: int
    stride: int
    scale: int
    receptive_field: int
    facts: dict[str, Any]


@dataclass(frozen=True)
class ImageInfo:
    """Facts in an image file.

    Attributes:
        path: file or folder.
        height: height in pixels.
        width: width in pixels.
        bands: number of bands in the file.
        dtype: numpy dtype in the file.
        crs: coordinate reference system; None if there is none.
        bounds: left, bottom, right and top in the CRS; None if unknown.
        nodata: value of invalid pixels; None if there is none.
        opacity: how valid pixels are marked: 'alpha', 'mask' or 'nodata'; None if all are valid.
        stretch: values that map to the lowest and the highest level of a pixel.
        rule: how these were found.
        color_managed: whether its colors are converted to sRGB, or a profile declares them to be sRGB.
        dpi: pixels per inch, horizontally and vertically; None if the file has none.
        metadata: those of 'EXIF', 'XMP' and 'IPTC' in the file that results take over.
        sequential: whether it can only be decoded from the top.
        held: whether it can only be read as a whole.
        remarks: further notes for the user on how it is read, one line each.
    """

    path: Path
    height: int
    width: int
    bands: int
    dtype: str
    crs: str | None
    bounds: tuple[float, float, float, float] | None
    nodata: float | None
    opacity: str | None
    stretch: tuple[float, float]
    rule: str
    color_managed: bool
    dpi: tuple[float, float] | None
    metadata: tuple[str, ...]
    sequential: bool
    held: bool
    remarks: tuple[str, ...]

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Width and height of a pixel in micrometers; NaN if the file has no resolution."""
        return pixel_of_dpi(self.dpi) if self.dpi is not None else (math.nan, math.nan)

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.height * self.width / 1e6


def info(name_or_path: str | Path) -> ModelInfo | ImageInfo:
    """Read facts from a file: .safetensors files, run folders and bundled models are models, others are images.

    Raises:
        ModelError: it looks like a model but is not.
        ImageError: it is missing, or not an image.
    """
    if is_elsewhere(name_or_path):
        return _image(name_or_path)
    path = Path(name_or_path)
    if path.suffix == ".safetensors" or (path / "translator.safetensors").is_file():
        return _model(path)
    if not path.exists():
        if str(name_or_path) in bundled():
            return _model(name_or_path)
        raise ImageError(f"no image or model: {path}: give a file, or a bundled model's name: {', '.join(bundled())}")
    return _image(path)


def _model(name_or_path: str | Path) -> ModelInfo:
    header, path = read_header(name_or_path), find(name_or_path)
    with safetensors.safe_open(path, framework="np") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118 - not a dict
    facts = dict(header["facts"])
    settled = facts.pop(SETTLED, {})
    found = {key: settled[key] for key in ("halo", "stride") if key in settled}
    return ModelInfo(path=path, parameters=sum(map(math.prod, shapes)), **header | found | {"facts": facts})


def _image(name: str | Path) -> ImageInfo:
    with closing(open_source(name)) as source:
        origin = source.origin
        geo = origin.geo
        bounds = None
        if geo is not None and geo.transform is not None:
            bounds = array_bounds(source.height, source.width, geo.transform)
        return ImageInfo(
            path=locate(name),
            height=source.height,
            width=source.width,
            bands=source.bands,
            dtype=str(source.dtype),
            crs=geo.crs.to_string() if geo is not None and geo.crs is not None else None,
            bounds=bounds,
            nodata=geo.nodata if geo is not None else None,
            opacity=origin.opacity,
            stretch=(origin.low, origin.high),
            rule=origin.rule,
            color_managed=origin.color_managed,
            dpi=origin.dpi,
            metadata=origin.metadata.kinds,
            sequential=source.sequential,
            held=source.held,
            remarks=source.remarks,
        )
