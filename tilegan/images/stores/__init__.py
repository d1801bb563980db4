"""Sharded OME-Zarr images: the form in which results are built."""
