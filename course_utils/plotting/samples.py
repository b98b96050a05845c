"""Samples of one observable, their histograms, and the numbers in a ratio or pull panel."""

from dataclasses import dataclass

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class PlottingError(ValueError):
    """A figure cannot be drawn from this input; the message says why."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Values of one observable with optional weights.

    Attributes:
        values: one number per event, shape `(n_events,)`.
        weights: weight of each event, same shape; None: all equal. Negative weights are allowed.
        label: name in the legend, for example "NLO".

    Example:
        >>> Sample([40.0, 55.0], label="LO").label
        'LO'
    """

    values: ArrayLike
    weights: ArrayLike | None = None
    label: str = ""

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 1 or values.size == 0:
            raise PlottingError(
                f"the values of sample {self.label!r} must have shape (n_events,) with at least "
                f"one event, got {values.shape}."
            )
        if not np.isfinite(values).all():
            n_bad = int(values.size - np.isfinite(values).sum())
            raise PlottingError(
                f"sample {self.label!r} has {n_bad} NaN or infinite values of {values.size}, "
                "expected finite numbers."
            )
        weights = np.ones(values.size) if self.weights is None else np.asarray(self.weights, float)
        if weights.shape != values.shape:
            raise PlottingError(
                f"sample {self.label!r} must have one weight per event, shape {values.shape}, got "
                f"{weights.shape}."
            )
        if not (np.isfinite(weights).all() and weights.sum() > 0):
            raise PlottingError(
                f"the weights of sample {self.label!r} must be finite with a positive sum, got a "
                f"sum of {weights.sum():g}."
            )


@dataclass(frozen=True, eq=False)
class Binned:
    """Probability of each bin and its variance; bins without events hold NaN.

    The probability is relative to all events, also those outside the edges.
    """

    edges: FloatArray
    probability: FloatArray
    variance: FloatArray

    @property
    def width(self) -> FloatArray:
        return np.diff(self.edges)

    @property
    def density(self) -> FloatArray:
        return self.probability / self.width

    @property
    def uncertainty(self) -> FloatArray:
        """Standard deviation of the density."""
        return np.sqrt(self.variance) / self.width


def binned(sample: Sample, edges: FloatArray) -> Binned:
    r"""Histogram a sample, normalised to all its events.

    With :math:`S_k = \sum w^k` over all events and :math:`s_k` over those in a bin, the probability
    is :math:`p = s_1 / S_1`. Its variance follows by linear error propagation from sums of squared
    weights,

    .. math:: \sigma^2 = \left( (1 - p)^2 s_2 + p^2 (S_2 - s_2) \right) / S_1^2.

    The second term is the bin's part in the fluctuation of the total; for unit weights the result
    is the binomial p (1 - p) / n, and for narrow bins it is the familiar sum of squared weights.
    """
    weights = None if sample.weights is None else np.asarray(sample.weights, dtype=np.float64)
    values = np.asarray(sample.values, dtype=np.float64)
    histogram = hist.Hist(hist.axis.Variable(edges), storage=hist.storage.Weight())
    histogram.fill(_include_last_edge(values, edges), weight=weights)
    flow = histogram.view(flow=True)
    total, total_squares = float(flow["value"].sum()), float(flow["variance"].sum())
    squares = histogram.variances()
    probability = histogram.values() / total
    variance = (1 - probability) ** 2 * squares + probability**2 * (total_squares - squares)
    empty = squares == 0
    return Binned(
        edges, np.where(empty, np.nan, probability), np.where(empty, np.nan, variance / total**2)
    )


def ratio(a: Binned, b: Binned) -> tuple[FloatArray, FloatArray]:
    """Ratio a/b of independent samples and its uncertainty; NaN where one of them has no events."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = a.probability / b.probability
        uncertainty = np.sqrt(a.variance + value**2 * b.variance) / np.abs(b.probability)
    bad = ~(np.isfinite(value) & np.isfinite(uncertainty))
    return np.where(bad, np.nan, value), np.where(bad, np.nan, uncertainty)


def pull(a: Binned, b: Binned) -> FloatArray:
    """(a - b) / sqrt(variance of a + variance of b) for independent samples.

    NaN where neither has events; where only one has, the other counts as zero.
    """
    difference = np.nan_to_num(a.probability) - np.nan_to_num(b.probability)
    variance = np.nan_to_num(a.variance) + np.nan_to_num(b.variance)
    return np.divide(
        difference, np.sqrt(variance), out=np.full_like(difference, np.nan), where=variance > 0
    )


def _include_last_edge(values: FloatArray, edges: FloatArray) -> FloatArray:
    """Count events on the last edge in the last bin, as `numpy.histogram` does."""
    return np.where(values == edges[-1], np.nextafter(edges[-1], edges[0]), values)


def check_edges(edges: ArrayLike) -> FloatArray:
    """Bin edges as float64; refuses all but a rising sequence."""
    array = np.asarray(edges, dtype=np.float64)
    if array.ndim != 1 or array.size < 2 or not np.all(np.diff(array) > 0):
        raise PlottingError(
            f"`edges` must be at least two rising numbers, got shape {array.shape}: for example "
            "np.linspace(0, 500, 51)."
        )
    return array
