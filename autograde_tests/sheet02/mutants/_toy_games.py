"""Wrong answers to 2f and 2g of `toy_gans`: the Dirac GAN, and forces."""

from typing import Any

import numpy as np
from scipy.special import expit

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import toy_gans

_DIRAC = ("dirac_step", "dirac_jacobian", "factor_per_step")
_FORCE = ("force", "mean_force")


def _half_slopes(_: Any, theta: float, phi: float, lr: float, gamma: float, both: bool) -> Any:
    """The linearised game."""
    new = phi - lr * (theta / 2 + gamma * phi)
    return theta + lr * (new if both else phi) / 2, new


DIRAC = Case(
    toy_gans.check_dirac,
    "toy_gans",
    _DIRAC,
    1,
    {
        "always alternating": wrong(
            0, _DIRAC, lambda f, t, p, h, g, _: f(t, p, h, g, True), "these are alternating"
        ),
        "always simultaneous": wrong(
            0, _DIRAC, lambda f, t, p, h, g, _: f(t, p, h, g, False), "see the new φ"
        ),
        "order of the pair": wrong(0, _DIRAC, lambda f, *a: f(*a)[::-1], "θ comes first"),
        "no penalty": wrong(
            0, _DIRAC, lambda f, t, p, h, g, b: f(t, p, h, 0.0, b), "penalty has no effect"
        ),
        "twice the penalty": wrong(
            0, _DIRAC, lambda f, t, p, h, g, b: f(t, p, h, 2 * g, b), "−h γ φ"
        ),
        "signs": wrong(0, _DIRAC, lambda f, t, p, h, g, b: f(t, p, -h, g, b), "signs are wrong"),
        "linearised": wrong(0, _DIRAC, _half_slopes, "not right"),
        "Jacobian transposed": wrong(1, _DIRAC, lambda f, *a: np.asarray(f(*a)).T, "swapped"),
        "Jacobian in the order φ, θ": wrong(
            1, _DIRAC, lambda f, *a: np.asarray(f(*a))[::-1, ::-1], "order is"
        ),
        "Jacobian of the change": wrong(
            1, _DIRAC, lambda f, *a: np.asarray(f(*a)) - np.eye(2), "unit matrix"
        ),
        "Jacobian, always simultaneous": wrong(
            1, _DIRAC, lambda f, h, g, _: f(h, g, False), "see the new φ"
        ),
        "Jacobian without penalty": wrong(
            1, _DIRAC, lambda f, h, g, b: f(h, 0.0, b), "penalty has no effect"
        ),
        "Jacobian with σ(0) = 1": wrong(
            1,
            _DIRAC,
            lambda _, h, g, b: np.array([[1 - h**2 * b, h * (1 - h * g * b)], [-h, 1 - h * g]]),
            "not right|1/2",
        ),
        "real part": wrong(
            2, _DIRAC, lambda _, J: np.linalg.eigvals(J).real.max(), "not the right value"
        ),
        "singular value": wrong(2, _DIRAC, lambda _, J: np.linalg.norm(J, 2), "not the right"),
        "determinant": wrong(
            2, _DIRAC, lambda _, J: np.sqrt(abs(np.linalg.det(J))), "not the right value"
        ),
        "smallest": wrong(
            2, _DIRAC, lambda _, J: np.abs(np.linalg.eigvals(J)).min(), "not the right value"
        ),
    },
)


def _rounded(_: Any, log_data: Array, log_model: Array, dx: float, flag: bool) -> Array:
    logit = log_data - log_model
    D = expit(logit)
    return np.asarray(((1 - D) if flag else D) * np.gradient(logit, dx))


def _densities(_: Any, log_data: Array, log_model: Array, dx: float, flag: bool) -> Array:
    p_data, p_model = np.exp(log_data) + 1e-30, np.exp(log_model) + 1e-30
    D = p_data / (p_data + p_model)
    slope = np.gradient(np.log(p_data / p_model), dx)
    return np.asarray((p_model / (p_data + p_model) if flag else D) * slope)


def _weighted(right: Any, log_data: Array, log_model: Array, dx: float, flag: bool) -> float:
    return float(right(log_data, log_model, dx, flag)) / dx


FORCE = Case(
    toy_gans.check_force,
    "toy_gans",
    _FORCE,
    0.75,
    {
        "sign": wrong(0, _FORCE, lambda f, *a: -f(*a), "sign is wrong"),
        "losses exchanged": wrong(
            0, _FORCE, lambda f, a, b, dx, flag: f(a, b, dx, not flag), "other loss"
        ),
        "ratio upside down": wrong(
            0, _FORCE, lambda f, a, b, dx, flag: f(b, a, dx, flag), "l = log|sign|other"
        ),
        "no dx": wrong(0, _FORCE, lambda f, a, b, dx, flag: f(a, b, 1.0, flag), "mind dx"),
        "no D": wrong(0, _FORCE, lambda _, a, b, dx, flag: np.gradient(a - b, dx), "without D"),
        "slope of D": wrong(
            0, _FORCE, lambda _, a, b, dx, flag: np.gradient(expit(a - b), dx), r"D \(1 − D\)"
        ),
        "1 − D rounded": wrong(0, _FORCE, _rounded, "tiny"),
        "clamped densities": wrong(0, _FORCE, _densities, "not right|tiny"),
        "mean over the grid": wrong(
            1,
            _FORCE,
            lambda _, a, b, dx, flag: np.mean(_rounded(None, a, b, dx, flag)),
            "mean over the grid",
        ),
        "mean without dx": wrong(1, _FORCE, _weighted, "factor dx"),
        "mean over the data": wrong(
            1,
            _FORCE,
            lambda _, a, b, dx, flag: dx * np.sum(np.exp(a) * _rounded(None, a, b, dx, flag)),
            "p_data",
        ),
        "mean's sign": wrong(1, _FORCE, lambda f, *a: -f(*a), "sign is wrong"),
    },
)
