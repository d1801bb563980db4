"""A procedural landscape of any size, computed window by window."""

from tilegan.landscape.scene import Landscape

__all__ = ["Landscape"]
