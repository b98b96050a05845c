"""Where the dots of a strip plot lie: values of a class between two thresholds."""

from collections import Counter
from math import isfinite
from typing import Any

from course_grader.results.measured import Measured

WIDTH, MIDDLE, RADIUS = 360.0, 26.0, 4.0
_EDGE, _BEYOND, _LEVELS = 14.0, 0.35, 5


def strip_plot(quality: Measured, *, named: bool) -> dict[str, Any]:
    """Positions for the template `strip_plot.html`, on an axis from left to right.

    Values far beyond a threshold lie at the edge, as triangles; those that are no numbers lie at
    the edge where there are no points.

    Args:
        quality: what was measured.
        named: dots say whose they are.
    """
    low, high = sorted((quality.full, quality.none))
    room = _BEYOND * (high - low)
    low, high = low - room, high + room

    def place(value: float) -> float:
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    worst = high if quality.none > quality.full else low
    stacked: Counter[int] = Counter()
    dots = []
    for group, value in sorted(quality.values.items(), key=lambda one: (str(one[1]), one[0])):
        x = place(value if isfinite(value) else worst)
        slot = round(x / (2 * RADIUS))
        level = stacked[slot] % _LEVELS
        stacked[slot] += 1
        y = MIDDLE + (1 if level % 2 else -1) * ((level + 1) // 2) * 1.6 * RADIUS
        share = quality.share(value)
        kind = "full" if share == 1 else "none" if share == 0 else "partial"
        beyond = not isfinite(value) or not low <= value <= high
        side = (1 if x > WIDTH / 2 else -1) if beyond else 0
        text = f"{group}: {value:.4g}" if named else f"{value:.4g}"
        dots.append({"x": x, "y": round(y, 1), "kind": kind, "side": side, "text": text})
    return {
        "width": WIDTH,
        "middle": MIDDLE,
        "radius": RADIUS,
        "dots": dots,
        "full": place(quality.full),
        "none": place(quality.none),
        "rises": quality.full > quality.none,
        "quality": quality,
    }
