"""Wrong answers to exercise 1, one typical mistake each."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import autograde_tests.sheet01.gan as gan
from autograde_tests.cases import Answers, Case, Mutant, Namespace
from autograde_tests.mutants._gan_training import wrong_gan

Array = NDArray[np.float64]


def _with(position: int, names: tuple[str, ...], wrong: Callable[..., Any], reason: str) -> Mutant:
    """The right answers, with the one at `position` made wrong: `wrong(right, *arguments)`."""

    def answers(namespace: Namespace) -> Answers:
        right = [namespace[name] for name in names]
        original = right[position]
        right[position] = lambda *arguments: wrong(original, *arguments)
        return tuple(right)

    return Mutant(answers, reason)


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
        "swapped densities": _with(0, _PAIR, lambda f, p, q: f(q, p), "data and model swapped"),
        "likelihood ratio": _with(0, _PAIR, lambda _, p, q: p / (q + 1e-300), r"outside \[0, 1\]"),
        "square root": _with(
            0, _PAIR, lambda f, p, q: f(np.sqrt(p), np.sqrt(q)), "not at its minimum"
        ),
        "constant": _with(0, _PAIR, lambda _, p, q: np.full_like(p, 0.5), "not at its minimum"),
        "epsilon in the denominator": _with(0, _PAIR, _clamped, "tiny densities"),
        "NaN where both vanish": _with(0, _PAIR, _nowhere_half, "both densities vanish"),
        "extra axis": _with(0, _PAIR, lambda f, p, q: f(p, q)[:, None], r"shape \(401, 1\)"),
        "returns nothing": _with(0, _PAIR, lambda *_: None, "None"),
        "loss: mean": _with(
            1, _PAIR, lambda f, D, p, q, dx: f(D, p, q, dx) / dx / len(D), "mean over the grid"
        ),
        "loss: no dx": _with(1, _PAIR, lambda f, D, p, q, dx: f(D, p, q, 1.0), "lacks the factor"),
        "loss: sign": _with(1, _PAIR, lambda f, *a: -f(*a), "wrong sign"),
        "loss: swapped": _with(
            1, _PAIR, lambda f, D, p, q, dx: f(D, q, p, dx), "data and model swapped"
        ),
        "loss: data only": _with(1, _PAIR, _loss_of_data_only, r"equation \(1\)"),
        "loss: 0 log 0": _with(1, _PAIR, _loss_with_log_of_zero, "exactly 0 or 1.*NaN"),
        "loss: per point": _with(1, _PAIR, lambda f, D, p, q, dx: -p * np.log(D), "one number"),
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
        "KL": _with(0, _PAIR_JSD, _kl, "symmetric"),
        "bits": _with(0, _PAIR_JSD, lambda f, *a: f(*a) / np.log(2), "natural logarithm"),
        "sum of two KL": _with(0, _PAIR_JSD, lambda f, *a: 2 * f(*a), "factor 1/2"),
        "square root": _with(0, _PAIR_JSD, lambda f, *a: np.sqrt(f(*a)), "log 2|not the right"),
        "0 log 0": _with(0, _PAIR_JSD, _no_limit, "NaN"),
        "no dx": _with(0, _PAIR_JSD, lambda f, p, q, dx: f(p, q, 1.0), "factor 1/2, dx"),
        "log 4 − JSD": _with(1, _PAIR_JSD, lambda f, *a: (np.log(4) + f(*a)) / 2, "log 4 − 2 JSD"),
        "log 2 for log 4": _with(1, _PAIR_JSD, lambda f, *a: f(*a) - np.log(2), "log 4 − 2 JSD"),
        "plus for minus": _with(1, _PAIR_JSD, lambda f, *a: 2 * np.log(4) - f(*a), "log 4 − 2 JSD"),
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


_PAIR_SIMPLEX = ("generator_objective", "minimise_on_simplex")
_SIMPLEX = Case(
    gan.check_simplex_minimum,
    "gan_convergence",
    _PAIR_SIMPLEX,
    0.25,
    {
        "mean for sum": _with(
            0, _PAIR_SIMPLEX, lambda f, p, q: f(p, q) / len(p), "sum over the bins"
        ),
        "saturating objective": _with(
            0, _PAIR_SIMPLEX, lambda _, p, q: np.sum(q * np.log(q / (p + q))), "sum over|NaN"
        ),
        "weighted by data": _with(
            0, _PAIR_SIMPLEX, lambda _, p, q: np.sum(p * np.log1p(q / p)), "sum over the bins"
        ),
        "answer for path": _with(1, _PAIR_SIMPLEX, lambda _, p, seed: p, r"shape \(12,\)"),
        "starts at the answer": _with(
            1, _PAIR_SIMPLEX, lambda _, p, seed: np.stack([p] * 5), "starts at the answer"
        ),
        "too few steps": _with(1, _PAIR_SIMPLEX, _too_few_steps, "has not converged"),
        "uphill to uniform": _with(1, _PAIR_SIMPLEX, _toward_uniform, "has not converged"),
        "negative": _with(1, _PAIR_SIMPLEX, _clipped, "negative"),
        "not normalised": _with(1, _PAIR_SIMPLEX, lambda f, p, seed: f(p, seed) * 1.5, "row sums"),
        "fixed start": _with(1, _PAIR_SIMPLEX, lambda f, p, seed: f(p, 0), "same point"),
    },
)


def _both_descend(_: Any, theta: float, phi: float, lr: float, n_steps: int, both: bool) -> Array:
    path = [(theta, phi)]
    for _ in range(n_steps):
        theta, phi = theta - lr * phi, phi - lr * theta
        path.append((theta, phi))
    return np.array(path)


def _generator_first(
    right: Any, theta: float, phi: float, lr: float, n_steps: int, both: bool
) -> Array:
    if both:
        return np.asarray(right(theta, phi, lr, n_steps, both))
    path = [(theta, phi)]
    for _ in range(n_steps):
        theta = theta - lr * phi
        phi = phi + lr * theta
        path.append((theta, phi))
    return np.array(path)


_GAME = ("bilinear_game",)
_BILINEAR = Case(
    gan.check_bilinear_game,
    "gan_convergence",
    _GAME,
    0.125,
    {
        "always simultaneous": _with(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n, True), "these are simultaneous"
        ),
        "always alternating": _with(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n, False), "these are alternating"
        ),
        "signs swapped": _with(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, -lr, n, both), "signs are swapped"
        ),
        "both descend": _with(0, _GAME, _both_descend, "both players go down"),
        "generator first": _with(0, _GAME, _generator_first, "θ moves first"),
        "start left out": _with(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n + 1, both)[1:], "start of"
        ),
        "transposed": _with(0, _GAME, lambda f, *a: np.asarray(f(*a)).T, "shape"),
    },
)

_GAN = ("gaussian_gan",)
_GAUSSIANS = Case(
    gan.check_gaussian_gan,
    "gan_convergence",
    _GAN,
    0.25,
    {
        "generator sees the old D": _with(0, _GAN, wrong_gan(stale=True), "see the updated D"),
        "k ignored": _with(0, _GAN, wrong_gan(ignore_k=True), "makes k steps"),
        "penalty ignored": _with(0, _GAN, wrong_gan(penalty_factor=0.0), "no effect"),
        "penalty without 1/2": _with(0, _GAN, wrong_gan(penalty_factor=2.0), "factor 1/2"),
        "saturating loss": _with(0, _GAN, wrong_gan(saturating=True), "minimises −log D"),
        "generator ascends": _with(0, _GAN, wrong_gan(ascends=True), "the wrong way"),
        "no bias": _with(0, _GAN, wrong_gan(bias=False), "no bias"),
        "sum for mean": _with(0, _GAN, wrong_gan(total=True), "not right"),
        "start left out": _with(
            0,
            _GAN,
            lambda f, x, z, t, lr, n, k, g: f(x, z, t, lr, n + 1, k, g)[1:],
            "start of",
        ),
    },
)


def _from_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return torch.log(1 - D), -torch.log(D)


def _clamped_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit).clamp(1e-7, 1 - 1e-7)
    return torch.log(1 - D), -torch.log(D)


def _slope_of_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return -1 / torch.sigmoid(-logit), -1 / D


def _rounded_slope(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return -D, D - 1


_PAIR_LOSSES = ("generator_losses", "generator_slopes")
_LOSSES = Case(
    gan.check_generator_losses,
    "gan_convergence",
    _PAIR_LOSSES,
    0.125,
    {
        "log of a rounded probability": _with(0, _PAIR_LOSSES, _from_probability, "infinite"),
        "clamped probability": _with(0, _PAIR_LOSSES, _clamped_probability, "softplus"),
        "swapped": _with(0, _PAIR_LOSSES, lambda f, x: f(x)[::-1], "swapped"),
        "sign": _with(0, _PAIR_LOSSES, lambda f, x: (-f(x)[0], f(x)[1]), "wrong sign"),
        "averaged": _with(
            0, _PAIR_LOSSES, lambda f, x: tuple(v.mean() for v in f(x)), "one number for all"
        ),
        "one loss": _with(0, _PAIR_LOSSES, lambda f, x: f(x)[1], "two arrays"),
        "slope in D": _with(1, _PAIR_LOSSES, _slope_of_probability, "respect to the logit"),
        "1 − sigmoid": _with(1, _PAIR_LOSSES, _rounded_slope, r"sigmoid\(−l\)"),
        "slopes swapped": _with(1, _PAIR_LOSSES, lambda f, x: f(x)[::-1], "swapped"),
        "size of the slope": _with(
            1, _PAIR_LOSSES, lambda f, x: tuple(v.abs() for v in f(x)), "wrong sign"
        ),
    },
)

CASES: tuple[Case, ...] = (
    _DISCRIMINATOR,
    _JENSEN_SHANNON,
    _STATIONARITY,
    _SIMPLEX,
    _BILINEAR,
    _GAUSSIANS,
    _LOSSES,
)
