"""The metrics of an evaluation as rows of text, for a terminal and for the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tilegan.metrics.judge import Verdict
from tilegan.pipelines.evaluation.figures import Figures
from tilegan.pipelines.evaluation.result import EvaluateResult
from tilegan.pipelines.evaluation.seen import Seen

HEADINGS = ("identity", "color transfer", "combo", "exact", "real")
NONE = "-"


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        group: 'seams', 'style', 'content' or 'seen'; for large images their size, and near or far.
        label: name and unit of the metric.
        cells: a text for each of ``HEADINGS``, '-' if there is no value.
    """

    group: str
    label: str
    cells: list[str]


def table(result: EvaluateResult) -> list[Row]:
    """Return all metrics of an evaluation; 'real' has those of other real target images."""
    return list(_rows(result))


def _rows(result: EvaluateResult) -> Iterator[Row]:
    def row(group: str, label: str, digits: int, value: Callable[[Figures], float | None], real: float | None) -> Row:
        return Row(group, label, _cells([*map(value, result.figures.values()), real], digits))

    tile, cell = result.tile_size, result.stride
    yield row("seams", f"amplitude, {tile} px (levels)", 2, lambda of: of.amplitude, None)
    yield row("seams", "  by chance up to (levels)", 2, lambda of: of.chance, None)
    yield row("seams", f"amplitude, {cell} px (levels)", 2, lambda of: of.cell_amplitude, None)
    yield row("seams", "step ratio", 2, lambda of: of.step_ratio, None)
    yield row("seams", "tiled - whole, max (levels)", 0, lambda of: of.whole and of.whole.maximum, None)
    yield row("seams", "tiled - whole, RMS (levels)", 2, lambda of: of.whole and of.whole.rms, None)
    yield row("seams", "grid shifted, max (levels)", 0, lambda of: of.shift and of.shift.maximum, None)
    yield row("seams", "grid shifted, RMS (levels)", 2, lambda of: of.shift and of.shift.rms, None)
    for level in range(len(result.real_style)):
        yield row("style", f"style, level {level} (0 to 1)", 2, lambda of, at=level: of.style[at], 1)  # type: ignore[misc]
    yield row("style", "palette distance (Lab)", 1, lambda of: of.palette, result.real_palette)
    for level in range(len(result.real_style)):
        yield row("content", f"gradients, level {level} (-1 to 1)", 2, lambda of, at=level: of.content[at], None)  # type: ignore[misc]
    yield row("content", "SSIM (-1 to 1)", 2, lambda of: of.ssim, None)
    if result.figures["exact"].psnr is not None:
        yield row("content", "PSNR to the true output (dB)", 1, lambda of: of.psnr, None)
    yield from _seen("seen", {name: figures.seen for name, figures in result.figures.items()}, result.real_seen)
    for large in result.large:
        for look, seen in large.looks.items():
            yield from _seen(f"{large.megapixels:g} MP, {look}", seen, None)


def _seen(group: str, seen: Mapping[str, Seen], real: Verdict | None) -> Iterator[Row]:
    """Yield the rows of metrics by frozen features, for candidates and, if known, real targets."""
    columns = [seen.get(name.replace(" ", "_")) for name in HEADINGS[:-1]]

    def row(label: str, value: Callable[[Seen], float | None], of_real: float | None) -> Row:
        values = [None if of is None else value(of) for of in columns]
        return Row(group, label, _cells([*values, of_real], 2))

    taken, painted, near = (None, None, None) if real is None else (real.taken, real.painted, real.near)
    yield row("painted: taken (0 to 1)", lambda of: of.verdict.taken, taken)
    yield row("painted: log-odds (0 to 1)", lambda of: of.verdict.painted, painted)
    yield row("near the painter (0 to 1)", lambda of: of.verdict.near, near)
    yield row("structure (-1 to 1)", lambda of: of.structure, None)
    yield row("feature distance (0 to 4)", lambda of: of.feature_distance, None)


def _cells(values: list[float | None], digits: int) -> list[str]:
    return [NONE if number is None else f"{number + 0:.{digits}f}" for number in values]
