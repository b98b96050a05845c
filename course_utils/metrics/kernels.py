"""Maximum mean discrepancy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_utils.metrics._inputs import (
    FloatArray,
    MetricError,
    as_events,
    check_same_features,
    subsample,
)

_ROWS_AT_ONCE = 512
_EVENTS_FOR_MEDIAN = 1000


def mmd(
    x: ArrayLike,
    y: ArrayLike,
    *,
    bandwidths: Sequence[float] | None = None,
    max_events: int | None = 4000,
    seed: int = 0,
) -> float:
    r"""Squared maximum mean discrepancy, unbiased (Gretton et al., JMLR 13 (2012) 723).

    .. math::
        \langle k(x, x') \rangle_{x \neq x'} + \langle k(y, y') \rangle_{y \neq y'}
        - 2 \langle k(x, y) \rangle,
        \qquad k(x, y) = \frac1H \sum_h \exp\left( -\frac{|x - y|^2}{2 h^2} \right)

    Zero on average for samples of the same distribution, so that small negative values occur. Scale
    the features first: the kernel sees plain Euclidean distances.

    Args:
        x: events of one sample, shape `(n_x, n_features)` or `(n_x,)`.
        y: events of the other, shape `(n_y, n_features)` or `(n_y,)`.
        bandwidths: the h of the kernel; None: a half, one and two times the median distance between
            events of both samples together.
        max_events: use at most so many randomly chosen events of each sample: the time grows with
            the square; the memory does not.
        seed: fixes this choice and that of the events for the median.

    Raises:
        MetricError: for wrong shapes, NaN, fewer than two events, bandwidths that are not positive.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x, y = rng.normal(size=(2, 500, 2))
        >>> abs(mmd(x, y)) < 0.01 < mmd(x, y + 1)
        True
    """
    a, b = as_events(x, "x"), as_events(y, "y")
    check_same_features(a, b, "x", "y")
    if min(len(a), len(b)) < 2:
        raise MetricError(f"both samples must have at least two events, got {len(a)} and {len(b)}.")
    rng = np.random.default_rng(seed)
    a, b = _some(a, max_events, rng), _some(b, max_events, rng)
    if bandwidths is None:
        scale = _median_distance(a, b, rng)
        bandwidths = (0.5 * scale, scale, 2.0 * scale)
    if not bandwidths or not all(np.isfinite(h) and h > 0 for h in bandwidths):
        raise MetricError(f"`bandwidths` must be positive numbers, got {list(bandwidths)}.")
    n, m = len(a), len(b)
    same_a = (_kernel_sum(a, a, bandwidths) - n) / (
        n * (n - 1)
    )  # without the diagonal, k(x, x) = 1
    same_b = (_kernel_sum(b, b, bandwidths) - m) / (m * (m - 1))
    return same_a + same_b - 2 * _kernel_sum(a, b, bandwidths) / (n * m)


def _kernel_sum(a: FloatArray, b: FloatArray, bandwidths: Sequence[float]) -> float:
    """Sum of the kernel over all pairs, in blocks of rows."""
    from scipy.spatial.distance import cdist  # not for those who use another metric

    total = 0.0
    for first in range(0, len(a), _ROWS_AT_ONCE):
        distance = cdist(a[first : first + _ROWS_AT_ONCE], b, "sqeuclidean")
        for h in bandwidths:
            total += float(np.exp(distance / (-2 * h * h)).sum())
    return total / len(bandwidths)


def _median_distance(a: FloatArray, b: FloatArray, rng: np.random.Generator) -> float:
    from scipy.spatial.distance import pdist

    pooled = np.concatenate([_some(a, _EVENTS_FOR_MEDIAN, rng), _some(b, _EVENTS_FOR_MEDIAN, rng)])
    median = float(np.median(pdist(pooled)))
    if median == 0:
        raise MetricError("the median distance between events is zero: give `bandwidths`.")
    return median


def _some(x: FloatArray, n_events: int | None, rng: np.random.Generator) -> FloatArray:
    return subsample(x, np.ones(len(x)), n_events, rng)[0]
