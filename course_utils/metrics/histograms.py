"""Comparison of two histograms with the same bins."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.metrics._inputs import FloatArray, MetricError, as_finite


def kl_divergence(counts_p: ArrayLike, counts_q: ArrayLike) -> float:
    r"""Kullback-Leibler divergence of two histograms, :math:`\sum_i p_i \log(p_i / q_i)` in nats.

    Both are normalised to one first; use the same bins for both. A bin that is empty in `counts_p`
    adds nothing. A bin that is empty in `counts_q` but not in `counts_p` makes the divergence
    infinite: merge bins or use `total_variation`, which stays finite.

    Args:
        counts_p: counts or sums of weights per bin, not negative.
        counts_q: the same for the other histogram, same shape.

    Raises:
        MetricError: for different shapes, NaN, negative or only empty bins.

    Example:
        >>> round(kl_divergence([3, 1], [1, 1]), 4)
        0.1308
        >>> kl_divergence([1, 1], [2, 0])
        inf
    """
    p, q = _probabilities(counts_p, counts_q)
    filled = p > 0
    if np.any(q[filled] == 0):
        return float("inf")
    return max(0.0, float(np.sum(p[filled] * np.log(p[filled] / q[filled]))))


def total_variation(counts_p: ArrayLike, counts_q: ArrayLike) -> float:
    r"""Total variation distance of two histograms, :math:`\frac12 \sum_i |p_i - q_i|`.

    0 for equal histograms, 1 for histograms without overlap: the largest difference in the
    probability of any set of bins. Both are normalised to one first.

    Args:
        counts_p: counts or sums of weights per bin, not negative.
        counts_q: the same for the other histogram, same shape.

    Raises:
        MetricError: for different shapes, NaN, negative or only empty bins.

    Example:
        >>> total_variation([3, 1], [1, 1])
        0.25
    """
    p, q = _probabilities(counts_p, counts_q)
    return float(0.5 * np.sum(np.abs(p - q)))


def chi2(
    values_a: ArrayLike,
    values_b: ArrayLike,
    variances_a: ArrayLike,
    variances_b: ArrayLike,
    *,
    normalised: bool = False,
) -> tuple[float, int]:
    r"""Chi-square of two independent histograms and its number of degrees of freedom.

    .. math:: \chi^2 = \sum_i \frac{(a_i - b_i)^2}{\sigma_{a,i}^2 + \sigma_{b,i}^2}

    Bins without any variance (empty in both) say nothing and do not count. The variance of a sum of
    weights is the sum of their squares; dividing values by a constant divides variances by its
    square.

    Args:
        values_a: counts, sums of weights or densities per bin.
        values_b: the same for the other histogram, in the same units.
        variances_a: squared uncertainties of `values_a`.
        variances_b: squared uncertainties of `values_b`.
        normalised: True where both histograms were scaled to the same total: this takes away one
            degree of freedom. Use plain scaled variances then: for counts the sum with one bin less
            of freedom accounts for the correlations of the bins exactly (Pearson).

    Returns:
        The chi-square and the number of degrees of freedom: expect a chi-square of `ndf ± sqrt(2
        ndf)` for samples of the same distribution, and about ten or more events in each bin.

    Raises:
        MetricError: for different shapes, NaN, negative variances, or no filled bin. A bin with
            different values but no variance is refused as well.

    Example:
        >>> chi2([10, 20, 0], [14, 12, 0], [10, 20, 0], [14, 12, 0])
        (2.6666666666666665, 2)
    """
    names = ("values_a", "values_b", "variances_a", "variances_b")
    a, b, a_variance, b_variance = (
        as_finite(array, name)
        for array, name in zip((values_a, values_b, variances_a, variances_b), names, strict=True)
    )
    shapes = {a.shape, b.shape, a_variance.shape, b_variance.shape}
    if len(shapes) > 1:
        raise MetricError(
            f"values and variances must have one entry per bin, got shapes {sorted(shapes)}."
        )
    variance = a_variance + b_variance
    if min(a_variance.min(initial=0), b_variance.min(initial=0)) < 0:
        raise MetricError("variances must not be negative: did you hand over pulls or residuals?")
    used = variance > 0
    if np.any(a[~used] != b[~used]):
        raise MetricError(
            "got bins whose values differ but whose variances are zero: no chi-square exists."
        )
    ndf = int(used.sum()) - int(normalised)
    if ndf < 1:
        raise MetricError(f"got {int(used.sum())} filled bins, expected at least {1 + normalised}.")
    return float(np.sum((a[used] - b[used]) ** 2 / variance[used])), ndf


def _probabilities(counts_p: ArrayLike, counts_q: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, q = as_finite(counts_p, "counts_p"), as_finite(counts_q, "counts_q")
    if p.shape != q.shape:
        raise MetricError(
            f"`counts_p` and `counts_q` must have the same bins, got shapes {p.shape} and "
            f"{q.shape}."
        )
    for counts, name in ((p, "counts_p"), (q, "counts_q")):
        if counts.min(initial=0) < 0:
            raise MetricError(f"`{name}` must not be negative, got {counts.min():g}.")
        if not counts.sum() > 0:
            raise MetricError(f"`{name}` must have a positive sum, got {counts.sum():g}.")
    return p / p.sum(), q / q.sum()
