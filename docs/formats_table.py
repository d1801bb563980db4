"""Write the table of tested files in docs/formats.md: each is processed by a translator that changes nothing.

python docs/formats_table.py FOLDER...

Each file is stylized by a process of its own, at most five minutes, into a .tif that keeps depth and values (`--depth
keep --stretch dtype`, or `minmax` for floats), or, if that is refused, is looked at for why. What is kept is found by
comparing both files with rasterio, where it opens the source, and otherwise with Pillow: it is not what the program
says of itself.
"""

import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image

PAGE = Path(__file__).with_name("formats.md")
BEGIN, END = "<!-- table: made by docs/formats_table.py -->", "<!-- end of the table -->"
SECONDS = 300

STYLIZE = """
import sys
import numpy as np
import torch
from torch import nn
from tilegan.errors import TileganError
from tilegan.images.metadata.origin import Reading
from tilegan.pipelines import info, stylize
from tilegan.translator import Translator

layer = nn.Conv2d(3, 3, 3, padding=1)
nn.init.dirac_(layer.weight)
nn.init.zeros_(layer.bias)
same = Translator.of(nn.Sequential(layer), {"name": "same"}, tile_size=16, name="same").place("cpu", "float32")
try:
    floats = np.dtype(info(sys.argv[1]).dtype).kind == "f"
    reading = Reading(depth="keep", stretch="minmax" if floats else "dtype")
    result = stylize(sys.argv[1], sys.argv[2], same, reading=reading)
except TileganError as error:
    sys.exit(str(error))
for note in result.notes:
    print(note)
"""


def main() -> None:
    """Put every file through, and write the table into the page."""
    lines = [BEGIN, "", "| file | what it is | result | kept |", "|---|---|---|---|"]
    for folder in map(Path, sys.argv[1:]):
        for path in sorted(folder.iterdir()):
            line = f"| `{folder.name}/{path.name}` | {' | '.join(row(path))} |"
            print(line, flush=True)
            lines.append(line)
    page = PAGE.read_text()
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    PAGE.write_text(before + "\n".join([*lines, "", ""]) + after)


def row(path: Path) -> tuple[str, str, str]:
    """Return a description of a file, the outcome, and what was kept."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.tif"
        command = [sys.executable, "-c", STYLIZE, str(path), str(output)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return kind(path), "**hangs**", ""
        if done.returncode == 0:
            notes = " ".join(done.stdout.split())
            return kind(path), "read" + (f"; {notes}" if notes else ""), ", ".join(kept(path, output))
        message = done.stderr.strip()
        if "Traceback" in message or "\n" in message or done.returncode < 0:
            return kind(path), f"**fails** ({done.returncode}): {message[-200:]}", ""
        message = re.sub(r"\S*/" + re.escape(path.name), path.name, message).replace("|", "/")
        message = re.sub(r"([\[\]])", r"\\\1", message)  # no links
        return kind(path), f"refused: {message}", ""


def kind(path: Path) -> str:
    """Size, bands and type, as rasterio or Pillow see them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with rasterio.open(path) as dataset:
                shape = f"{dataset.width} x {dataset.height}, {dataset.count} x {dataset.dtypes[0]}"
                return f"{dataset.driver}, {shape}"
        except Exception:
            pass
        try:
            with Image.open(path) as image:
                return f"{image.format}, {image.width} x {image.height}, {image.mode}"
        except Exception:
            return f"{path.stat().st_size} bytes"


def kept(path: Path, output: Path) -> list[str]:
    """What the result has of the file."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # else GDAL reads damaged PNG files as noise
        with rasterio.Env(GDAL_PNG_WHOLE_IMAGE_OPTIM=False), rasterio.open(output) as after:
            try:
                with rasterio.open(path) as before:
                    found += _kept_of_raster(before, after, _is_converted(path))
            except rasterio.errors.RasterioIOError:
                pass
            try:
                with Image.open(path) as image:
                    found += _kept_of_picture(image, after)
            except Exception:
                pass
    return list(dict.fromkeys(found))


def _is_converted(path: Path) -> bool:
    """Whether the pixels have to become others: turned, of another color space, or with opacity multiplied in."""
    try:
        with Image.open(path) as image:
            multiplied = image.format == "TIFF" and image.tag_v2.get(338, (0,))[0] == 1
            other = image.info.get("icc_profile") or image.mode in ("CMYK", "LAB") or multiplied
            return bool(image.getexif().get(0x0112, 1) > 1 or other)
    except Exception:
        return False


def _kept_of_raster(before: rasterio.DatasetReader, after: rasterio.DatasetReader, converted: bool) -> list[str]:
    found = []
    same_size = (before.height, before.width) == (after.height, after.width)
    if same_size:
        found.append("size")
    if before.crs is not None:
        found.append("CRS" if after.crs == before.crs else "**CRS lost**")
    if not before.transform.is_identity:
        found.append("transform" if after.transform.almost_equals(before.transform) else "**transform lost**")
    if before.gcps[0]:
        points = [[(point.row, point.col, point.x, point.y) for point in file.gcps[0]] for file in (before, after)]
        found.append("GCPs" if np.allclose(*points) else "**GCPs lost**")
    if before.rpcs is not None:
        found.append("RPCs" if after.rpcs is not None else "**RPCs lost**")
    if before.dtypes[0] != "uint8":
        found.append(f"depth ({after.dtypes[0]})" if after.dtypes[0] == before.dtypes[0] else f"as {after.dtypes[0]}")
    if same_size:
        masks = before.dataset_mask() > 0, after.dataset_mask() > 0
        if not masks[0].all():
            what = "nodata" if before.nodata is not None else "mask"
            found.append(what if np.array_equal(*masks) else f"**{what} differs**")
        indexes = [1, 2, 3] if before.count >= 3 else [1, 1, 1]
        few_bits = "NBITS" in before.tags(1, ns="IMAGE_STRUCTURE")
        palette = before.colorinterp[0] == rasterio.enums.ColorInterp.palette
        if not palette and not few_bits and not converted and before.dtypes[0] == after.dtypes[0]:
            found.append(_pixels_kept(before.read(indexes)[:, masks[0]], after.read([1, 2, 3])[:, masks[0]]))
    tags = {name: value for name, value in before.tags().items() if not name.startswith(("EXIF_", "TIFFTAG_", "AREA_"))}
    if tags:
        lost = [name for name, value in tags.items() if after.tags().get(name) != value]
        found.append("tags" if not lost else f"tags except {', '.join(lost[:3])}")
    return found


def _pixels_kept(before: np.ndarray, after: np.ndarray) -> str:
    valid = np.isfinite(before)
    if not valid.any():
        return "pixels"
    worst = np.abs(before[valid].astype(float) - after[valid]).max()
    if before.dtype.kind == "f":
        return "pixels" if worst <= np.ptp(before[valid].astype(float)) / 65535 else "**other pixels**"
    if worst == 0:
        return "pixels"
    return f"pixels within {worst:.0f}" if worst <= 16 else "**other pixels**"


def _kept_of_picture(image: Image.Image, after: rasterio.DatasetReader) -> list[str]:
    found = []
    orientation = image.getexif().get(0x0112, 1)
    if orientation > 1:
        turned = orientation > 4 and image.size == (after.height, after.width)
        found.append("turned upright" if turned or image.size == (after.width, after.height) else "**not upright**")
    if image.info.get("icc_profile") or image.mode in ("CMYK", "LAB"):
        with Image.open(after.name) as result:
            found.append("colors to sRGB, tagged" if result.info.get("icc_profile") else "colors to sRGB")
    if image.has_transparency_data and not _is_unsaid(image):
        found.append("transparency" if after.count == 4 else "**transparency lost**")
    if image.info.get("dpi") and image.info["dpi"][0] > 1:
        with Image.open(after.name) as result:
            found.append("resolution" if result.info.get("dpi") else "**resolution lost**")
    return found


def _is_unsaid(image: Image.Image) -> bool:
    """Whether a TIFF has a fourth band and does not say what it is: Pillow then takes it for opacity."""
    return image.format == "TIFF" and image.tag_v2.get(338, (0,))[0] == 0


if __name__ == "__main__":
    main()
