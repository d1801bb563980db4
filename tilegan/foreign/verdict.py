"""Determine how a network of another program can be run in windows, and the nodes that decide it."""

from dataclasses import dataclass, replace

from tilegan.errors import ModelError
from tilegan.foreign.layers import NORM, POOL
from tilegan.foreign.prepare import Prepared
from tilegan.foreign.read import line
from tilegan.foreign.values import Values
from tilegan.networks.build import build_generator
from tilegan.norms.layers import FROZEN
from tilegan.tiling.analysis import analyze
from tilegan.tiling.reach import Reach, reach


@dataclass(frozen=True)
class Verdict:
    """The way in which a network can be run in windows.

    Attributes:
        reach: of the network, once its statistics are settled.
        statistics: names of the nodes whose statistics have to be settled, in the order of execution.
        side: of the only windows that it takes, in pixels; 0 if it takes any.
    """

    reach: Reach
    statistics: tuple[str, ...]
    side: int = 0

    @property
    def exact(self) -> bool:
        """Return whether windows give what the whole image gives."""
        return not self.reach.unbounded

    @property
    def words(self) -> str:
        """Return it in words."""
        if self.side:
            return f"only blended: it takes windows of {self.side} x {self.side} pixels only"
        if not self.exact:
            return f"only blended: {self.reach.unbounded} sees more than a neighborhood"
        if not self.statistics:
            return f"exact with halo {self.reach.halo}"
        count = len(self.statistics)
        return f"exact with halo {self.reach.halo} after {count} statistic{'s are' if count > 1 else ' is'} settled"


def verdict(network: Prepared, values: Values) -> Verdict:
    """Analyse a network; one that runs on squares of one size only can be blended.

    Raises:
        ModelError: its output is no image, or an operator is of unknown reach.
    """
    architecture = network.architecture(values)
    if network.statistics:
        architecture["norm"] = FROZEN
    generator = build_generator(architecture).eval()
    state = network.generator(values).state_dict()
    generator.load_state_dict(generator.state_dict() | state)
    names = tuple(node.title for node in network.graph.nodes if node.operator in (NORM, POOL))
    try:
        return Verdict(analyze(generator).reach, names)
    except ModelError as error:
        height, width = network.fixed
        if height is not None and height == width:
            fixed = replace(network, blended=True, side=height)
            return Verdict(reach(fixed.generator(values)), (), height)
        if any(network.fixed):
            sides = " x ".join(str(side or "any") for side in network.fixed)
            raise ModelError(f"the file fixes the size of images to {sides} pixels: {error}") from error
        raise
    except Exception as error:  # of torch or numpy, where an operator fits no other size than that of the trials
        raise ModelError(f"the network cannot be run on images of other sizes: {line(error)}") from error
