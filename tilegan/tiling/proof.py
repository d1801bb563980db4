"""Verified properties of a network, stored with it: verification takes longer than stylizing a small image.

A stored proof contains the hash of its subject and has a hash of its own. A proof of other weights, of another
contract, by other rules or with a changed value is rejected, and none is stored for networks whose code may change
unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from torch import nn

from tilegan.tiling.probe import probe
from tilegan.tiling.reach import Reach, reach

# Incremented by every change of networks, norms or this package after which unchanged networks have other outputs,
# or after which other properties are found.
RULES = 2


@dataclass(frozen=True)
class Proof:
    """The verified properties of a generator.

    Attributes:
        of: the fingerprint of its contract and weights.
        reach: its reach, computed and tested.
        lost: output pixels by which its output is smaller per side without padding; 0 if it needs padding.
        peaks: peak bytes of passes, by their names from ``named``.
    """

    of: str
    reach: Reach
    lost: int
    peaks: Mapping[str, int]

    def text(self) -> str:
        """Return the proof as JSON with its hash."""
        return json.dumps(asdict(self) | {"hash": self._hash()}, sort_keys=True)

    @classmethod
    def kept(cls, text: str, fingerprint: str) -> Self | None:
        """Parse a proof; None if it is invalid or has another fingerprint."""
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
    """Return the name of a forward pass: windows, side, halo, and the dtypes of computation and pixels."""
    return f"{batch} x {side} + {halo}, {precision} of {levels}"


def proven_reach(generator: nn.Module) -> Reach:
    """Return the reach of a generator, computed and tested; unbounded if the test shows that it sees more.

    Raises:
        ModelError: see ``tiling.reach`` and ``tiling.probe``.
    """
    found = reach(generator)
    offends = found.unbounded or probe(generator, found.halo, found.stride, found.scale)
    return replace(found, unbounded=offends)


def can_be_kept(generator: nn.Module) -> bool:
    """Return whether all code of the network is from this package or torch: other code may change unnoticed."""
    return all(type(module).__module__.partition(".")[0] in ("tilegan", "torch") for module in generator.modules())
