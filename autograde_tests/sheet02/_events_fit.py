"""Check of exercise 3b: the fit of two Gaussians."""

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, same
from autograde_tests.sheet02 import _events_truth as truth
from course_utils import checks

DEFAULT = 52
N_DENSITIES, N_POINTS = 6, 150
N_STEPS = 200
ENOUGH = 2e-3
"""Log-likelihood that a fit may lack: some hundredths of the uncertainty of a parameter."""


@given_copies
def check_fit(
    log_likelihood: Answer, em_step: Answer, fit_camel: Answer, *, seed: int = DEFAULT
) -> None:
    """3b: log-likelihood and step are right; the fit is the most likely density.

    Args:
        log_likelihood: points `(n_replicas, n_points)` and parameters `(n_replicas, 5)` to numbers
            `(n_replicas,)`.
        em_step: the same to better parameters `(n_replicas, 5)`.
        fit_camel: points to parameters `(n_replicas, 5)`, by any way, peaks in any order.
        seed: of the hidden points.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    camels = truth.parameters(rng, N_DENSITIES)
    x, start = truth.draw(camels, N_POINTS, rng), truth.parameters(rng, N_DENSITIES)
    _is_likelihood(log_likelihood, x, start)
    _is_step(em_step, x, start)
    name = "fit_camel(x)"
    found = array(fit_camel(x), name, (N_DENSITIES, 5))
    checks.true(
        np.all(found[:, [2, 4]] > 0), f"`{name}` gives a σ that is not positive: columns σ₁ and σ₂."
    )
    checks.true(
        np.all((found[:, 0] > 0) & (found[:, 0] < 1)), f"`{name}` gives a w outside of (0, 1)."
    )
    best = start
    for _ in range(N_STEPS):
        best = truth.em_step(x, best)
    lacks = _likelihood(x, best) - _likelihood(x, found)
    checks.true(
        np.all(lacks < ENOUGH),
        f"`{name}` is not at the largest likelihood for {np.sum(lacks >= ENOUGH)} of "
        f"{N_DENSITIES} samples.\nHint: iterate until the parameters stay; each sample has its own "
        "start, and nothing is known of the density but its form.",
    )
    places = np.linspace(-8, 8, 81)
    apart = np.abs(truth.cdf(places, best) - truth.cdf(places, found)).max(axis=1)
    checks.true(
        np.all(apart < 5e-3),
        f"`{name}` puts a spike on single points: the likelihood grows without bound if a σ "
        "shrinks to zero there, but this is no estimate. Start with wide peaks.",
    )


def _likelihood(x: Array, camels: Array) -> Array:
    with np.errstate(all="ignore"):  # a width may be anything above zero
        return np.asarray(np.log(sum(truth.peaks(x, camels))).sum(axis=1))


def _is_likelihood(log_likelihood: Answer, x: Array, camels: Array) -> None:
    name = "log_likelihood(x, parameters)"
    first, second = truth.peaks(x, camels)
    unweighted = first / camels[:, :1] + second / (1 - camels[:, :1])
    same(
        array(log_likelihood(x, camels), name, (len(x),)),
        _likelihood(x, camels),
        {
            "is a mean: take the sum over the points": _likelihood(x, camels) / x.shape[1],
            "has the wrong sign": -_likelihood(x, camels),
            "takes the logarithm of each peak: the density is their sum": (
                np.log(first) + np.log(second)
            ).sum(axis=1),
            "lacks the weights w and 1 − w": np.log(unweighted).sum(axis=1),
            "lacks the factor 1/√(2π)": _likelihood(x, camels) + x.shape[1] * np.log(2 * np.pi) / 2,
            "is not in nats: use the natural logarithm": _likelihood(x, camels) / np.log(10),
        },
        name,
    )


def _is_step(em_step: Answer, x: Array, camels: Array) -> None:
    name = "em_step(x, parameters)"
    right = truth.em_step(x, camels)
    first, second = truth.peaks(x, camels)
    share = first / (first + second)
    old = right.copy()  # the width around the mean of the step before
    variance = right.copy()
    for column, weights in ((1, share), (3, 1 - share)):
        spread = weights * (x - camels[:, [column]]) ** 2
        old[:, column + 1] = np.sqrt(spread.sum(axis=1) / weights.sum(axis=1))
        variance[:, column + 1] **= 2
    means = right.copy()
    means[:, 0] = share.sum(axis=1)
    same(
        array(em_step(x, camels), name, (len(x), 5)),
        right,
        {
            "gives variances: the columns are σ": variance,
            "takes the width around the old mean: around the new one it is smaller": old,
            "has the peaks exchanged: w belongs to the first": right[:, [0, 3, 4, 1, 2]],
            "gives the weight of the second peak as w": np.column_stack(
                (1 - right[:, 0], right[:, 1:])
            ),
            "gives the number of points of the first peak as w: divide by that of all": means,
            "changes nothing: the parameters are those of before": camels,
        },
        name,
    )
