"""Pixels in and out of files."""

import os

# Megabytes of decoded blocks that GDAL keeps for all files together; its own choice is 5 % of the machine's memory.
os.environ.setdefault("GDAL_CACHEMAX", "256")
# What a progressive JPEG, which is decoded as a whole, may take; GDAL's own choice is 524 MB, for 87 megapixels.
os.environ.setdefault("JPEGMEM", "4000M")
