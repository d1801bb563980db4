"""Holes to fill: whether there are any, and whether the model sees across them."""

from tilegan.errors import SettingError, shown
from tilegan.inference.controls.maps import Maps
from tilegan.inference.controls.mask import CONTROL as MASK
from tilegan.inference.controls.mask import widest_hole
from tilegan.methods.holes import learned_width
from tilegan.translator import Translator


def notes_on_holes(maps: Maps, translator: Translator) -> tuple[str, ...]:
    """Return a line on the widest hole of the mask, and what the model sees of it; none without a mask.

    The mask is read once, strip by strip.

    Args:
        maps: the maps of the image, open.
        translator: the model.

    Raises:
        SettingError: there is no hole.
        ImageError: the mask is damaged.
    """
    if MASK.name not in maps.rasters:
        return ()
    found = widest_hole(maps.strips(MASK.name))
    if not found:
        name = shown(maps.files[MASK.name])
        raise SettingError(f"nothing to fill: {name} is black everywhere: make the pixels white that are to be filled")
    widest, learned = maps.fitted[MASK.name].pixels(found), learned_width(translator.facts)
    note = f"holes are up to {widest} px wide"
    if widest > 2 * translator.halo:
        return (
            f"{note}, and the model sees at most {translator.halo} px far: the middle of such a hole is filled without "
            "seeing its edges: reduce the image first, or expect a smooth color",
        )
    if learned and widest > learned:
        return (f"{note}, and the model learned to fill up to {learned} px: wider ones become smooth",)
    return (note,)
