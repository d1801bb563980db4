"""Normalizations that generators are made with, and statistics of whole images for those that need them."""
