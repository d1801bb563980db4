"""Analysis of networks that are run window by window, and their execution.

``analyze`` tells how a network can be run. Receptive field, stride and scale are computed (``reach``, ``bounds``) and
tested (``probe``); the memory of a pass is counted (``memory``); a copy without padding is made (``unpadded``); a pass
runs over windows at their positions (``levels``, ``places``). Nothing here depends on the networks of this package,
only on torch.
"""

from tilegan.tiling.analysis import Analysis, analyze

__all__ = ["Analysis", "analyze"]
