"""Analysis of networks that are run window by window, and their execution.

Receptive field, stride and scale, computed (``reach``, ``bounds``) and tested (``probe``); the memory of a pass
(``memory``); a copy without padding (``unpadded``); a pass over windows at their positions (``levels``, ``places``).
Nothing here depends on the networks of this package, only on torch.
"""
