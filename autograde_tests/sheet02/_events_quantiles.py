"""Check of exercise 3a: the error in quantiles, and the points that it is worth."""

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, number, same
from course_utils import checks

DEFAULT = 51


@given_copies
def check_quantile_error(
    quantile_error: Answer, equivalent_points: Answer, *, seed: int = DEFAULT
) -> None:
    """3a: mean squares, and n of a sample as its own estimate, for any number of bins.

    Args:
        quantile_error: probabilities `(n_replicas, n_bins)` to errors `(n_replicas,)`.
        equivalent_points: the same to one number.
        seed: of the hidden probabilities.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    n_replicas, n_bins = int(rng.integers(6, 12)), int(rng.integers(13, 20))
    p = rng.dirichlet(np.full(n_bins, 5.0), n_replicas)
    name = "quantile_error(p)"
    distance = p - 1 / n_bins
    right = np.mean(distance**2, axis=1)
    same(
        array(quantile_error(p), name, (n_replicas,)) / right,
        np.ones(n_replicas),
        {
            "is a sum: take the mean over the bins": np.full(n_replicas, float(n_bins)),
            "is a root: equation (2) has the mean square itself": right**-0.5,
            "lacks the square": np.abs(distance).mean(axis=1) / right,
            "is relative to 1/n: take the difference itself": np.full(n_replicas, n_bins**2.0),
            "divides by n − 1: all n bins count": np.full(n_replicas, n_bins / (n_bins - 1)),
        },
        name,
    )
    name = "equivalent_points(p)"
    size = (n_bins - 1) / n_bins**2
    same(
        np.array(number(equivalent_points(p), name)),
        np.array(size / right.mean()),
        {
            "is a mean of the points of each replica: average the errors first": np.array(
                np.mean(size / right)
            ),
            "lacks the factor 1 − 1/n: a bin's count is binomial": np.array(
                1 / n_bins / right.mean()
            ),
            "is 1/E: a sample of n points has another error than 1/n": np.array(1 / right.mean()),
            "is the error of the mean estimate: square before you average": np.array(
                size / np.mean((p.mean(axis=0) - 1 / n_bins) ** 2)
            ),
            "takes the median of the errors: take their mean": np.array(size / np.median(right)),
            "is upside down": np.array(right.mean() / size),
        },
        name,
    )
    alone = np.zeros((1, n_bins))
    alone[0, 3] = 1.0
    checks.close(
        number(equivalent_points(alone), name),
        1.0,
        name=f"`{name}` of a single point",
        hint="a single point is worth one point.",
        reveal=False,
    )
    counts: Array = rng.multinomial(50, np.full(n_bins, 1 / n_bins), 40_000) / 50
    checks.close(
        number(equivalent_points(counts), name),
        50.0,
        rtol=0.02,
        name=f"`{name}` of samples of 50 points",
        hint="a sample of 50 points is worth 50 points.",
        reveal=False,
    )
