"""Check of exercise 1b: the Gaussian that is nearest to a density, by KL in either direction."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import rel_entr
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, given_copies
from course_utils import checks

DEFAULT = 32
SLACK = 1e-4
"""In nats: minimisers stop at different places, modes differ by tenths."""


@given_copies
def check_fits(forward_fit: Answer, reverse_fit: Answer, *, seed: int = DEFAULT) -> None:
    """1b: the forward fit has the moments of the density, the reverse fit a lowest KL(q, p).

    Args:
        forward_fit: `(p, x, dx)` to mean and sigma.
        reverse_fit: `(p, x, dx, mean, sigma)`, the last two a start, to mean and sigma.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    x, step = np.linspace(-12.0, 12.0, 2401, retstep=True)
    dx, share, place = float(step), rng.uniform(0.35, 0.65), rng.uniform(2.6, 3.4)
    widths = rng.uniform(0.6, 0.9, 2)
    p = share * norm.pdf(x, -place, widths[0]) + (1 - share) * norm.pdf(x, place, widths[1])
    _has_moments(forward_fit, p, x, dx)
    for start in (-2.0, 2.0):
        _is_lowest(reverse_fit, p, x, dx, start)


def reverse_kl(p: Array, x: Array, dx: float, mean: float, sigma: float) -> float:
    """KL(q, p) of a Gaussian q, normalised on the grid."""
    q = norm.pdf(x, mean, sigma)
    return float(dx * np.sum(rel_entr(q, p)))


def lowest(p: Array, x: Array, dx: float, mean: float, sigma: float) -> Array:
    """Mean and sigma of the local minimum of KL(q, p) that a simplex finds from a start."""
    found = minimize(
        lambda at: reverse_kl(p, x, dx, at[0], np.exp(at[1])),
        [mean, np.log(sigma)],
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10},
    )
    return np.array([found.x[0], np.exp(found.x[1])])


def _has_moments(forward_fit: Answer, p: Array, x: Array, dx: float) -> None:
    name = "forward_fit(p, x, dx)"
    mean, sigma = array(forward_fit(p, x, dx), name, (2,))
    right_mean = float(dx * np.sum(p * x))
    variance = float(dx * np.sum(p * (x - right_mean) ** 2))
    checks.close(
        mean,
        right_mean,
        rtol=1e-3,
        atol=2e-3,
        name=f"mean of `{name}`",
        hint="setting the derivative of KL(p, q) to zero gives ⟨x⟩ over p.",
        reveal=False,
    )
    checks.true(
        not np.isclose(sigma, variance, rtol=1e-3),
        f"`{name}` returns the variance: take its square root.",
    )
    checks.close(
        sigma,
        variance**0.5,
        rtol=2e-3,
        name=f"sigma of `{name}`",
        hint="setting the derivative of KL(p, q) to zero gives the variance of p, with both peaks.",
        reveal=False,
    )


def _is_lowest(reverse_fit: Answer, p: Array, x: Array, dx: float, start: float) -> None:
    name = "reverse_fit(p, x, dx, mean, sigma)"
    mean, sigma = array(reverse_fit(p, x, dx, start, 1.0), name, (2,))
    checks.true(sigma > 0, f"sigma of `{name}` must be positive: minimise over its logarithm.")
    got = reverse_kl(p, x, dx, mean, sigma)
    truth = reverse_kl(p, x, dx, *lowest(p, x, dx, start, 1.0))
    checks.true(
        got <= truth + SLACK,
        f"`{name}` does not end in a minimum of KL(q, p): another Gaussian near the start has a "
        "lower one. The average is over the Gaussian, not over p.",
    )
