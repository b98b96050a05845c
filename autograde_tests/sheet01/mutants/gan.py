"""Wrong answers to exercise 1, one typical mistake each; those to 1b in `_gan_experiments`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograde_tests.answers import Array
from autograde_tests.cases import Case, Mutant, wrong
from autograde_tests.sheet01 import gan
from autograde_tests.sheet01.mutants._gan_experiments import BILINEAR, GAUSSIANS, LOSSES


def _clamped(_: Any, p_data: Array, p_model: Array) -> Array:
    return p_data / (p_data + p_model + 1e-12)


def _nowhere_half(right: Any, p_data: Array, p_model: Array) -> Array:
    D: Array = right(p_data, p_model)
    return np.where(p_data + p_model > 0, D, np.nan)


def _loss_with_log_of_zero(_: Any, D: Array, p_data: Array, p_model: Array, dx: float) -> float:
    return -dx * float(np.sum(p_data * np.log(D) + p_model * np.log(1 - D)))


def _loss_of_data_only(_: Any, D: Array, p_data: Array, p_model: Array, dx: float) -> float:
    return -dx * float(np.sum(p_data * np.log(np.maximum(D, 1e-300))))


_PAIR = ("optimal_discriminator", "discriminator_loss")
_DISCRIMINATOR = Case(
    gan.check_optimal_discriminator,
    "gan_convergence",
    _PAIR,
    0.25,
    {
        "swapped densities": wrong(0, _PAIR, lambda f, p, q: f(q, p), "data and model swapped"),
        "likelihood ratio": wrong(0, _PAIR, lambda _, p, q: p / (q + 1e-300), r"outside \[0, 1\]"),
        "square root": wrong(
            0, _PAIR, lambda f, p, q: f(np.sqrt(p), np.sqrt(q)), "not at its minimum"
        ),
        "constant": wrong(0, _PAIR, lambda _, p, q: np.full_like(p, 0.5), "not at its minimum"),
        "epsilon in the denominator": wrong(0, _PAIR, _clamped, "tiny densities"),
        "NaN where both vanish": wrong(0, _PAIR, _nowhere_half, "both densities vanish"),
        "extra axis": wrong(0, _PAIR, lambda f, p, q: f(p, q)[:, None], r"shape \(401, 1\)"),
        "returns nothing": wrong(0, _PAIR, lambda *_: None, "None"),
        "loss: mean": wrong(
            1, _PAIR, lambda f, D, p, q, dx: f(D, p, q, dx) / dx / len(D), "mean over the grid"
        ),
        "loss: no dx": wrong(1, _PAIR, lambda f, D, p, q, dx: f(D, p, q, 1.0), "lacks the factor"),
        "loss: sign": wrong(1, _PAIR, lambda f, *a: -f(*a), "wrong sign"),
        "loss: swapped": wrong(
            1, _PAIR, lambda f, D, p, q, dx: f(D, q, p, dx), "data and model swapped|exactly 0 or 1"
        ),
        "loss: data only": wrong(1, _PAIR, _loss_of_data_only, r"equation \(1\)"),
        "loss: 0 log 0": wrong(1, _PAIR, _loss_with_log_of_zero, "exactly 0 or 1.*NaN"),
        "loss: per point": wrong(1, _PAIR, lambda f, D, p, q, dx: -p * np.log(D), "one number"),
    },
)


def _kl(_: Any, p: Array, q: Array, dx: float) -> float:
    return dx * float(np.sum(p * np.log((p + 1e-300) / (q + 1e-300))))


def _no_limit(_: Any, p: Array, q: Array, dx: float) -> float:
    middle = (p + q) / 2
    return dx / 2 * float(np.sum(p * np.log(p / middle) + q * np.log(q / middle)))


_PAIR_JSD = ("jensen_shannon", "optimal_loss")
_JENSEN_SHANNON = Case(
    gan.check_jensen_shannon,
    "gan_convergence",
    _PAIR_JSD,
    0.25,
    {
        "KL": wrong(0, _PAIR_JSD, _kl, "symmetric"),
        "bits": wrong(0, _PAIR_JSD, lambda f, *a: f(*a) / np.log(2), "natural logarithm"),
        "sum of two KL": wrong(0, _PAIR_JSD, lambda f, *a: 2 * f(*a), "factor 1/2"),
        "square root": wrong(0, _PAIR_JSD, lambda f, *a: np.sqrt(f(*a)), "log 2|not the right"),
        "0 log 0": wrong(0, _PAIR_JSD, _no_limit, "NaN"),
        "no dx": wrong(0, _PAIR_JSD, lambda f, p, q, dx: f(p, q, 1.0), "factor 1/2, dx"),
        "log 4 − JSD": wrong(1, _PAIR_JSD, lambda f, *a: (np.log(4) + f(*a)) / 2, "log 4 − 2 JSD"),
        "log 2 for log 4": wrong(1, _PAIR_JSD, lambda f, *a: f(*a) - np.log(2), "log 4 − 2 JSD"),
        "plus for minus": wrong(1, _PAIR_JSD, lambda f, *a: 2 * np.log(4) - f(*a), "log 4 − 2 JSD"),
    },
)


def _condition(function: Callable[[Array, float], Any], lam: float, reason: str) -> Mutant:
    return Mutant(lambda _: (function, lambda: lam), reason)


_LOG2 = float(np.log(2))
_STATIONARITY = Case(
    gan.check_generator_stationarity,
    "gan_convergence",
    ("generator_stationarity", "lagrange_multiplier"),
    0.25,
    {
        "sign of the multiplier": _condition(
            lambda D, lam: -np.log(D) + 1 - D + lam, _LOG2 + 0.5, "wrong sign: solve"
        ),
        "sign of the constraint": _condition(
            lambda D, lam: -np.log(D) + 1 - D - lam, _LOG2 + 0.5, "wrong sign of λ"
        ),
        "constraint forgotten": _condition(
            lambda D, lam: -np.log(D) + 1 - D, -_LOG2 - 0.5, "lacks λ"
        ),
        "mixed: condition re-optimised, λ held": _condition(
            lambda D, lam: -np.log(D) + 1 - D + lam, -_LOG2, "mixes two readings"
        ),
        "mixed: condition held, λ re-optimised": _condition(
            lambda D, lam: -np.log(D) + lam, -_LOG2 - 0.5, "mixes two readings"
        ),
        "sign of the extra term": _condition(
            lambda D, lam: -np.log(D) - (1 - D) + lam, 0.5 - _LOG2, "neither reading"
        ),
        "overall sign": _condition(
            lambda D, lam: np.log(D) - (1 - D) - lam, -_LOG2 - 0.5, "overall sign"
        ),
        "saturating loss": _condition(lambda D, lam: np.log(1 - D) + lam, _LOG2, "neither reading"),
        "λ = 0": _condition(lambda D, lam: -np.log(D) + lam, 0.0, "D = 1/2 with your λ"),
        "averaged": _condition(
            lambda D, lam: np.mean(-np.log(D) + lam), -_LOG2, "one number for all"
        ),
    },
)


def _too_few_steps(right: Any, p_data: Array, seed: int) -> Array:
    path: Array = right(p_data, seed)
    return path[:4]


def _toward_uniform(right: Any, p_data: Array, seed: int) -> Array:
    path: Array = right(np.full_like(p_data, 1 / len(p_data)), seed)
    return path


def _clipped(right: Any, p_data: Array, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(3, len(p_data))), right(p_data, seed)])


def _straight(_: Any, p_data: Array, seed: int) -> Array:
    """From a random start to p_data, which is passed, in 50 equal steps: nothing is minimised."""
    start = np.random.default_rng(seed).dirichlet(np.ones(len(p_data)))
    return np.linspace(start, p_data, 51)


def _straight_in_logs(_: Any, p_data: Array, seed: int) -> Array:
    start = np.random.default_rng(seed).dirichlet(np.ones(len(p_data)))
    path = np.exp(np.linspace(np.log(start), np.log(p_data), 51))
    return np.asarray(path / path.sum(axis=1, keepdims=True))


_PAIR_SIMPLEX = ("generator_objective", "minimise_on_simplex")
_SIMPLEX = Case(
    gan.check_simplex_minimum,
    "gan_convergence",
    _PAIR_SIMPLEX,
    0.25,
    {
        "mean for sum": wrong(
            0, _PAIR_SIMPLEX, lambda f, p, q: f(p, q) / len(p), "sum over the bins"
        ),
        "saturating objective": wrong(
            0, _PAIR_SIMPLEX, lambda _, p, q: np.sum(q * np.log(q / (p + q))), "sum over|NaN"
        ),
        "weighted by data": wrong(
            0, _PAIR_SIMPLEX, lambda _, p, q: np.sum(p * np.log1p(q / p)), "sum over the bins"
        ),
        "answer for path": wrong(1, _PAIR_SIMPLEX, lambda _, p, seed: p, r"shape \(12,\)"),
        "starts at the answer": wrong(
            1, _PAIR_SIMPLEX, lambda _, p, seed: np.stack([p] * 5), "starts at the answer"
        ),
        "too few steps": wrong(1, _PAIR_SIMPLEX, _too_few_steps, "has not converged"),
        "uphill to uniform": wrong(1, _PAIR_SIMPLEX, _toward_uniform, "has not converged"),
        "negative": wrong(1, _PAIR_SIMPLEX, _clipped, "negative"),
        "not normalised": wrong(1, _PAIR_SIMPLEX, lambda f, p, seed: f(p, seed) * 1.5, "row sums"),
        "straight to the answer": wrong(
            1, _PAIR_SIMPLEX, _straight, "straight line", is_slip=False
        ),
        "straight in the logarithms": wrong(
            1, _PAIR_SIMPLEX, _straight_in_logs, "straight line", is_slip=False
        ),
        "fixed start": wrong(1, _PAIR_SIMPLEX, lambda f, p, seed: f(p, 0), "same point"),
    },
)


CASES: tuple[Case, ...] = (
    _DISCRIMINATOR,
    _JENSEN_SHANNON,
    _STATIONARITY,
    _SIMPLEX,
    BILINEAR,
    GAUSSIANS,
    LOSSES,
)
