"""Wasserstein distances, with POT (https://pythonot.github.io)."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.metrics._inputs import (
    MetricError,
    as_events,
    as_values,
    as_weights,
    check_same_features,
    subsample,
)

_PROJECTIONS_AT_ONCE = 16


def wasserstein(
    x: ArrayLike,
    y: ArrayLike,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
) -> float:
    r"""Wasserstein-1 distance of two samples of one observable.

    The area between the two cumulative distributions, in the units of `x`. Divide by the standard
    deviation of the data to compare observables with each other.

    Args:
        x: values of one sample, shape `(n_x,)`.
        y: values of the other, shape `(n_y,)`.
        x_weights: weights, not negative, shape `(n_x,)`; each sample is normalised. None: all
            equal.
        y_weights: the same for `y`.

    Raises:
        MetricError: for wrong shapes, NaN, negative weights.

    Example:
        >>> wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0])
        5.0
    """
    import ot  # brings torch and scikit-learn: not for those who use another metric

    a, b = as_values(x, "x"), as_values(y, "y")
    a_weights = as_weights(x_weights, len(a), "x_weights") / len(a)
    b_weights = as_weights(y_weights, len(b), "y_weights") / len(b)
    return float(ot.wasserstein_1d(a, b, a_weights, b_weights, p=1))


def sliced_wasserstein(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_projections: int = 100,
    seed: int = 0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    p: int = 1,
    max_events: int | None = None,
) -> float:
    r"""Sliced Wasserstein distance: the mean over random directions of the distance along them.

    .. math:: \left( \frac1L \sum_{l=1}^L W_p^p(\theta_l \cdot x, \theta_l \cdot y) \right)^{1/p}

    with unit vectors :math:`\theta_l` (arXiv:1902.00434). The default is p = 1, consistent with
    `wasserstein` (POT's own default is p = 2 with 50 projections). Scale the features first: the
    distance is dominated by those of large numbers.

    Args:
        x: events of one sample, shape `(n_x, n_features)`.
        y: events of the other, shape `(n_y, n_features)`.
        n_projections: number L of random directions.
        seed: fixes the directions; use the same seed for values that are compared.
        x_weights: weights, not negative, shape `(n_x,)`; None: all equal.
        y_weights: the same for `y`.
        p: power of the distance.
        max_events: use at most so many randomly chosen events of each sample (75,000 events of 22
            features take some seconds).

    Raises:
        MetricError: for wrong shapes, NaN, negative weights, no projection.

    Example:
        >>> x = np.random.default_rng(1).normal(size=(1000, 3))
        >>> sliced_wasserstein(x, x)
        0.0
        >>> round(sliced_wasserstein(x, x + [2.0, 0.0, 0.0]), 1)  # the mean of |cos| is a half
        1.0
    """
    import ot

    a, b = as_events(x, "x"), as_events(y, "y")
    check_same_features(a, b, "x", "y")
    if n_projections < 1 or p < 1:
        raise MetricError(
            f"`n_projections` and `p` must be at least 1, got {n_projections} and {p}."
        )
    a_weights = as_weights(x_weights, len(a), "x_weights")
    b_weights = as_weights(y_weights, len(b), "y_weights")
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(a.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    a, a_weights = subsample(a, a_weights, max_events, rng)
    b, b_weights = subsample(b, b_weights, max_events, rng)
    a_weights, b_weights = a_weights / a_weights.sum(), b_weights / b_weights.sum()
    total = 0.0
    for first in range(0, n_projections, _PROJECTIONS_AT_ONCE):  # bounds the memory
        some = directions[:, first : first + _PROJECTIONS_AT_ONCE]
        powers = ot.wasserstein_1d(
            a @ some,
            b @ some,
            np.repeat(a_weights[:, None], some.shape[1], axis=1),
            np.repeat(b_weights[:, None], some.shape[1], axis=1),
            p=p,
        )
        total += float(np.sum(powers))
    return float((total / n_projections) ** (1 / p))
