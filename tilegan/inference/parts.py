"""Bytes of the parts of a run: a forward pass, a shard in flight, and caches."""

from collections.abc import Sequence

from tilegan.geometry import grid_shape, round_up
from tilegan.images.source import Source
from tilegan.inference.blend import blend_bytes
from tilegan.inference.controls.guide import guide_bytes
from tilegan.inference.ground import ground_bytes, margin, painted_margin
from tilegan.inference.overlap import SUM_BYTES
from tilegan.inference.plan import Plan, cut_of
from tilegan.inference.stroke import steps_of
from tilegan.names import BLEND
from tilegan.translator import Translator

MIB = 2**20
READER = 64 * MIB  # cache of the reader: the least that helps
SCRATCH = 1.25  # of a forward pass: what convolutions take beside their tensors, and gaps between these
FILLED = {1: 16, 2: 22}  # bytes of a pixel, by those of a level, while what means nothing is filled
GRAY = 8  # bytes of a pixel while its luma is computed
DECODED = 10  # blocks of an image that zarr decodes at once; GDAL decodes fewer


def forward_bytes(plan: Plan, translator: Translator, source: Source, exactly: bool) -> int:
    """Return the bytes of a forward pass; for images smaller than the window, unless exact, those of the window."""
    cut = cut_of(plan, translator)
    longest = round_up(max(plan.region.height, plan.region.width), cut.unit)
    most = None if exactly else translator.known_bytes(cut.batch, cut.side, cut.halo, source.levels)
    if most is None:
        most = translator.peak_bytes(cut.batch, min(cut.side, longest), cut.halo, source.levels)
    return round(SCRATCH * most)


def shard_bytes(plan: Plan, translator: Translator, source: Source, maps: Sequence[Source] = ()) -> int:
    """Return the bytes of one shard in flight: its input, twice during conversion to RGB, its output, and its maps."""
    side = min(plan.shard, max(plan.region.height, plan.region.width))
    wide, size = side + 2 * _context(plan, translator, source), source.levels.itemsize
    channels = source.origin.channels
    values = 0 if source.dtype == "uint8" else source.bands * source.dtype.itemsize
    read = wide**2 * ((FILLED[size] if source.origin.opacity else 2 * channels * size) + values)
    written = 4 * channels * size * (side * translator.scale) ** 2
    extra = ground_bytes() + 3 * size * wide**2 if plan.look.stroke > 1 else 0  # what is painted, to be moved back
    if plan.seams == BLEND:
        extra += SUM_BYTES * (side * translator.scale) ** 2
    if maps or plan.look.strength < 1 or plan.look.keep_colors:
        extra += blend_bytes()
    if maps:  # other paintings are kept until all are there
        extra += guide_bytes(side, plan.feather, len(plan.paintings))
        extra += (len(plan.paintings) - 1) * 3 * size * (side * translator.scale) ** 2
    if translator.channels == 1:
        extra += wide**2 * (GRAY + size)
    elif translator.channels > 3:  # joined, and mirrored or copied once more
        extra += 2 * wide**2 * (translator.channels - 3) * size
    return read + written + extra + sum(_decoded_bytes(wide, file) for file in (source, *maps))


def _decoded_bytes(side: int, source: Source) -> int:
    """Return the bytes of the source's blocks that are decoded at once to read a square with a side in pixels."""
    if source.held:
        return 0
    height, width = source.block
    touched = (-(-side // height) + 1) * (-(-side // width) + 1)
    blocks = -(-source.height // height) * -(-source.width // width)
    return min(touched, blocks, DECODED) * height * width * source.bands * source.dtype.itemsize


def row_bytes(plan: Plan, translator: Translator, source: Source, maps: Sequence[Source] = ()) -> int:
    """Return the bytes of the reader's cache: a row of shards of files with whole rows, otherwise some blocks."""
    own = _rows_bytes(source, plan.shard + 2 * _context(plan, translator, source))
    around = plan.shard + 2 * plan.feather
    return own + sum(_rows_bytes(file, -(-around * file.height // source.height)) for file in maps)


def _rows_bytes(source: Source, rows: int) -> int:
    """Return the bytes of the cache for rows of a file."""
    if source.held:
        return 0
    height, width = source.block
    if not source.sequential and width < source.width:
        return READER
    rows = min(rows + 2 * height, source.height)
    return max(READER, rows * source.width * source.bands * source.dtype.itemsize)


def decodes(plan: Plan, translator: Translator, source: Source, reader: int) -> float:
    """Return the maximum average number of times that each source pixel is decoded; a cache may reduce it.

    Args:
        plan: what is read, and in which shards.
        translator: whose halo is read around them.
        source: the image, open.
        reader: bytes of the reader's cache.
    """
    if source.held:
        return 1.0
    rows, columns = grid_shape(plan.region.height, plan.region.width, plan.shard)
    if source.sequential or source.block[1] >= source.width:
        if reader >= row_bytes(plan, translator, source):
            return 1.0
        return columns * (rows + 1) / 2 if source.sequential else float(columns)
    side = plan.shard + 2 * _context(plan, translator, source)
    times = 1.0
    for block, length in zip(source.block, (plan.region.height, plan.region.width), strict=True):
        times *= min(side + block - 1, length) / min(plan.shard, length)
    return times


def _context(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the pixels read around a shard, per side: its context, and those from which invalid ones are filled."""
    cut = cut_of(plan, translator)
    lasts = [steps[-2] for painting in plan.paintings if len(steps := steps_of(painting.look.stroke)) > 1]
    under = painted_margin(max(lasts)) + margin(max(lasts)) + cut.unit if lasts else 0
    beside = cut.side if cut.overlap else cut.halo
    return beside + under + (translator.halo if source.origin.opacity else 0)


def recent_bytes(plan: Plan, translator: Translator, source: Source) -> int:
    """Return the bytes of the halved shards of a row, and of those of the levels above."""
    _, columns = grid_shape(plan.region.height, plan.region.width, plan.shard)
    pixel = source.origin.channels * source.levels.itemsize
    return 2 * (columns + 1) * pixel * (plan.shard * translator.scale // 2) ** 2
