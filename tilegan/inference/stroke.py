"""Strokes larger than those of a model, painted in steps from coarse to fine.

A copy of the image, reduced by the factor, is painted first. Each further step paints a copy that is less reduced, over
the strokes of the previous one (see ``inference.ground``); the last step paints the image itself. (Coarse to fine as in
Gatys et al. 2017, 'Controlling Perceptual Factors in Neural Style Transfer', section 6.) A step of 2 keeps strokes as
crisp as the model's own, while a step of 8 shows an enlarged relief.
"""

from itertools import pairwise

from tilegan.errors import SettingError
from tilegan.inference.rendering import LARGEST_STROKE
from tilegan.methods.registry import methods
from tilegan.translator import Translator

AUTO = "auto"
LEAST_COPY = 4  # by which the least reduced copy of an image with wide holes is smaller
# The last step: its copy has a ninth or a sixteenth of the pixels, the one before a quarter of that, and so on. With
# 2, all steps before the last would take a third of its time, and more for small images.
_LAST = (3, 4)


def steps_of(stroke: int) -> tuple[int, ...]:
    """Return the reduction factors of the copies that are painted in sequence: from ``stroke`` down to 1.

    Each is a multiple of the next: by the factor's least divisor, but from 4 or less to 1 at once. 8 gives 8, 4, 1.
    """
    steps = [stroke]
    while steps[-1] > max(_LAST):
        steps.append(steps[-1] // next(number for number in range(2, stroke + 1) if steps[-1] % number == 0))
    return (*steps, 1) if steps[-1] > 1 else tuple(steps)


def largest_factor(stroke: int) -> int:
    """Return the largest factor between two successive steps; 1 if there is only one step."""
    return max((coarse // fine for coarse, fine in pairwise(steps_of(stroke))), default=1)


def find_stroke(asked: int | str, translator: Translator, height: int, width: int) -> int:
    """Return the stroke factor for an image.

    Args:
        asked: a factor, or 'auto' for the ratio of the image's short side to that in training, rounded to 1, 2, 3, 4,
            6, 8,
            12, 16 and so on, which can be halved down to 3 or 4. 'auto' is 1 for models that do not paint: those that
            enlarge, fill holes, take label maps or shades of gray, or learned from pairs.
        translator: the model.
        height: height of the whole image in pixels, even if only a region is stylized.
        width: its width.

    Raises:
        SettingError: ``asked`` is another word, or larger strokes of a model that fills holes, and paints none.
    """
    if asked != AUTO:
        if not isinstance(asked, int):
            raise SettingError(
                f"strokes '{asked}' are impossible: give {AUTO} or a whole number from 1 to {LARGEST_STROKE}"
            )
        if asked > 1 and translator.fills:
            raise SettingError(f"no larger strokes: '{translator.name}' fills holes, and paints none")
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
        SettingError: it enlarges or paints label maps.
    """
    if stroke > 1 and translator.scale > 1:
        raise SettingError(f"larger strokes need a model that does not enlarge: '{translator.name}' does")
    if stroke > 1 and translator.architecture.get("labels"):
        raise SettingError(f"no larger strokes: '{translator.name}' paints label maps, which cannot be averaged")


def find_copy(hole: int, at_once: int) -> int:
    """Return the factor of the first copy of filling from coarse to fine: 1, or 4, 8, 16 and so on.

    Args:
        hole: width of the widest hole, in pixels.
        at_once: width of those that the model fills at once, at least 1; they are no wider than this in the copy.
    """
    factor = 1
    while hole > factor * at_once and factor < LARGEST_STROKE:
        factor = LEAST_COPY if factor == 1 else 2 * factor
    return factor


def reduced(side: int, step: int) -> int:
    """Return the side of a copy in pixels: squares that are only partly in the image count."""
    return -(-side // step)


def _paints(translator: Translator) -> bool:
    if translator.scale > 1 or translator.fills or translator.channels == 1 or translator.architecture.get("labels"):
        return False
    method = methods().get(str(translator.facts.get("method")))
    return method is None or method.examples == "unpaired"
