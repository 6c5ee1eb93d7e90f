"""Cost against rows, as an SVG drawing that stands by itself: both axes in powers of ten, a line per act."""

import math
from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT = 960, 560
LEFT, RIGHT, TOP, BOTTOM = 80, 250, 64, 60
_COLOURS = ("#12343b", "#c2410c", "#2563eb", "#15803d", "#7e22ce", "#b45309", "#be185d", "#475569")
_FONT = 'font-family="system-ui, sans-serif"'


class _Axis:
    """Numbers between two powers of ten on a stretch of the drawing."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        self.high = max(self.high, self.low + 1)
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def drawn(curves: Mapping[int, Mapping[str, float]]) -> str:
    """The drawing. `curves` holds milliseconds by rows and act."""
    names = list(dict.fromkeys(name for taken in curves.values() for name in taken))
    times = [taken[name] for taken in curves.values() for name in taken if taken[name] > 0]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' role="img" aria-labelledby="title description">',
        '<title id="title">Cost against rows</title>',
        f'<desc id="description">{escape(_in_words(curves, names))}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 34, "Cost against rows", size=22, weight="bold"),
        _text(LEFT, 54, "Milliseconds, the median of several rounds; both axes in powers of ten", size=13),
    ]
    if times:
        across = _Axis([float(rows) for rows in curves], LEFT, WIDTH - RIGHT)
        up = _Axis(times, HEIGHT - BOTTOM, TOP + 10)
        parts += _grid(across, up)
        parts += _lines(curves, names, across, up)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _in_words(curves: Mapping[int, Mapping[str, float]], names: list[str]) -> str:
    said = []
    for name in names:
        values = [f"{taken[name]:.3g} ms at {rows:,}" for rows, taken in sorted(curves.items()) if name in taken]
        said.append(f"{name}: {', '.join(values)}")
    return "; ".join(said)


def _text(x: float, y: float, words: str, *, size: int = 13, weight: str = "normal", anchor: str = "start") -> str:
    look = f'{_FONT} font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="#1f2933"'
    return f'<text x="{x}" y="{y}" {look}>{escape(words)}</text>'


def _grid(across: _Axis, up: _Axis) -> list[str]:
    parts = []
    for value in up.ticks():
        y = up.at(value)
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#d5dbe1"/>')
        parts.append(_text(LEFT - 10, y + 4, f"{value:g}", anchor="end"))
    for value in across.ticks():
        x = across.at(value)
        parts.append(f'<line x1="{x}" y1="{TOP + 10}" x2="{x}" y2="{HEIGHT - BOTTOM}" stroke="#d5dbe1"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 22, f"{value:,.0f}", anchor="middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*parts, _text(middle, HEIGHT - 14, "rows", anchor="middle")]


def _lines(curves: Mapping[int, Mapping[str, float]], names: list[str], across: _Axis, up: _Axis) -> list[str]:
    parts, labels = [], []
    for place, name in enumerate(names):
        colour, dash = _COLOURS[place % len(_COLOURS)], "" if place < len(_COLOURS) else ' stroke-dasharray="5 4"'
        points = [(across.at(rows), up.at(taken[name])) for rows, taken in sorted(curves.items()) if taken.get(name)]
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in points]
        labels.append((points[-1][1], name, colour, points[-1]))
    below = 0.0
    for y, name, colour, (x, end) in sorted(labels):
        below = max(y, below + 18)  # labels of lines that end together stand under each other
        parts.append(f'<line x1="{x + 6}" y1="{end}" x2="{x + 24}" y2="{below}" stroke="{colour}"/>')
        parts.append(_text(x + 28, below + 4, name))
    return parts
