"""Small plots as SVG text, without any library."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 14, 34
COLORS = {"identity": "#888888", "color_transfer": "#c98a00", "combo": "#c0392b", "exact": "#1f6fb2", "real": "#2e8b57"}

Points = Sequence[float | None]


def line_plot(lines: Mapping[str, Points], low: float, high: float, below: str, marks: Sequence[str]) -> str:
    """Plot lines over positions 0, 1, 2 ..., each in the color of its candidate.

    Args:
        lines: for each candidate a value per position; None leaves a gap.
        low: value at the bottom; values outside the range are drawn at the edge.
        high: value at the top.
        below: caption below the plot.
        marks: a text for each position; '' for none.
    """
    parts = [_frame(low, high, below)]
    last = max(1, len(marks) - 1)
    for place, mark in enumerate(marks):
        if mark:
            parts.append(_text(_x(place, last), HEIGHT - _BOTTOM + 13, mark, "middle"))
    for name, values in lines.items():
        for piece in _pieces(values):
            points = " ".join(f"{_x(place, last):.1f},{_y(value, low, high):.1f}" for place, value in piece)
            color = COLORS[name]
            if len(piece) == 1:
                x, y = points.split(",")
                parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>')
            parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def bar_plot(bars: Mapping[str, float], high: float, below: str) -> str:
    """Plot bars from 0, side by side, each in the color of its candidate and with its value above.

    Args:
        bars: value of each candidate.
        high: value at the top.
        below: caption below the plot.
    """
    parts = [_frame(0, high, below)]
    step = (WIDTH - _LEFT - _RIGHT) / len(bars)
    for place, (name, value) in enumerate(bars.items()):
        left, top = _LEFT + step * (place + 0.2), _y(value, 0, high)
        height = HEIGHT - _BOTTOM - top
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{0.6 * step:.1f}" height="{height:.1f}" fill="{COLORS[name]}"/>'
        )
        parts.append(_text(left + 0.3 * step, top - 3, f"{value:.2f}", "middle"))
        parts.append(_text(left + 0.3 * step, HEIGHT - _BOTTOM + 13, name.replace("_", " "), "middle"))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def _pieces(values: Points) -> list[list[tuple[int, float]]]:
    """Return the pieces of a line without gaps."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is not None:
            pieces[-1].append((place, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _x(place: int, last: int) -> float:
    return _LEFT + place / last * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    share = (min(max(value, low), high) - low) / (high - low)
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _frame(low: float, high: float, below: str) -> str:
    lines = []
    for value in (low, (low + high) / 2, high):
        y = _y(value, low, high)
        lines.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        lines.append(_text(_LEFT - 5, y + 4, f"{value:.3g}", "end"))
    return "".join(lines) + _text((_LEFT + WIDTH) / 2, HEIGHT - 5, below, "middle")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11" fill="#444444">{escape(text)}</text>'
