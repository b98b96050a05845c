"""Truth for the checks of exercise 1, in float64: densities, losses and a GAN by hand."""

import numpy as np
from scipy.special import expit, xlogy
from scipy.stats import norm

from autograde_tests.answers import Array


def mixture(x: Array, rng: np.random.Generator) -> Array:
    """A normalised density with two peaks of width about 1, both within |x| < 1.5."""
    fraction, width = rng.uniform(0.3, 0.7), rng.uniform(0.8, 1.2, 2)
    mean = rng.uniform(-1.5, 1.5, 2)
    density = fraction * norm.pdf(x, mean[0], width[0])
    return np.asarray(density + (1 - fraction) * norm.pdf(x, mean[1], width[1]), dtype=np.float64)


def true_discriminator_loss(D: Array, p_data: Array, p_model: Array, dx: float) -> float:
    """L_D on a grid, equation (1) of the sheet, with 0 · log 0 = 0."""
    return -float(np.sum(xlogy(p_data, D) + xlogy(p_model, 1 - D)) * dx)


def derivative_of_generator_loss(
    p_data: Array, p_model: Array, D: Array | None, lam: float
) -> Array:
    """δL_G/δp_model by central differences; D is held if given, else optimal for each p_model."""

    def loss(p: Array) -> float:
        seen = p_data / (p_data + p) if D is None else D
        return float(np.sum(-p * np.log(seen)) + lam * (p.sum() - 1))

    steps = 1e-6 * np.eye(len(p_model))
    return np.array([(loss(p_model + step) - loss(p_model - step)) / 2e-6 for step in steps])


def total_variation(p: Array, q: Array) -> float:
    """Half the summed distance of two discrete distributions; 0 if equal, 1 if disjoint."""
    return float(np.abs(p - q).sum() / 2)


def train(
    x_data: Array,
    z: Array,
    theta: float,
    lr: float,
    n_steps: int,
    k: int,
    penalty: float,
    *,
    stale: bool = False,
    saturating: bool = False,
    sign: float = 1.0,
    bias: bool = True,
) -> Array:
    """θ during the training of task 1b (ii); the keywords make typical mistakes."""
    a = b = 0.0
    path = [theta]
    for _ in range(n_steps):
        x_model, before = theta + z, (a, b)
        for _ in range(k):
            wrong_data, wrong_model = expit(-(a * x_data + b)), expit(a * x_model + b)
            gradient = np.mean(x_model * wrong_model) - np.mean(x_data * wrong_data) + penalty * a
            b -= lr * float(np.mean(wrong_model) - np.mean(wrong_data)) * bias
            a -= lr * float(gradient)
        slope, offset = before if stale else (a, b)
        logit = slope * x_model + offset
        theta += sign * lr * slope * float(np.mean(expit(logit if saturating else -logit)))
        path.append(theta)
    return np.array(path)
