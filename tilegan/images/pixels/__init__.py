"""Color conversion, value ranges, orientation and opacity of pixels."""
