"""Check of exercise 1a: Kullback-Leibler, total variation, Jensen-Shannon on a grid."""

import numpy as np
from scipy.special import rel_entr
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, floats, given_copies, number
from autograde_tests.sheet02._distances_values import one
from course_utils import checks

DEFAULT = 31
LOG2 = float(np.log(2.0))
LEFT, RIGHT = np.array([1.0, 0.0]), np.array([0.0, 1.0])


@given_copies
def check_divergences(kl: Answer, variation: Answer, js: Answer, *, seed: int = DEFAULT) -> None:
    """1a: closed forms for Gaussians, limits at zero, bounds, no change under a new coordinate.

    Args:
        kl: `(p, q, dx)` to one number, infinite where p has mass and q has none.
        variation: the same for the total variation.
        js: the same for the Jensen-Shannon divergence.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    x, step = np.linspace(-14.0, 14.0, 2801, retstep=True)
    dx, (a, b), (s, t) = float(step), rng.uniform(-1.5, 1.5, 2), rng.uniform(0.7, 1.3, 2)
    p, q = norm.pdf(x, a, s), norm.pdf(x, b, t)
    _is_kl(kl, p, q, dx, (gaussian_kl(a, s, b, t), gaussian_kl(b, t, a, s)))
    narrow = norm.pdf(x, b, s)
    _is_variation(variation, p, narrow, dx, float(2 * norm.cdf(abs(a - b) / (2 * s)) - 1))
    _is_js(js, p, q, dx)
    y_values = x + 0.4 * np.sin(x)  # the same densities, over a coordinate x that is bent
    bent = [norm.pdf(y_values, *of) * (1 + 0.4 * np.cos(x)) for of in ((a, s), (b, t))]
    truths = (gaussian_kl(a, s, b, t), float(dx * np.sum(np.abs(p - q)) / 2))
    for answer, name, truth in (
        (kl, "kl", truths[0]),
        (variation, "variation", truths[1]),
        (js, "js", jensen_shannon(p, q, dx)),
    ):
        call = f"{name}(p, q, dx)"
        checks.close(
            number(answer(*bent, dx), call),
            truth,
            rtol=1e-3,
            name=f"`{call}` after an invertible change of the coordinate",
            hint="only densities and `dx` enter: nothing may depend on where the mass lies.",
            reveal=False,
        )


def gaussian_kl(mean: float, sigma: float, other_mean: float, other_sigma: float) -> float:
    """KL divergence of one Gaussian from another, in nats.

    Example:
        >>> gaussian_kl(1.0, 1.0, 0.0, 1.0)
        0.5
    """
    square = (sigma**2 + (mean - other_mean) ** 2) / other_sigma**2
    return float((square - 1) / 2 + np.log(other_sigma / sigma))


def jensen_shannon(p: Array, q: Array, dx: float) -> float:
    """In nats, of densities on a grid."""
    middle = (p + q) / 2
    return float(0.5 * dx * np.sum(rel_entr(p, middle) + rel_entr(q, middle)))


def _is_kl(kl: Answer, p: Array, q: Array, dx: float, truth: tuple[float, float]) -> None:
    name = "kl(p, q, dx)"
    one(
        kl(p, q, dx),
        truth[0],
        {
            "is KL(q, p): the average is over the first density": truth[1],
            "is not in nats: use the natural logarithm": truth[0] / LOG2,
            "lacks the factor dx": truth[0] / dx,
            "is a mean over the grid: an integral is a sum times dx": truth[0] / dx / len(p),
            "has the wrong sign": -truth[0],
            "is symmetric, but KL is not": truth[0] + truth[1],
        },
        name,
    )
    limit = array(kl(LEFT, np.array([0.5, 0.5]), 1.0), f"{name} where p = 0", ())
    checks.close(limit, LOG2, name=f"`{name}` where p = 0", hint="0 · log 0 = 0.", reveal=False)
    with np.errstate(all="ignore"):
        outside = floats(kl(np.array([0.5, 0.5]), LEFT, 1.0), name)
    checks.true(
        np.all(outside == np.inf),
        f"`{name}` must be infinite where q = 0 and p > 0: an epsilon in the logarithm hides it.",
    )


def _is_variation(variation: Answer, p: Array, q: Array, dx: float, truth: float) -> None:
    name = "variation(p, q, dx)"
    difference = p - q
    one(
        variation(p, q, dx),
        truth,
        {
            "lacks the factor 1/2": 2 * truth,
            "lacks the factor dx": truth / dx,
            "squares the difference: take its absolute value": float(
                dx * np.sum(difference**2) / 2
            ),
            "lacks the absolute value": float(dx * np.sum(difference) / 2),
            "is a largest difference: the integral of |p − q| is asked for": float(
                np.abs(difference).max()
            ),
        },
        name,
    )
    one(variation(LEFT, RIGHT, 1.0), 1.0, {}, f"{name} of densities far apart")


def _is_js(js: Answer, p: Array, q: Array, dx: float) -> None:
    name = "js(p, q, dx)"
    truth = jensen_shannon(p, q, dx)
    middle = (p + q) / 2
    one(
        js(p, q, dx),
        truth,
        {
            "is a sum: the mean of the two KL is asked for": 2 * truth,
            "is a distance: leave out the square root": truth**0.5,
            "is not in nats: use the natural logarithm": truth / LOG2,
            "is KL(p, m) alone": float(dx * np.sum(rel_entr(p, middle))),
            "compares with p and q themselves: compare with their mean m": float(
                dx * np.sum(rel_entr(p, q) + rel_entr(q, p)) / 2
            ),
        },
        name,
    )
    one(js(LEFT, RIGHT, 1.0), LOG2, {}, f"{name} of densities far apart")
