"""Draw the diagrams of docs/combo.md and docs/exactness.md as SVG.

python docs/diagrams.py docs/images
"""

import sys
from collections.abc import Callable
from pathlib import Path

INK, BLUE, GOLD, GREEN, PALE = "#263238", "#3949ab", "#f9a825", "#2e7d32", "#eceff1"
TILES = ("#90caf9", "#a5d6a7", "#ffe082", "#ef9a9a")


def rect(x: float, y: float, width: float, height: float, fill: str, stroke: str = INK, dashes: str = "") -> str:
    """A rectangle."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="1.5"{dashed}/>'
    )


def text(x: float, y: float, words: str, size: int = 15, anchor: str = "middle", fill: str = INK) -> str:
    """A line of text, whose baseline is at y."""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{words}</text>'


def arrow(x: float, y: float, to_x: float, to_y: float, color: str = INK) -> str:
    """An arrow."""
    return f'<path d="M{x} {y} L{to_x} {to_y}" stroke="{color}" stroke-width="2" marker-end="url(#head)" fill="none"/>'


def drawing(width: int, height: int, parts: list[str]) -> str:
    """The whole file, on white, so that it can be read on dark pages too."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif">'
    )
    marker = (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="{INK}"/></marker></defs>'
    )
    white = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([head, marker, white, *parts, "</svg>", ""])


def combo_steps() -> str:
    """A crop, its four tiles, each alone through the generator, joined, and judged."""
    side, parts = 60, []
    for place, color in enumerate(TILES):
        row, column = divmod(place, 2)
        parts.append(rect(20 + column * side, 95 + row * side, side, side, color))
        y = 20 + place * 72
        parts += [rect(215, y, side, side, color), arrow(143, 155, 208, y + side / 2)]
        parts += [arrow(282, y + side / 2, 318, y + side / 2), rect(322, y + 8, 96, 44, PALE, BLUE)]
        parts += [text(370, y + 35, "generator", 15, fill=BLUE), arrow(422, y + side / 2, 458, y + side / 2)]
        parts += [rect(462, y, side, side, color), brush(462, y, side), arrow(526, y + side / 2, 588, 155)]
        parts += [rect(595 + column * side, 95 + row * side, side, side, color)]
        parts.append(brush(595 + column * side, 95 + row * side, side))
    parts += [arrow(720, 155, 760, 155), rect(765, 130, 120, 50, PALE, GOLD), text(825, 160, "discriminator")]
    parts += [text(80, 240, "crop, 2S x 2S"), text(245, 322, "tiles, S x S"), text(492, 322, "translated alone")]
    parts += [text(655, 240, "joined"), text(825, 205, "sees only this", 13), text(825, 225, "and real crops", 13)]
    parts += [
        '<path d="M825 262 L825 348 L370 348" stroke="#f9a825" stroke-width="2" stroke-dasharray="6 4" fill="none"/>',
        arrow(370, 348, 370, 300),
        text(600, 366, "edges that do not match cost the generator: gradients reach all four tiles", 13),
    ]
    return drawing(905, 380, parts)


def brush(x: float, y: float, side: float) -> str:
    """Strokes in a tile, as a sign that it is painted."""
    curves = "".join(
        f"M{x + 6} {y + step} q{side / 4} {-10} {side / 2 - 6} 0 t{side / 2 - 6} 0 "
        for step in range(14, int(side) - 5, 14)
    )
    return f'<path d="{curves}" stroke="{INK}" stroke-opacity="0.55" stroke-width="3" fill="none"/>'


def two_ways() -> str:
    """Tiles side by side, and a window that is read with its halo."""
    parts, side = [], 60
    for row in range(4):
        for column in range(4):
            color = TILES[(row + 2 * column) % 4]
            parts.append(rect(30 + column * side, 50 + row * side, side, side, color if row < 2 else "white"))
    parts += [text(150, 35, "combo: tiles side by side"), text(150, 312, "each pixel computed once", 13)]
    parts += [rect(420, 50, 240, 240, "white"), rect(465, 95, 150, 150, "#e3f2fd", BLUE, "5 4")]
    parts += [rect(495, 125, 90, 90, TILES[0], BLUE), text(540, 175, "window", 15, fill=BLUE)]
    parts += [text(540, 114, "halo", 14, fill=BLUE), text(540, 35, "exact: windows with a halo")]
    parts += [text(540, 312, "the halo is read and computed, then trimmed", 13)]
    return drawing(720, 330, parts)


def halo() -> str:
    """A window on the stride grid, its halo, and the neighborhood on which one of its pixels depends."""
    parts = [
        f'<path d="M{40 + 20 * n} 40 V300 M40 {40 + 20 * n} H360" stroke="#b0bec5" stroke-width="1"/>'
        if n < 14
        else f'<path d="M{40 + 20 * n} 40 V300" stroke="#b0bec5" stroke-width="1"/>'
        for n in range(17)
    ]
    parts += [rect(80, 60, 240, 220, "#e3f2fd88", BLUE, "5 4"), rect(140, 120, 120, 100, "#90caf9", BLUE)]
    parts += [rect(80, 60, 121, 121, "#ffe08288", GOLD), rect(137, 117, 7, 7, "#d84315", "#d84315")]
    parts.append(text(205, 210, "window", 15, fill=BLUE))
    notes = (
        (GOLD, "receptive field of the corner pixel:", "all of it lies in window and halo"),
        (BLUE, "halo: real neighbors, or at the edge of", "the image its reflection; trimmed at last"),
        ("#78909c", "stride grid, anchored at pixel (0, 0):", "windows begin at its lines"),
    )
    for number, (color, first, second) in enumerate(notes):
        y = 95 + 75 * number
        parts += [rect(400, y - 14, 18, 18, color, color)]
        parts += [text(430, y, first, anchor="start"), text(430, y + 21, second, anchor="start")]
    return drawing(760, 340, parts)


DIAGRAMS: dict[str, Callable[[], str]] = {"combo_steps": combo_steps, "two_ways": two_ways, "halo": halo}

if __name__ == "__main__":
    for name, draw in DIAGRAMS.items():
        (Path(sys.argv[1]) / f"{name}.svg").write_text(draw(), encoding="utf-8")
