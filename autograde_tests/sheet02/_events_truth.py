"""Densities of two Gaussians, and what follows from them: the truth of exercise 3."""

import numpy as np
from scipy.stats import norm

from autograde_tests.answers import Array


def parameters(rng: np.random.Generator, n: int) -> Array:
    """Of `n` densities with two separate peaks: w, μ₁, σ₁, μ₂, σ₂; shape `(n, 5)`."""
    return np.column_stack(
        [
            rng.uniform(low, high, n)
            for low, high in ((0.35, 0.65), (-5.0, -3.0), (0.6, 1.3), (3.0, 5.0), (0.6, 1.3))
        ]
    )


def draw(camels: Array, n_points: int, rng: np.random.Generator) -> Array:
    """Points of each density, `(n, n_points)`."""
    w, mu1, sigma1, mu2, sigma2 = _columns(camels)
    is_first = rng.random((len(camels), n_points)) < w
    noise = rng.normal(size=is_first.shape)
    return np.where(is_first, mu1 + sigma1 * noise, mu2 + sigma2 * noise)


def peaks(x: Array, camels: Array) -> tuple[Array, Array]:
    """What each of the two Gaussians adds to the density at points `(n, n_points)`."""
    w, mu1, sigma1, mu2, sigma2 = _columns(camels)
    return w * norm.pdf(x, mu1, sigma1), (1 - w) * norm.pdf(x, mu2, sigma2)


def cdf(t: Array, camels: Array) -> Array:
    """Distribution functions at places `(n_places,)`, shape `(n, n_places)`."""
    w, mu1, sigma1, mu2, sigma2 = _columns(camels)
    return np.asarray(w * norm.cdf(t, mu1, sigma1) + (1 - w) * norm.cdf(t, mu2, sigma2))


def em_step(x: Array, camels: Array) -> Array:
    """One step of expectation and maximisation."""
    first, second = peaks(x, camels)
    share = first / (first + second)
    columns = [share.mean(axis=1)]
    for weights in (share, 1 - share):
        weights = weights / weights.sum(axis=1, keepdims=True)
        mean = (weights * x).sum(axis=1)
        columns += [mean, np.sqrt((weights * (x - mean[:, None]) ** 2).sum(axis=1))]
    return np.column_stack(columns)


def _columns(camels: Array) -> list[Array]:
    return [column[:, None] for column in camels.T]
