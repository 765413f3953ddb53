"""Outlines in design units: a picture is 1000 by 1000, y grows downwards."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

Point = tuple[float, float]
Outline = list[Point]


def path(text: str) -> Outline:
    """Points written as "x,y x,y …"."""
    return [(float(x), float(y)) for x, _, y in (word.partition(",") for word in text.split())]


def rect(x0: float, y0: float, x1: float, y1: float) -> Outline:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def rrect(x0: float, y0: float, x1: float, y1: float, radius: float) -> Outline:
    """A rectangle with round corners."""
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    corners = ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180))
    return [p for cx, cy, start in corners for p in arc(cx, cy, r, r, start, start + 90)]


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Outline:
    """Points on an ellipse, degrees clockwise from three o'clock."""
    steps = max(8, int(abs(end - start) / 6))
    angles = [(start + (end - start) * i / steps) * pi / 180 for i in range(steps + 1)]
    return [(cx + rx * cos(a), cy + ry * sin(a)) for a in angles]


def dot(cx: float, cy: float, r: float) -> Outline:
    """A small round spot, cheap to draw by the hundred."""
    return [(cx + r * cos(i * pi / 4), cy + r * sin(i * pi / 4)) for i in range(8)]


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Outline:
    return arc(cx, cy, rx, ry, 0, 360)


def smooth(points: Sequence[Point], *, closed: bool = False, steps: int = 10) -> Outline:
    """A Catmull-Rom curve through the points."""
    n = len(points)
    out: Outline = []
    for i in range(n if closed else n - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % n] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, n - 1)]
        out += [_spline(p0, p1, p2, p3, step / steps) for step in range(steps)]
    if not closed:
        out.append(points[-1])
    return out


def _spline(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def one(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)

    return one(p0[0], p1[0], p2[0], p3[0]), one(p0[1], p1[1], p2[1], p3[1])


def mirror(half: Sequence[Point], cx: float) -> Outline:
    """A closed outline from its right half (top to bottom)."""
    return [*half, *((2 * cx - x, y) for x, y in reversed(half))]


def turn(points: Sequence[Point], degrees: float, about: Point) -> Outline:
    c, s = cos(degrees * pi / 180), sin(degrees * pi / 180)
    ax, ay = about
    return [(ax + (x - ax) * c - (y - ay) * s, ay + (x - ax) * s + (y - ay) * c) for x, y in points]


def moved(points: Sequence[Point], dx: float, dy: float, scale: float = 1.0) -> Outline:
    return [(x * scale + dx, y * scale + dy) for x, y in points]


def band(cx: float, half: float, y0: float, y1: float, curve: float) -> Outline:
    """A strip around a round body seen a little from above: both edges sag by `curve`."""
    return [*arc(cx, y0, half, curve, 180, 0), *arc(cx, y1, half, curve, 0, 180)]


def stroke(points: Sequence[Point], width: float | Sequence[float]) -> Outline:
    """A ribbon along a line; the width may change from point to point."""
    widths = [width] * len(points) if isinstance(width, int | float) else list(width)
    left: Outline = []
    right: Outline = []
    for i, (x, y) in enumerate(points):
        ax, ay = points[max(i - 1, 0)]
        bx, by = points[min(i + 1, len(points) - 1)]
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 or 1.0
        nx, ny = -(by - ay) / length * widths[i] / 2, (bx - ax) / length * widths[i] / 2
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return [*left, *reversed(right)]
