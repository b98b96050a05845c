"""Histograms of several samples, with a ratio or pull panel below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

from course_utils.plotting import _drawing
from course_utils.plotting.samples import PlottingError, Sample, binned, check_edges

Panel = Literal["ratio", "pull"]


@dataclass(frozen=True, eq=False)
class Observable:
    """One observable of `compare_grid`.

    Attributes:
        samples: what to compare.
        edges: bin edges shared by all samples, shape `(n_bins + 1,)`.
        xlabel: axis label with unit.
        log: logarithmic density axis.
        reference: the sample to compare with, one of `samples`; None: the last one.
    """

    samples: Sequence[Sample]
    edges: ArrayLike
    xlabel: str
    log: bool = False
    reference: Sample | None = None


def compare(
    samples: Sequence[Sample],
    edges: ArrayLike,
    *,
    reference: Sample | None = None,
    xlabel: str,
    panel: Panel | None = "ratio",
    log: bool = False,
    axes: Sequence[Axes] | None = None,
    legend: bool = True,
) -> tuple[Figure, tuple[Axes, ...]]:
    r"""Compare samples of one observable, bin by bin.

    The main panel shows densities :math:`s_1 / (S_1 \Delta)`: the sum of weights in the bin over
    the sum of all weights (events outside the edges included) over the bin width. Uncertainties
    come from sums of squared weights, with the small correlation through the normalisation taken
    into account. The lower panel shows either the ratio to the reference, whose uncertainty
    includes that of the reference, or the pull :math:`(a - b) / \sqrt{\sigma_a^2 + \sigma_b^2}`.
    Both hold for independent events: not for a sample against a reweighted version of itself. Bins
    without events are not drawn; what lies outside the lower panel appears as a triangle at its
    rim.

    Args:
        samples: what to compare, with labels for the legend.
        edges: bin edges shared by all samples, shape `(n_bins + 1,)`.
        reference: the sample to compare with, one of `samples`; None: the last one.
        xlabel: axis label with unit, for example `"$p_T$ [GeV]"`.
        panel: "ratio", "pull" or None for the main panel alone.
        log: logarithmic density axis.
        axes: draw into these axes (main and lower) instead of a new figure.
        legend: whether to draw the legend.

    Returns:
        The figure and its axes: main panel and, if there is one, lower panel.

    Raises:
        PlottingError: for no samples, a reference that is not among them, bad edges, an unknown
            panel, or the wrong number of axes.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(1)
        >>> model = Sample(rng.normal(size=1000), label="model")
        >>> data = Sample(rng.normal(size=1000), label="data")
        >>> fig, (main, lower) = compare([model, data], np.linspace(-3, 3, 31), xlabel="$x$")
        >>> lower.get_ylabel()
        'ratio to\ndata'
        >>> plt.close(fig)
    """
    bins = check_edges(edges)
    _check(samples, reference, panel)
    chosen = samples[-1] if reference is None else reference
    if axes is None:
        figure = plt.figure(layout=ConstrainedLayoutEngine(h_pad=0.02, hspace=0))
        axes = _add_axes(figure, figure.add_gridspec(1, 1)[0], panel)
    elif len(axes) != (1 if panel is None else 2):
        raise PlottingError(
            f"got {len(axes)} axes, expected {'main' if panel is None else 'main and lower'}."
        )
    histograms = [binned(sample, bins) for sample in samples]
    looks = _drawing.looks([sample is chosen for sample in samples])
    labels = [sample.label for sample in samples]
    _drawing.draw_densities(axes[0], histograms, looks, labels, log=log)
    if legend and any(labels):
        axes[0].legend()
    if panel is not None:
        k_reference = next(k for k, sample in enumerate(samples) if sample is chosen)
        draw = _drawing.draw_ratios if panel == "ratio" else _drawing.draw_pulls
        draw(axes[1], histograms, looks, k_reference, chosen.label or "reference")
        axes[0].tick_params(labelbottom=False)
    axes[-1].set_xlabel(xlabel)
    for ax in axes:
        ax.set_xlim(bins[0], bins[-1])
    drawn = axes[0].get_figure(root=True)
    if drawn is None:
        raise PlottingError("`axes` do not belong to a figure any more.")
    return drawn, tuple(axes)


def compare_grid(
    observables: Sequence[Observable],
    *,
    panel: Panel | None = "ratio",
    n_columns: int = 2,
    title: str = "",
) -> tuple[Figure, list[tuple[Axes, ...]]]:
    """`compare` for several observables in one figure, with one legend above.

    Args:
        observables: what to draw, row by row; the legend is that of the first.
        panel: "ratio", "pull" or None, for all.
        n_columns: figures in a row.
        title: text above the legend.

    Returns:
        The figure and, for each observable, its axes.

    Raises:
        PlottingError: as `compare`, and for no observables.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(1)
        >>> samples = [Sample(rng.normal(size=1000), label=label) for label in ("model", "data")]
        >>> edges = np.linspace(-3, 3, 31)
        >>> fig, axes = compare_grid([Observable(samples, edges, name) for name in ("$x$", "$y$")])
        >>> len(axes)
        2
        >>> plt.close(fig)
    """
    if not observables or n_columns < 1:
        raise PlottingError(
            f"got {len(observables)} observables in {n_columns} columns, expected at least one of "
            "each."
        )
    n_columns = min(n_columns, len(observables))
    n_rows = -(-len(observables) // n_columns)
    height = 3.2 if panel is None else 4.0
    figure = plt.figure(
        figsize=(5.0 * n_columns, height * n_rows + 0.6),
        layout=ConstrainedLayoutEngine(h_pad=0.03, hspace=0),
    )
    grid = figure.add_gridspec(n_rows, n_columns)
    all_axes = []
    for k, observable in enumerate(observables):
        axes = _add_axes(figure, grid[divmod(k, n_columns)], panel)
        compare(
            observable.samples,
            observable.edges,
            reference=observable.reference,
            xlabel=observable.xlabel,
            panel=panel,
            log=observable.log,
            axes=axes,
            legend=False,
        )
        all_axes.append(axes)
    handles, labels = all_axes[0][0].get_legend_handles_labels()
    if labels:
        figure.legend(
            handles,
            labels,
            title=title or None,
            title_fontsize="large",
            loc="outside upper center",
            ncols=min(4, len(labels)),
        )
    return figure, all_axes


def _add_axes(figure: Figure, place: SubplotSpec, panel: Panel | None) -> tuple[Axes, ...]:
    """Main axes, with lower axes of a third of the height that share its x axis."""
    if panel is None:
        return (figure.add_subplot(place),)
    rows = place.subgridspec(2, 1, height_ratios=(3, 1), hspace=0)
    main = figure.add_subplot(rows[0])
    return main, figure.add_subplot(rows[1], sharex=main)


def _check(samples: Sequence[Sample], reference: Sample | None, panel: Any) -> None:
    if not samples or not all(isinstance(sample, Sample) for sample in samples):
        raise PlottingError(
            "`samples` must be a list with at least one `Sample`, for example "
            '[Sample(x_lo, label="LO"), Sample(x_nlo, label="NLO")].'
        )
    if reference is not None and not any(sample is reference for sample in samples):
        raise PlottingError("`reference` must be one of `samples` (the same object).")
    if panel is not None and panel not in get_args(Panel):
        raise PlottingError(f"`panel` must be one of {get_args(Panel)} or None, got {panel!r}.")
