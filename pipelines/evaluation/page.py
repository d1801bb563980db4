"""The page of an evaluation: one self-contained HTML file with pictures, plots and metrics."""

import io
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from itertools import groupby
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilegan.metrics.seams import profile
from tilegan.metrics.sets import Picture
from tilegan.pipelines.evaluation.plots import COLORS, bar_plot, line_plot
from tilegan.pipelines.evaluation.result import EvaluateResult
from tilegan.pipelines.evaluation.table import HEADINGS, table

DETAIL_TILES = 3  # side of the evenest part of an image, where seams are most visible
QUALITY = 88
CONTRAST = 3

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1500px; padding: 0 1em; color: #222; }
table { border-collapse: collapse; } td, th { padding: 2px 14px; text-align: right; }
td:first-child, th:first-child { text-align: left; } tr.group th { padding-top: 10px; border-bottom: 1px solid #bbb; }
.plots { display: flex; flex-wrap: wrap; gap: 1em; } .plots figure { width: 440px; margin: 0; }
.pictures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin-bottom: 1em; }
.pictures img { width: 100%; display: block; } .pixels img { image-rendering: pixelated; }
figcaption { color: #555; font-size: 13px; } figure { margin: 0; }
""".strip()


class Pictures(NamedTuple):
    """The pictures of one source on the page.

    Attributes:
        whole: picture of each candidate, as a data URI.
        detail: its evenest part.
        contrast: the same with more contrast around its mean, so that faint grids are visible.
        profiles: the pattern that repeats with the tile to the right, (tile,), in 8-bit values.
    """

    whole: dict[str, str]
    detail: dict[str, str]
    contrast: dict[str, str]
    profiles: dict[str, NDArray[np.floating]]

    @classmethod
    def of(cls, candidates: Mapping[str, Picture], tile: int) -> Self:
        """Create the pictures of all candidates, of the same shape; the source is 'identity'."""
        rows, columns = evenest(candidates["identity"], tile)
        details = {name: picture[rows, columns] for name, picture in candidates.items()}
        return cls(
            {name: _data_uri(picture) for name, picture in candidates.items()},
            {name: _data_uri(detail) for name, detail in details.items()},
            {name: _data_uri(_contrasted(detail)) for name, detail in details.items()},
            {name: profile(picture, 1, tile) for name, picture in candidates.items()},
        )


def evenest(pixels: Picture, tile: int) -> tuple[slice, slice]:
    """Return rows and columns of the three by three tiles, on the tile grid, with the least variance."""
    side = DETAIL_TILES * tile
    places = [
        (float(pixels[top : top + side, left : left + side].std(axis=(0, 1)).mean()), top, left)
        for top in range(0, pixels.shape[0] - side + 1, tile)
        for left in range(0, pixels.shape[1] - side + 1, tile)
    ]
    _, top, left = min(places)
    return slice(top, top + side), slice(left, left + side)


def page(result: EvaluateResult, pictures: list[Pictures]) -> str:
    """Return the complete page."""
    title = f"Evaluation of the style {escape(result.style)}"
    facts = (
        f"{len(result.sources)} sources, {len(result.targets[0])} + {len(result.targets[1])} targets, reduced "
        f"to a short side of {result.short_side} px; tiles of {result.tile_size} px; {result.device}, "
        f"{result.precision}. Probes were trained on {result.trained_on[0]} sources and {result.trained_on[1]} targets."
    )
    if result.code:
        facts += f" Codes: {', '.join(f'{name}={value:g}' for name, value in result.code.items())}."
    if any(large.enlarged > 1 for large in result.large):
        facts += " Some of the large sources were enlarged: " + ", ".join(
            f"{large.megapixels:g} MP up to {large.enlarged:.1f} times" for large in result.large if large.enlarged > 1
        )
    return "\n".join(
        [
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{facts}</p>",
            "<p>Read seams, style and content together: blur has no seams, noise has strokes, and a copy keeps all"
            " content. The meaning and the limits of each metric are described in docs/evaluate.md.</p>",
            _table(result),
            _plots(result, pictures),
            *(_images(result, number, shown) for number, shown in enumerate(pictures)),
            "</body></html>\n",
        ]
    )


def _table(result: EvaluateResult) -> str:
    lines = ["<table>"]
    for group, rows in groupby(table(result), key=lambda row: row.group):
        lines.append(f'<tr class="group"><th>{group}</th>{"".join(f"<th>{name}</th>" for name in HEADINGS)}</tr>')
        for row in rows:
            cells = "".join(f"<td>{cell}</td>" for cell in row.cells)
            lines.append(f"<tr><td>{escape(row.label)}</td>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _plots(result: EvaluateResult, pictures: list[Pictures]) -> str:
    figures, levels = result.figures, [str(level) for level in range(len(result.real_style))]
    amplitudes = {name: of.amplitude for name, of in figures.items()}
    profiles = {name: np.mean([shown.profiles[name] for shown in pictures], axis=0).tolist() for name in figures}
    reach = max(1.0, *(abs(value) for values in profiles.values() for value in values))
    tile = result.tile_size * result.enlarged
    marks = [str(place) if place % (tile // 4) == 0 else "" for place in range(tile)]
    style = {name: of.style for name, of in figures.items()} | {"real": [1.0] * len(levels)}
    content = {name: of.content for name, of in figures.items()}
    plots = {
        "Amplitude of the grid": bar_plot(amplitudes, max(1.0, 1.15 * max(amplitudes.values())), "8-bit values"),
        "Mean profile over a tile": line_plot(profiles, -reach, reach, "column in the tile; 8-bit values", marks),
        "Style": line_plot(style, -0.5, 1.25, "level of the pyramid, 0 is the finest", levels),
        "Content": line_plot(content, 0, 1.05, "level of the pyramid, 0 is the finest", levels),
    }
    legend = " ".join(f'<b style="color:{color}">{name.replace("_", " ")}</b>' for name, color in COLORS.items())
    shown = "".join(f"<figure><h3>{title}</h3>{plot}</figure>" for title, plot in plots.items())
    return f'<h2>Plots</h2><p>{legend}</p><div class="plots">{shown}</div>'


def _images(result: EvaluateResult, number: int, shown: Pictures) -> str:
    captions = {}
    for name, images in result.images.items():
        of = images[number]
        captions[name] = (
            f"{name.replace('_', ' ')}: amplitude {of.amplitude:.1f}, content {of.content:.2f}, SSIM {of.ssim:.2f}"
        )
    side = DETAIL_TILES * result.tile_size * result.enlarged
    return (
        f"<h2>{escape(result.sources[number])}</h2>{_row(shown.whole, captions)}"
        f"<p>Its evenest {side} x {side} pixels, and the same with {CONTRAST} times the contrast:</p>"
        f"{_row(shown.detail, {}, 'pixels')}{_row(shown.contrast, {}, 'pixels')}"
    )


def _row(pictures: Mapping[str, str], captions: Mapping[str, str], kind: str = "") -> str:
    shown = "".join(
        f'<figure><img src="{uri}" alt="{name}"><figcaption>{captions.get(name, "")}</figcaption></figure>'
        for name, uri in pictures.items()
    )
    return f'<div class="pictures {kind}">{shown}</div>'


def _contrasted(pixels: Picture) -> Picture:
    mean = pixels.mean(axis=(0, 1))
    contrasted: Picture = ((pixels - mean) * CONTRAST + mean).clip(0, 255).astype(np.uint8)
    return contrasted


def _data_uri(pixels: Picture) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{b64encode(content.getvalue()).decode()}"
