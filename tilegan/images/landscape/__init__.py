"""A procedural landscape of any size, computed window by window."""

from tilegan.images.landscape.scene import Landscape

__all__ = ["Landscape"]
