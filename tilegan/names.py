"""Names among which options choose, for modules that must not import torch."""

from pathlib import Path

DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("float32", "bfloat16", "float16")  # names of dtypes in torch
TORCH, RUNTIME = BACKENDS = ("torch", "onnxruntime")  # that run networks
EXACT, COMBO, BLEND = SEAMS = ("exact", "combo", "blend")
# Sources of the statistics of instance norms: each tile (only in ``combo`` mode), a thumbnail of the image, the whole
# image, or cells of it, interpolated for each pixel.
TILE, THUMBNAIL, GLOBAL, INTERPOLATED = STATISTICS = ("tile", "thumbnail", "global", "interpolated")
CHANNEL, INSTANCE, BATCH = NORMS = ("channel", "instance", "batch")  # with which generators are trained
RESIDUAL, UNET, RESNET = NETWORKS = ("residual", "unet", "resnet")  # generators in place of that of a method
STACKED = "stacked"  # the generator that is told a text
BY_NAME, SIDE_BY_SIDE = PAIRINGS = ("by-name", "side-by-side")
DIRECTIONS = ("a-to-b", "b-to-a")
GRAY, EDGES = DERIVATIONS = ("gray", "edges")
# Endings of videos: those that are written, and those that are only read.
WRITTEN_VIDEOS = (".mp4", ".mov", ".mkv", ".webm")
VIDEO_ENDINGS = (*WRITTEN_VIDEOS, ".m4v", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv", ".3gp", ".ogv")


def is_video(name: str | Path) -> bool:
    """Return whether a name has the ending of a video."""
    return Path(name).suffix.lower() in VIDEO_ENDINGS
