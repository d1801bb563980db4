"""Controls: what rasters in the coordinates of an image decide pixel by pixel."""
