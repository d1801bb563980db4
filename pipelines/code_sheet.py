"""Paint a photograph with different codes of a model, in one sample grid, and measure what each code changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tilegan.errors import SettingError
from tilegan.images.pixels.sheet import with_name
from tilegan.metrics.changes import Change, Changes
from tilegan.metrics.sets import Picture
from tilegan.networks.codes import CATEGORY, Codes
from tilegan.networks.efficientnet import STRIDE, EfficientNetFeatures
from tilegan.pipelines.sheet import SHORT_SIDE, Drawing, Sheet
from tilegan.progress import Progress, silent
from tilegan.settling import Choices
from tilegan.translator import load

COLUMNS = 5  # values of a continuous code, evenly from -1 to 1


@dataclass(frozen=True)
class CodeSheetResult(Sheet):
    """The written sample grid, and the effects of the codes.

    Attributes:
        output: the file.
        height: height of the grid, in pixels.
        width: its width.
        seconds: duration.
        changes: mean change between the pictures of each code, by its name (see ``tilegan.metrics.changes``).
    """

    changes: dict[str, Change]


def code_sheet(
    model: str | Path,
    photograph: str | Path,
    output: str | Path | None = None,
    *,
    style: Mapping[str, float] | None = None,
    short_side: int = SHORT_SIDE,
    device: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> CodeSheetResult:
    """Paint a reduced photograph with values of each code, a row for each, with their names beneath.

    Args:
        model: a model that was trained with codes: a file or a run folder.
        photograph: an image of any kind and size.
        output: .png, .jpg or .webp; default beside the photograph, named ``<stem>.codes.<ending>``.
        style: shares of the styles of a model with several.
        short_side: short side to which the photograph is reduced, in pixels; smaller ones stay unchanged.
        device: device of the model.
        precision: precision of the model.
        overwrite: replace an existing output.
        progress: called with the source pixels done, phase 'sheet'.

    Raises:
        ModelError: there is no such model.
        SettingError: the model has no codes or no such style, the photograph or its short side is too small, or the
            device or the precision is invalid.
        ImageError: the photograph cannot be read.
        OutputExistsError: the output exists.
        OutputError: it cannot be written.
    """
    tell = progress or silent
    drawing = Drawing(photograph, output, "codes", short_side, overwrite)
    translator, picture = load(model, device, precision), drawing.picture
    codes = translator.codes
    if not codes.values:
        raise SettingError(f"the model '{translator.name}' was trained without codes: there are none to draw")
    if min(picture.shape[:2]) < STRIDE:
        raise SettingError(f"the photograph has {picture.shape[0]} x {picture.shape[1]} pixels: give at least {STRIDE}")
    shown = {name: values_shown(codes, name) for name in codes.names}
    done, count, pixels = 0, 1 + sum(map(len, shown.values())), picture[..., 0].size

    def painted(given: Mapping[str, float]) -> Picture:
        nonlocal done
        made: Picture = translator.settled(Choices(style or {}, code=given), lambda: picture).translate(picture)
        done += 1
        tell("sheet", done * pixels, count * pixels)
        return made

    tell("sheet", 0, count * pixels)
    default = painted({})
    changes = Changes(EfficientNetFeatures.read(), picture, default)
    rows, found = [[with_name(picture, "photograph"), with_name(default, "default codes")]], {}
    for name, values in shown.items():
        made = [painted({name: value}) for value in values]
        rows.append([with_name(each, f"{name}={value:g}") for each, value in zip(made, values, strict=True)])
        found[name] = changes.between(made if name == CATEGORY else [made[0], made[-1]])
    return CodeSheetResult(**vars(drawing.write(rows)), changes=found)


def values_shown(codes: Codes, name: str) -> list[float]:
    """Return the values of a code that are drawn: all categories, or even steps from -1 to 1."""
    if name == CATEGORY:
        return [float(number) for number in range(codes.categorical)]
    return [float(value) for value in np.linspace(-1, 1, COLUMNS)]
