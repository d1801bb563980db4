"""Metadata of images: source metadata, georeference, EXIF, XMP and IPTC, resolution, provenance."""
