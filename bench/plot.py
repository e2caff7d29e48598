"""Ratios as pictures: one bar for each figure, its spread as a whisker, the peer as a line at 1.

A bar's colour says whether the ratio is better or worse than the peer's: rates are better above 1, time and memory below. It is
pale where the rounds did not agree, or there was only one. Plain SVG, light and dark.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil

from bench.figures import Figure

LABEL_PX, BAR_PX, VALUE_PX, ROW_PX, TOP_PX, FOOT_PX = 270, 430, 200, 24, 44, 30
ALIKE = 0.05
"""How far from 1 a ratio may be without being better or worse."""

_LEGEND = (
    ("better", "better than the peer"),
    ("alike", "alike"),
    ("worse", "worse"),
    ("alike faint", "pale: too scattered"),
)
_LEGEND_PX = (150, 60, 65, 0)
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 15px } .dim { fill: #6e7781 }
.better { fill: #2f9e6e } .alike { fill: #4c8dcc } .worse { fill: #d58a2b }
.faint { opacity: 0.35 } .whisker { stroke: #24292f; stroke-width: 1.2 } .grid { stroke: #d0d7de } .peer { stroke: #cf5b3c;
stroke-width: 1.5; stroke-dasharray: 4 3 } @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #9198a1 }
.whisker { stroke: #e6edf3 } .grid { stroke: #3d444d } }
"""


def plot_ratios(title: str, figures: Sequence[Figure]) -> str:
    """The SVG of the figures that have a ratio; in the order given."""
    shown = [figure for figure in figures if figure.ratio is not None]
    most = max((_upper(figure) for figure in shown), default=1.0)
    step = next(step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 1000) if most / step <= 9 or step == 1000)
    end = max(ceil(most / step) * step, 1.0)
    height = TOP_PX + ROW_PX * len(shown) + FOOT_PX
    width = LABEL_PX + BAR_PX + VALUE_PX

    def at(value: float) -> float:
        return LABEL_PX + BAR_PX * min(value, end) / end

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="8" y="20">{escape(title)}</text>',
        *_legend(),
    ]
    bottom = TOP_PX + ROW_PX * len(shown)
    for tick in range(round(end / step) + 1):
        x = at(tick * step)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP_PX - 6}" y2="{bottom}"/>')
        parts.append(f'<text class="dim" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick * step:g}</text>')
    for row, figure in enumerate(shown):
        parts += _row(figure, TOP_PX + ROW_PX * row, at)
    parts.append(f'<line class="peer" x1="{at(1):.1f}" x2="{at(1):.1f}" y1="{TOP_PX - 10}" y2="{bottom}"/>')
    parts.append(f'<text class="dim" x="{at(1) + 4:.1f}" y="{TOP_PX - 10}">the peer</text>')
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    x, parts = 470, []
    for (kind, words), width in zip(_LEGEND, _LEGEND_PX, strict=True):
        parts.append(f'<circle class="{kind}" cx="{x}" cy="16" r="5"/>')
        parts.append(f'<text class="dim" x="{x + 10}" y="20">{words}</text>')
        x += width
    return parts


def _kind(figure: Figure) -> str:
    """By colour: better, alike or worse than the peer."""
    gain = (figure.ratio or 0.0) - 1 if "/s" in figure.unit else 1 - (figure.ratio or 0.0)
    return "alike" if abs(gain) <= ALIKE else "better" if gain > 0 else "worse"


def _upper(figure: Figure) -> float:
    return (figure.ratio or 0.0) * (1 + figure.spread / 2)


def _row(figure: Figure, y: float, at: Callable[[float], float]) -> list[str]:
    ratio = figure.ratio or 0.0
    low, high, middle = at(max(ratio * (1 - figure.spread / 2), 0.0)), at(_upper(figure)), y + ROW_PX / 2 - 2
    bar = _kind(figure) if figure.is_firm else f"{_kind(figure)} faint"
    said = f"{ratio:.2f} of {figure.peer.replace('_', ' ')}"
    return [
        f'<text x="{LABEL_PX - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(figure.name.replace("_", " "))}</text>',
        f'<rect class="{bar}" x="{LABEL_PX}" y="{y + 2:.1f}" width="{at(ratio) - LABEL_PX:.1f}" height="{ROW_PX - 8}" rx="2"/>',
        f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>',
        f'<line class="whisker" x1="{low:.1f}" x2="{low:.1f}" y1="{middle - 4:.1f}" y2="{middle + 4:.1f}"/>',
        f'<line class="whisker" x1="{high:.1f}" x2="{high:.1f}" y1="{middle - 4:.1f}" y2="{middle + 4:.1f}"/>',
        f'<text class="dim" x="{LABEL_PX + BAR_PX + 12}" y="{middle + 4:.1f}">{escape(said)}</text>',
    ]
