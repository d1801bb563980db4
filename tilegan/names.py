"""Names among which options choose, for modules that must not import torch."""

DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("float32", "bfloat16", "float16")  # names of dtypes in torch
TORCH, RUNTIME = BACKENDS = ("torch", "onnxruntime")  # that run networks
EXACT, COMBO, BLEND = SEAMS = ("exact", "combo", "blend")
# Sources of the statistics of instance norms: each tile (only in ``combo`` mode), a thumbnail of the image, the whole
# image, or cells of it, interpolated for each pixel.
TILE, THUMBNAIL, GLOBAL, INTERPOLATED = STATISTICS = ("tile", "thumbnail", "global", "interpolated")
CHANNEL, INSTANCE, BATCH = NORMS = ("channel", "instance", "batch")  # with which generators are trained
RESIDUAL, UNET, RESNET = NETWORKS = ("residual", "unet", "resnet")  # generators in place of that of a method
BY_NAME, SIDE_BY_SIDE = PAIRINGS = ("by-name", "side-by-side")
DIRECTIONS = ("a-to-b", "b-to-a")
GRAY, EDGES = DERIVATIONS = ("gray", "edges")
