"""Plots of a benchmark, as HTML and SVG."""

from collections.abc import Iterator, Sequence

from sidecar.report.bench.result import Row
from sidecar.report.bench.summary import latency_s
from sidecar.report.page import said
from sidecar.report.words import seconds

STYLE = """
.strip { font-size: .8125rem; font-variant-numeric: tabular-nums; }
.strip > div { display: grid; grid-template-columns: minmax(8rem, 18rem) 1fr 5rem;
  align-items: center; border-top: 1px solid var(--rule); }
.strip span { color: var(--quiet); overflow-wrap: anywhere; }
.strip b { font-weight: 400; text-align: right; }
.strip .runs { position: relative; height: 1.6rem; margin: 0 .75rem; }
.strip i { position: absolute; width: .55rem; height: .55rem; margin-left: -.27rem; top: .52rem;
  border-radius: 50%; background: var(--encode); opacity: .55; }
.strip i.median { width: 2px; height: 1.2rem; margin-left: -1px; top: .2rem; border-radius: 0;
  background: var(--ink); opacity: 1; }
svg { max-width: 40rem; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 13px; font-family: inherit; }
svg .grid { stroke: var(--rule); } svg .ideal { stroke: var(--wait); stroke-dasharray: 4 4; }
svg .line { fill: none; stroke: var(--encode); stroke-width: 2; }
svg circle { fill: var(--encode); }
@media (max-width: 40rem) {
  .strip > div { grid-template-columns: 7rem 1fr 4rem; } .strip .runs { margin: 0 .3rem; }
}
"""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 300, 60, 260, 20


def latency_strip(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Every run as a dot, the median as a line; one scale from zero."""
    slowest_s = max((run.latency_s for row in rows for run in row.runs), default=0.0)
    if not slowest_s:
        return ""
    lines = "".join(
        f'<div><span>{said(name)}</span><div class="runs">{_dots(row, slowest_s)}</div>'
        f"<b>{_median(row)}</b></div>\n"
        for row, name in zip(rows, names, strict=True)
    )
    sentence = f"Latencies of all runs, from 0 to {seconds(slowest_s)}; the table has the medians."
    return f'<figure class="strip" role="img" aria-label="{said(sentence)}">{lines}</figure>'


def _median(row: Row) -> str:
    median_s = latency_s(row)
    return "failed" if median_s is None else seconds(median_s)


def _dots(row: Row, slowest_s: float) -> str:
    dots = "".join(
        f'<i style="left:{run.latency_s / slowest_s:.2%}" title="{seconds(run.latency_s)}"></i>'
        for run in row.runs
    )
    median_s = latency_s(row)
    if median_s is None:
        return dots
    return f'{dots}<i class="median" style="left:{median_s / slowest_s:.2%}"></i>'


def speedup_curve(curves: Sequence[tuple[str, Sequence[tuple[int, float]]]]) -> str:
    """Speed by the number of threads, relative to the fewest; the dashed line is proportional.

    `curves` are names with their points: threads and seconds.
    """
    most = max(threads for _, points in curves for threads, _ in points)
    fewest = min(threads for _, points in curves for threads, _ in points)
    top = max(most / fewest, *(points[0][1] / s for _, points in curves for _, s in points))
    groups = "".join(
        _curve(number, name, points, most, top) for number, (name, points) in enumerate(curves, 1)
    )
    names = "".join(f"<li>{said(name)}</li>" for name, _ in curves)
    ideal = (
        f'<line class="ideal" x1="{_x(fewest, most):.0f}" y1="{_y(1, top):.0f}" '
        f'x2="{_x(most, most):.0f}" y2="{_y(most / fewest, top):.0f}"/>'
    )
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="Speed by the number of threads; the table has the figures.">'
        f"{''.join(_grid(curves, most, top))}{ideal}{groups}</svg>"
        "<figcaption>times as fast as with the fewest threads; dashed: in proportion</figcaption>"
        f'<ol class="legend">{names}</ol></figure>'
    )


def _grid(
    curves: Sequence[tuple[str, Sequence[tuple[int, float]]]], most: int, top: float
) -> Iterator[str]:
    for speed in range(1, int(top) + 1):
        y = _y(speed, top)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.0f}" y2="{y:.0f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{speed}x</text>'
    for threads in sorted({threads for _, points in curves for threads, _ in points}):
        x = _x(threads, most)
        yield f'<text x="{x:.0f}" y="{BOTTOM + 20}" text-anchor="middle">{threads}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT - 4}" text-anchor="middle">threads</text>'


def _curve(
    number: int, name: str, points: Sequence[tuple[int, float]], most: int, top: float
) -> str:
    slowest_s = points[0][1]
    places = [(_x(threads, most), _y(slowest_s / s, top)) for threads, s in points]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>' for x, y in places)
    (x, y) = places[-1]
    # Curves that end close together would have their numbers on top of each other.
    label = f'<text x="{x + 8 + 12 * ((number - 1) % 2):.0f}" y="{y + 4:.0f}">{number}</text>'
    title = f"<title>{said(name)}</title>"
    return f'<g>{title}<polyline class="line" points="{line}"/>{dots}{label}</g>'


def _x(threads: float, most: int) -> float:
    return LEFT + (WIDTH - LEFT - 40) * threads / most


def _y(speed: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * speed / top
