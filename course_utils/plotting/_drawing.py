"""The strokes: densities, ratios and pulls in given axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mplhep
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from course_utils.plotting.samples import Binned, FloatArray, pull, ratio
from course_utils.plotting.style import COLOURS, LINE_STYLES, REFERENCE_COLOUR


@dataclass(frozen=True)
class Look:
    """Colour and line of one sample."""

    colour: str
    line: Any
    is_reference: bool


def looks(is_reference: Sequence[bool]) -> list[Look]:
    """The reference is black on grey; the others cycle through colours and line styles."""
    result = []
    for k, chosen in enumerate(is_reference):
        place = k - sum(is_reference[:k])
        colour = REFERENCE_COLOUR if chosen else COLOURS[place % len(COLOURS)]
        result.append(
            Look(colour, "-" if chosen else LINE_STYLES[place % len(LINE_STYLES)], chosen)
        )
    return result


def draw_densities(
    ax: Axes,
    histograms: Sequence[Binned],
    styles: Sequence[Look],
    labels: Sequence[str],
    *,
    log: bool,
) -> None:
    """Densities with uncertainties; the reference as a filled histogram behind the others."""
    for histogram, look, label in zip(histograms, styles, labels, strict=True):
        if look.is_reference:
            ax.stairs(histogram.density, histogram.edges, fill=True, color="0.9", zorder=0.5)
        _steps(ax, histogram.edges, histogram.density, histogram.uncertainty, look, label=label)
    ax.set_ylabel("normalised density")
    density = np.concatenate([h.density for h in histograms])
    filled = density[np.isfinite(density) & (density > 0)]
    if log:
        ax.set_yscale("log")
        if filled.size:
            ax.set_ylim(0.5 * filled.min(), 5 * filled.max())
    elif filled.size and density[np.isfinite(density)].min() >= 0:
        ax.set_ylim(0, 1.2 * filled.max())


def draw_ratios(
    ax: Axes, histograms: Sequence[Binned], styles: Sequence[Look], k_reference: int, name: str
) -> None:
    """Ratios to the reference with their uncertainties."""
    others = [k for k in range(len(histograms)) if k != k_reference]
    results = [ratio(histograms[k], histograms[k_reference]) for k in others]
    half = _half_height([np.abs(value - 1) for value, _ in results], smallest=0.1, largest=1.0)
    ax.axhline(1.0, color="0.4", linewidth=1.0, zorder=0.5)
    for k, (value, uncertainty) in zip(others, results, strict=True):
        _steps(ax, histograms[k].edges, value, uncertainty, styles[k])
        _mark_outside(ax, histograms[k].edges, value, 1 - half, 1 + half, styles[k])
    ax.set_ylim(1 - half, 1 + half)
    ax.set_ylabel(f"ratio to\n{name}")


def draw_pulls(
    ax: Axes, histograms: Sequence[Binned], styles: Sequence[Look], k_reference: int, name: str
) -> None:
    """Pulls against the reference, on bands of one and two standard deviations."""
    others = [k for k in range(len(histograms)) if k != k_reference]
    results = [pull(histograms[k], histograms[k_reference]) for k in others]
    half = _half_height([np.abs(value) for value in results], smallest=3.5, largest=10.0)
    for n_sigma, grey in ((2, "0.93"), (1, "0.85")):
        ax.axhspan(-n_sigma, n_sigma, color=grey, linewidth=0, zorder=0.4)
    ax.axhline(0.0, color="0.4", linewidth=1.0, zorder=0.5)
    for k, value in zip(others, results, strict=True):
        _steps(ax, histograms[k].edges, value, None, styles[k])
        _mark_outside(ax, histograms[k].edges, value, -half, half, styles[k])
    ax.set_ylim(-half, half)
    ax.set_yticks([-2, 0, 2] if half < 6 else [-5, 0, 5])
    ax.yaxis.set_minor_locator(MultipleLocator(1))
    ax.set_ylabel(f"pull to\n{name}")


def _steps(
    ax: Axes,
    edges: FloatArray,
    values: FloatArray,
    uncertainty: FloatArray | None,
    look: Look,
    **options: Any,
) -> None:
    mplhep.histplot(
        values,
        edges,
        yerr=False,
        ax=ax,
        histtype="step",
        edges=False,
        color=look.colour,
        linestyle=look.line,
        linewidth=1.6,
        **options,
    )
    if uncertainty is not None:
        centres = 0.5 * (edges[1:] + edges[:-1])
        ax.errorbar(
            centres, values, uncertainty, fmt="none", ecolor=look.colour, elinewidth=1.0, alpha=0.8
        )


def _half_height(distances: Sequence[FloatArray], *, smallest: float, largest: float) -> float:
    """Half the height of a lower panel: almost all points fit, within limits."""
    values = np.concatenate([*distances, np.zeros(1)])
    wanted = 1.25 * float(np.quantile(values[np.isfinite(values)], 0.95))
    return float(np.clip(wanted, smallest, largest))


def _mark_outside(
    ax: Axes, edges: FloatArray, values: FloatArray, low: float, high: float, look: Look
) -> None:
    """Triangles at the rim for points above or below the panel."""
    centres = 0.5 * (edges[1:] + edges[:-1])
    margin = 0.07 * (high - low)
    for outside, height, marker in (
        (values > high, high - margin, "^"),
        (values < low, low + margin, "v"),
    ):
        ax.plot(
            centres[outside],
            np.full(outside.sum(), height),
            marker,
            color=look.colour,
            markersize=5,
        )
