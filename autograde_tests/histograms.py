"""Histograms of weighted events: their sums, and how far they are from the truth."""

import numpy as np

from autograde_tests.answers import Array
from course_utils import metrics


def sums(values: Array, weights: Array, edges: Array) -> tuple[Array, Array, Array]:
    """Number of events, sum of weights and sum of squared weights in each bin.

    Events outside of the edges are left out.

    Args:
        values: shape `(n,)`.
        weights: shape `(n,)`.
        edges: shape `(n_bins + 1,)`, rising.

    Returns:
        Three arrays of shape `(n_bins,)`.

    Example:
        >>> sums(np.array([1.0, 1.0, 3.0]), np.array([2.0, 3.0, 9.0]), np.array([0.0, 2.0]))
        (array([2.]), array([5.]), array([13.]))
    """
    n_bins = len(edges) - 1
    place = np.digitize(values, edges) - 1
    inside = (place >= 0) & (place < n_bins)
    n, s1, s2 = (
        np.bincount(place[inside], some[inside], minlength=n_bins).astype(np.float64)
        for some in (np.ones(len(values)), weights, weights**2)
    )
    return n, s1, s2


def chi2_per_ndf(values: Array, weights: Array, truth: Array, edges: Array) -> float:
    """Chi-square per degree of freedom between weighted events and unweighted ones.

    Both are normalised to all of their events, inside the edges or not.

    Args:
        values: shape `(n,)`.
        weights: shape `(n,)`.
        truth: shape `(m,)`.
        edges: shape `(n_bins + 1,)`, rising.

    Example:
        >>> x = np.random.default_rng(1).normal(size=(2, 500))
        >>> chi2_per_ndf(x[0], np.ones(500), x[1], np.linspace(-2, 2, 9)) < 2
        True
    """
    scale = weights / weights.sum()
    n = np.histogram(truth, edges)[0]
    chi2, ndf = metrics.chi2(
        np.histogram(values, edges, weights=scale)[0],
        n / len(truth),
        np.histogram(values, edges, weights=scale**2)[0],
        n / len(truth) ** 2,
    )
    return chi2 / ndf


def shift_of_mean(values: Array, weights: Array, truth: Array) -> float:
    """Distance of the weighted mean from the true one, in units of the true spread.

    Example:
        >>> shift_of_mean(np.array([2.0, 4.0]), np.array([1.0, 1.0]), np.array([1.0, 3.0]))
        1.0
    """
    return float(abs(np.average(values, weights=weights) - truth.mean()) / truth.std())
