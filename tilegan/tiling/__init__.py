"""What can be known of any network that is run window by window, and how it is run so.

Receptive field, stride and scale, computed (``reach``, ``bounds``) and tried out (``probe``); the memory of a pass
(``memory``); a twin without padding (``unpadded``); a pass over windows at their places (``levels``, ``places``).
Nothing here knows a network of this package; torch is all that is needed.
"""
