"""Wrong answers to exercise 1 of `distances`: divergences on a grid."""

import numpy as np
from scipy.special import rel_entr

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import distances

NOTEBOOK = "distances"

_THREE = ("kl", "variation", "js")


def _no_limit(_: object, p: Array, q: Array, dx: float) -> float:
    return float(dx * np.sum(p * np.log(p / q)))


def _epsilon(_: object, p: Array, q: Array, dx: float) -> float:
    return float(dx * np.sum(p * np.log((p + 1e-12) / (q + 1e-12))))


def _only_overlap(_: object, p: Array, q: Array, dx: float) -> float:
    both = (p > 0) & (q > 0)
    return float(dx * np.sum(rel_entr(p[both], q[both])))


def _half_js(_: object, p: Array, q: Array, dx: float) -> float:
    return float(dx * np.sum(rel_entr(p, (p + q) / 2)))


def _js_without_limit(_: object, p: Array, q: Array, dx: float) -> float:
    m = (p + q) / 2
    return float(0.5 * dx * np.sum(p * np.log(p / m) + q * np.log(q / m)))


DIVERGENCES = Case(
    distances.check_divergences,
    NOTEBOOK,
    _THREE,
    0.5,
    {
        "KL: swapped": wrong(0, _THREE, lambda f, p, q, dx: f(q, p, dx), r"KL\(q, p\)"),
        "KL: bits": wrong(0, _THREE, lambda f, *a: f(*a) / np.log(2), "natural logarithm"),
        "KL: no dx": wrong(0, _THREE, lambda f, p, q, dx: f(p, q, 1.0), "lacks the factor dx"),
        "KL: mean": wrong(
            0, _THREE, lambda f, p, q, dx: f(p, q, 1.0) / len(p), "mean over the grid"
        ),
        "KL: sign": wrong(0, _THREE, lambda f, *a: -f(*a), "wrong sign"),
        "KL: symmetrised": wrong(
            0, _THREE, lambda f, p, q, dx: f(p, q, dx) + f(q, p, dx), "symmetric"
        ),
        "KL: 0 log 0": wrong(0, _THREE, _no_limit, "NaN"),
        "KL: epsilon": wrong(0, _THREE, _epsilon, "must be infinite"),
        "KL: overlap alone": wrong(0, _THREE, _only_overlap, "must be infinite"),
        "KL: per point": wrong(0, _THREE, lambda _, p, q, dx: rel_entr(p, q), "one number"),
        "TV: no half": wrong(1, _THREE, lambda f, *a: 2 * f(*a), "factor 1/2"),
        "TV: no dx": wrong(1, _THREE, lambda f, p, q, dx: f(p, q, 1.0), "factor dx"),
        "TV: squares": wrong(
            1, _THREE, lambda _, p, q, dx: 0.5 * dx * np.sum((p - q) ** 2), "squares"
        ),
        "TV: no absolute value": wrong(
            1, _THREE, lambda _, p, q, dx: 0.5 * dx * np.sum(p - q), "absolute value"
        ),
        "TV: largest": wrong(1, _THREE, lambda _, p, q, dx: np.max(np.abs(p - q)), "largest"),
        "JSD: sum": wrong(2, _THREE, lambda f, *a: 2 * f(*a), "mean of the two KL"),
        "JSD: square root": wrong(2, _THREE, lambda f, *a: np.sqrt(f(*a)), "square root"),
        "JSD: bits": wrong(2, _THREE, lambda f, *a: f(*a) / np.log(2), "natural logarithm"),
        "JSD: one half": wrong(2, _THREE, _half_js, r"KL\(p, m\) alone"),
        "JSD: 0 log 0": wrong(2, _THREE, _js_without_limit, "NaN"),
        "JSD: both KL": wrong(
            2,
            _THREE,
            lambda _, p, q, dx: 0.5 * dx * np.sum(rel_entr(p, q) + rel_entr(q, p)),
            "with their mean m",
        ),
        "returns nothing": wrong(1, _THREE, lambda *_: None, "None"),
    },
)
