"""Check of exercise 3c: a kernel estimate whose bandwidth no truth has chosen."""

import numpy as np
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, given_copies, same
from autograde_tests.sheet02 import _events_truth as truth

DEFAULT = 53
N_DENSITIES, N_POINTS = 4, 40


@given_copies
def check_kernel_estimate(
    kernel_cdf: Answer, leave_one_out: Answer, *, seed: int = DEFAULT
) -> None:
    """3c: distribution function of the estimate, and its score at points that are left out.

    Args:
        kernel_cdf: points `(n_replicas, n_points)`, places `(n_places,)` and a bandwidth for each
            replica, `(n_replicas,)`, to `(n_replicas, n_places)`.
        leave_one_out: points and bandwidths `(n_bandwidths,)` to `(n_replicas, n_bandwidths)`.
        seed: of the hidden points.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    x = truth.draw(truth.parameters(rng, N_DENSITIES), N_POINTS, rng)
    h = rng.uniform(0.3, 1.0, N_DENSITIES)
    places = np.sort(rng.uniform(-6, 6, 9))
    steps = places - x[:, :, None]
    width = h[:, None, None]
    name = "kernel_cdf(x, t, h)"
    right = norm.cdf(steps / width).mean(axis=1)
    same(
        array(kernel_cdf(x, places, h), name, right.shape),
        right,
        {
            "is a density: integrate it": (norm.pdf(steps / width) / width).mean(axis=1),
            "is one minus the distribution function: points below t count": 1 - right,
            "multiplies by h: the distance is divided by it": norm.cdf(steps * width).mean(axis=1),
            "takes h for a variance": norm.cdf(steps / np.sqrt(width)).mean(axis=1),
            "takes the first bandwidth for all replicas": norm.cdf(steps / h[0]).mean(axis=1),
            "takes the mean bandwidth for all replicas": norm.cdf(steps / h.mean()).mean(axis=1),
            "is a sum over the points: take the mean": right * N_POINTS,
            "has no kernel: it counts the points below t": (steps > 0).mean(axis=1),
        },
        name,
    )
    _is_left_out(leave_one_out, x, np.sort(rng.uniform(0.3, 1.5, 5)))


def _is_left_out(leave_one_out: Answer, x: Array, bandwidths: Array) -> None:
    name = "leave_one_out(x, bandwidths)"
    steps = (x[:, :, None] - x[:, None, :])[..., None]
    kernels = norm.pdf(steps / bandwidths) / bandwidths  # (replica, point, other point, bandwidth)
    with_itself = kernels.sum(axis=2)
    without = with_itself - norm.pdf(0) / bandwidths

    def score(density: Array) -> Array:
        return np.asarray(np.log(density).mean(axis=1))

    right = score(without / (N_POINTS - 1))
    same(
        array(leave_one_out(x, bandwidths), name, right.shape),
        right,
        {
            "leaves no point out: each is then likeliest under its own kernel": score(
                with_itself / N_POINTS
            ),
            "leaves no point out, and divides by n − 1": score(with_itself / (N_POINTS - 1)),
            "divides by n: without the point there are n − 1": score(without / N_POINTS),
            "is a sum over the points: take the mean": right * N_POINTS,
            "has the wrong sign: the best bandwidth has the largest value": -right,
            "lacks the factor 1/h of the kernel": right + np.log(bandwidths),
            "takes the mean before the logarithm": np.log((without / (N_POINTS - 1)).mean(axis=1)),
            "lacks the factor 1/√(2π)": right + np.log(2 * np.pi) / 2,
        },
        name,
    )
