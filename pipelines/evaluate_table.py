"""The figures of an evaluation as rows of text, for a terminal and for the page."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tilegan.pipelines.evaluate_figures import Figures

if TYPE_CHECKING:
    from tilegan.pipelines.evaluate import EvaluateResult

HEADINGS = ("identity", "color transfer", "combo", "exact", "real")
NONE = "-"


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        group: 'seams', 'style' or 'content'.
        label: what the figure is, and its unit.
        cells: a text for each of ``HEADINGS``, '-' where there is no such figure.
    """

    group: str
    label: str
    cells: list[str]


def table(result: "EvaluateResult") -> list[Row]:
    """All figures of an evaluation; 'real' is what other real target images come to."""
    return list(_rows(result))


def _rows(result: "EvaluateResult") -> Iterator[Row]:
    def row(group: str, label: str, digits: int, value: Callable[[Figures], float | None], real: float | None) -> Row:
        values = [*map(value, result.figures.values()), real]
        return Row(group, label, [NONE if number is None else f"{number + 0:.{digits}f}" for number in values])

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
