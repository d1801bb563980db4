"""Holes to fill: whether there are any, and whether they are so wide that they are filled from coarse to fine."""

from typing import NamedTuple

import numpy as np

from tilegan.errors import SettingError, shown
from tilegan.images.source import Source
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.mask import CONTROL as MASK
from tilegan.inference.controls.mask import widest_hole
from tilegan.inference.starts import at_once
from tilegan.inference.stroke import find_copy, steps_of
from tilegan.methods.holes import learned_width
from tilegan.translator import Translator


class Found(NamedTuple):
    """The holes found in a mask.

    Attributes:
        copy: factor of the first copy of filling from coarse to fine; 1 if all is filled at once.
        notes: a line on the widest hole; none without a mask.
    """

    copy: int
    notes: tuple[str, ...]


def find_holes(maps: Maps, image: Source, translator: Translator) -> Found:
    """Find the widest hole of the mask, and how it is filled.

    The mask is read once, strip by strip.

    Args:
        maps: the maps of the image, open.
        image: the image.
        translator: the model.

    Raises:
        SettingError: there is no hole.
        ImageError: the mask is damaged.
    """
    if MASK.name not in maps.rasters:
        return Found(1, ())
    found = widest_hole(maps.strips(MASK.name))
    if not found:
        name = shown(maps.files[MASK.name])
        raise SettingError(f"nothing to fill: {name} is black everywhere: make the pixels white that are to be filled")
    widest, learned = maps.fitted[MASK.name].pixels(found), learned_width(translator.facts)
    note, copy = f"holes are up to {widest} px wide", find_copy(widest, at_once(translator))
    if copy > 1:
        sees = f"learned to fill {learned} px" if learned else f"sees {translator.halo} px far"
        copies = ", ".join(f"1/{step}" for step in steps_of(copy)[:-1])
        note = f"{note}, and the model {sees}: filled from coarse to fine, in copies of {copies} of the size first"
    if image.dtype not in (np.uint8, np.bool_) and (image.levels != image.dtype or image.origin.rule != "dtype"):
        return Found(copy, (note, "values beside holes change as well: keep them by depth 'keep' and stretch 'dtype'"))
    return Found(copy, (note,))
