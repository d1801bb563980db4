"""Normalization layers of generators, and statistics of whole images for those that need them."""
