"""Strokes larger than those of a model, painted in steps from coarse to fine.

A copy of the image, reduced by the factor, is painted first. Each further step paints a copy that is less reduced, and
under it lies the one before (see ``inference.ground``); the last step paints the image itself. (Coarse to fine as in
Gatys et al. 2017, 'Controlling Perceptual Factors in Neural Style Transfer', section 6.) A step of 2 leaves strokes as
crisp as the model paints them, where one of 8 shows a relief that was enlarged.
"""

from tilegan.errors import SettingError
from tilegan.inference.look import LARGEST_STROKE
from tilegan.methods.registry import methods
from tilegan.translator import Translator

AUTO = "auto"
# The last step: its copy has a ninth or a sixteenth of the pixels, those before it a quarter of that, and so on. With
# 2, all steps before the last would take a third of its time, and more where images are small.
_LAST = (3, 4)


def steps_of(stroke: int) -> tuple[int, ...]:
    """Return the reduction factors of the copies that are painted in sequence: from ``stroke`` down to 1.

    Each is a multiple of the next: by the factor's least divisor, but from 4 or less to 1 at once. 8 gives 8, 4, 1.
    """
    steps = [stroke]
    while steps[-1] > max(_LAST):
        steps.append(steps[-1] // next(number for number in range(2, stroke + 1) if steps[-1] % number == 0))
    return (*steps, 1) if steps[-1] > 1 else tuple(steps)


def find_stroke(asked: int | str, translator: Translator, height: int, width: int) -> int:
    """Return the stroke factor for an image.

    Args:
        asked: a factor, or 'auto' for as many times the model's strokes as the image's short side is of those that it
            learned from, rounded to 1, 2, 3, 4, 6, 8, 12, 16 and so on, which come down to 3 or 4 by halves. 1 for
            models that do not paint: they enlarge, or take label maps or shades of gray, or learned from pairs.
        translator: the model.
        height: of the whole image, also where only a part of it is stylized, in pixels.
        width: likewise.

    Raises:
        SettingError: it is another word.
    """
    if asked != AUTO:
        if not isinstance(asked, int):
            raise SettingError(f"strokes '{asked}' cannot be: give {AUTO} or a whole number from 1 to {LARGEST_STROKE}")
        return asked
    if not _paints(translator):
        return 1
    wanted = min(height, width) / translator.trained_side
    factors = {1, 2, *(last << halves for halves in range(LARGEST_STROKE.bit_length()) for last in _LAST)}
    return min(
        (factor for factor in sorted(factors) if factor <= LARGEST_STROKE),
        key=lambda factor: max(factor / wanted, wanted / factor),
    )


def check_stroke(stroke: int, translator: Translator) -> None:
    """Refuse larger strokes of a model that cannot paint them.

    Raises:
        SettingError: it enlarges, or paints label maps.
    """
    if stroke > 1 and translator.scale > 1:
        raise SettingError(f"larger strokes need a model that does not enlarge: '{translator.name}' does")
    if stroke > 1 and translator.architecture.get("labels"):
        raise SettingError(f"no larger strokes: '{translator.name}' paints label maps, and means of labels are none")


def reduced(side: int, step: int) -> int:
    """Return the side of a copy in pixels: squares that are only partly in the image count."""
    return -(-side // step)


def _paints(translator: Translator) -> bool:
    if translator.scale > 1 or translator.channels == 1 or translator.architecture.get("labels"):
        return False
    method = methods().get(str(translator.facts.get("method")))
    return method is None or method.examples == "unpaired"
