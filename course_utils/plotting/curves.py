"""Training curves, ROC curves and calibration, drawn from numbers that somebody else computed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from course_utils.plotting.samples import FloatArray, PlottingError
from course_utils.plotting.style import COLOURS, LINE_STYLES, MARKERS


class LossHistory(Protocol):
    """What `loss_curves` reads; `course_utils.training.History` has it."""

    @property
    def train_loss(self) -> Sequence[float]: ...
    @property
    def validation_loss(self) -> Sequence[float]: ...
    @property
    def best_epoch(self) -> int: ...


def loss_curves(
    history: LossHistory | Mapping[str, LossHistory],
    *,
    ylabel: str = "loss",
    log: bool = False,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Training loss (dashed) and validation loss (solid) per epoch; a marker on the best epoch.

    Args:
        history: one `History`, or several with their labels.
        ylabel: label of the loss axis.
        log: logarithmic loss axis.
        ax: draw into these axes instead of a new figure.

    Returns:
        The figure and its axes.

    Raises:
        PlottingError: for no history, or one without epochs.

    Example:
        >>> from course_utils.training import History
        >>> history = History(train_loss=[1.0, 0.8], validation_loss=[0.9, 0.85], best_epoch=1)
        >>> fig, ax = loss_curves({"VAE": history})
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['VAE: training', 'VAE: validation']
        >>> plt.close(fig)
    """
    histories = history if isinstance(history, Mapping) else {"": history}
    if not histories:
        raise PlottingError("`history` is empty, expected at least one history.")
    figure, axes = _figure(ax)
    for k, (label, item) in enumerate(histories.items()):
        if len(item.train_loss) == 0:
            raise PlottingError(f"the history {label!r} has no epochs.")
        colour, prefix = COLOURS[k % len(COLOURS)], f"{label}: " if label else ""
        epochs = np.arange(1, len(item.train_loss) + 1)
        axes.plot(epochs, item.train_loss, "--", color=colour, label=f"{prefix}training")
        axes.plot(
            epochs,
            item.validation_loss,
            "-",
            color=colour,
            marker=MARKERS[k % len(MARKERS)],
            markevery=[item.best_epoch],
            markersize=8,
            label=f"{prefix}validation",
        )
    if log:
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.minorticks_off()
    axes.set_xlabel("epoch")
    axes.set_ylabel(ylabel)
    axes.legend()
    return figure, axes


def roc_curve(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], *, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Draw ROC curves from their points, with the diagonal of a guess.

    Args:
        curves: label and (false-positive rates, true-positive rates), each of shape `(n_points,)`.
        ax: draw into these axes instead of a new figure.

    Returns:
        The figure and its axes.

    Example:
        >>> fig, ax = roc_curve({"AUC = 0.75": ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])})
        >>> ax.get_xlabel()
        'false-positive rate'
        >>> plt.close(fig)
    """
    figure, axes = _figure(ax)
    axes.plot([0, 1], [0, 1], "-", color="0.6", linewidth=1.0, label="guess")
    for k, (label, (false_positive, true_positive)) in enumerate(curves.items()):
        x, y = _same_shape(false_positive, true_positive, label)
        axes.plot(x, y, linestyle=LINE_STYLES[k], color=COLOURS[k], label=label)
    axes.set(xlabel="false-positive rate", ylabel="true-positive rate", xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
    return figure, axes


def calibration_curve(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]], *, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Draw calibration curves from their points, with the diagonal of a calibrated classifier.

    Args:
        curves: label and (mean score, observed fraction, uncertainty of the fraction) per bin of
            the score, each of shape `(n_bins,)`; NaN where a bin is empty.
        ax: draw into these axes instead of a new figure.

    Returns:
        The figure and its axes.

    Example:
        >>> fig, ax = calibration_curve({"classifier": ([0.25, 0.75], [0.3, 0.7], [0.02, 0.02])})
        >>> ax.get_ylabel()
        'observed fraction'
        >>> plt.close(fig)
    """
    figure, axes = _figure(ax)
    axes.plot([0, 1], [0, 1], "-", color="0.6", linewidth=1.0, label="calibrated")
    for k, (label, (score, fraction, uncertainty)) in enumerate(curves.items()):
        x, y = _same_shape(score, fraction, label)
        _, error = _same_shape(score, uncertainty, label)
        axes.errorbar(
            x, y, error, fmt=MARKERS[k], color=COLOURS[k], markersize=5, elinewidth=1.2, label=label
        )
    axes.set(xlabel="classifier score", ylabel="observed fraction", xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal")
    axes.legend(loc="upper left")
    return figure, axes


def _figure(ax: Axes | None) -> tuple[Figure, Axes]:
    if ax is None:
        return plt.subplots(layout="constrained")
    figure = ax.get_figure(root=True)
    if figure is None:
        raise PlottingError("`ax` does not belong to a figure any more.")
    return figure, ax


def _same_shape(x: ArrayLike, y: ArrayLike, label: str) -> tuple[FloatArray, FloatArray]:
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise PlottingError(
            f"the points of curve {label!r} must have one shape (n,), got {a.shape} and {b.shape}."
        )
    return a, b
