"""Images: reading files, and writing results."""

import os

# Megabytes of decoded blocks that GDAL caches for all files; its default is 5 % of the machine's memory.
os.environ.setdefault("GDAL_CACHEMAX", "256")
# Limit of a progressive JPEG, which is decoded as a whole; GDAL's default is 524 MB, for 87 megapixels.
os.environ.setdefault("JPEGMEM", "4000M")
