"""Colors, values and orientation of pixels."""
