"""Pixels in and out of files."""

import os

# Megabytes of decoded blocks that GDAL keeps for all files together; its own choice is 5 % of the machine's memory.
os.environ.setdefault("GDAL_CACHEMAX", "256")
