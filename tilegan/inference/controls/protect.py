"""Protected pixels by a map: those that are white in it stay exactly those of the source."""

from typing import ClassVar

from tilegan.images.amounts import ALL, Amounts
from tilegan.inference.controls.control import AmountControl
from tilegan.inference.controls.feather import means, radii, widened


class ProtectControl(AmountControl):
    """The source where the map is white; beyond its edges the painting increases over the width of the feather.

    The mask is widened by half of the feather and then smoothed over as much, so that no pixel that is white in it is
    reached by the smoothing.
    """

    name: ClassVar = "protect"

    def margin(self, feather: int) -> int:
        """Return the width of the transition."""
        return 2 * sum(radii(feather))

    def amounts(self, levels: Amounts, feather: int) -> Amounts:
        """Return 0 where the map is white, and ``ALL`` farther away than the feather."""
        near, far = radii(feather)
        kept = means(means(widened(levels, near + far), near), far)
        return ALL - kept


CONTROL = ProtectControl()
