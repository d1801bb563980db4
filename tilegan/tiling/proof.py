"""What was proven of a network, kept with its weights: proving it takes longer than stylizing a small image.

A kept proof names what it is of, by hash, and is hashed with it. One of other weights, of another contract, by other
rules or with a changed number is none, and nothing is kept of networks whose code may change without being noticed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from torch import nn

from tilegan.tiling.probe import probe
from tilegan.tiling.reach import Reach, reach

# Raised by every change of networks, norms or this package after which networks that stay as they are compute
# something else, or after which something else is found of them.
RULES = 1


@dataclass(frozen=True)
class Proof:
    """What is known of a generator.

    Attributes:
        of: the fingerprint of its contract and weights.
        reach: what it looks at; tried out.
        lost: by how many output pixels its output is smaller per side without padding; 0 if it cannot do without.
        peaks: bytes that passes hold at most, by what ``named`` calls them.
    """

    of: str
    reach: Reach
    lost: int
    peaks: Mapping[str, int]

    def text(self) -> str:
        """The proof as JSON, with a hash over it."""
        return json.dumps(asdict(self) | {"hash": self._hash()}, sort_keys=True)

    @classmethod
    def kept(cls, text: str, fingerprint: str) -> Self | None:
        """The proof in a text, if it is one of what has this fingerprint; else None."""
        try:
            content = json.loads(text)
            said = content.pop("hash")
            proof = cls(**content | {"reach": Reach(**content["reach"])})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return proof if (said, proof.of) == (proof._hash(), fingerprint) else None

    def _hash(self) -> str:
        return hashlib.sha256(json.dumps([RULES, asdict(self)], sort_keys=True).encode()).hexdigest()


def named(batch: int, side: int, halo: int, precision: str, levels: str) -> str:
    """What a forward pass is called: windows, their side, their halo, and the types of numbers and pixels."""
    return f"{batch} x {side} + {halo}, {precision} of {levels}"


def proven_reach(generator: nn.Module) -> Reach:
    """The reach of a generator, computed and tried out; unbounded, if it turns out to see more.

    Raises:
        ModelError: see ``tiling.reach`` and ``tiling.probe``.
    """
    found = reach(generator)
    offends = found.unbounded or probe(generator, found.halo, found.stride, found.scale)
    return replace(found, unbounded=offends)


def can_be_kept(generator: nn.Module) -> bool:
    """Whether all of the network's code is this package's, or torch's: other code may change unnoticed."""
    return all(type(module).__module__.partition(".")[0] in ("tilegan", "torch") for module in generator.modules())
