"""Wrong answers to exercise 1 of `distances`: divergences, fits, the variational bound."""

from itertools import count
from typing import Any

import numpy as np
import torch
from scipy.special import rel_entr

from autograde_tests.answers import Array
from autograde_tests.cases import Answers, Case, Mutant, Namespace, wrong
from autograde_tests.sheet02 import distances
from autograde_tests.sheet02._distances_fits import lowest

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


def _counting(namespace: Namespace) -> Answers:
    """Right twice, which is as often as the values are compared with known ones."""
    calls = count()

    def js(p: Array, q: Array, dx: float) -> Any:
        return namespace["js"](p, q, dx) * (1 if next(calls) < 2 else 1.1)

    return namespace["kl"], namespace["variation"], js


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
        "constant": wrong(0, _THREE, lambda *_: np.log(2), "not right", is_slip=False),
        "counts its calls": Mutant(_counting, "js.*invertible", is_slip=False),
    },
)


_FITS = ("forward_fit", "reverse_fit")


def _mode(_: object, p: Array, x: Array, dx: float) -> tuple[float, float]:
    return float(x[np.argmax(p)]), 0.8


def _forward(_: object, p: Array, x: Array, dx: float, *start: float) -> tuple[float, float]:
    mean = dx * np.sum(p * x)
    return float(mean), float(np.sqrt(dx * np.sum(p * (x - mean) ** 2)))


FITS = Case(
    distances.check_fits,
    NOTEBOOK,
    _FITS,
    0.5,
    {
        "forward: variance": wrong(
            0, _FITS, lambda f, *a: (f(*a)[0], f(*a)[1] ** 2), "square root"
        ),
        "forward: highest peak": wrong(0, _FITS, _mode, "mean of"),
        "forward: no dx": wrong(0, _FITS, lambda f, p, x, dx: f(p, x, 1.0), "mean of"),
        "forward: mean of the grid": wrong(
            0, _FITS, lambda f, p, x, dx: (float(x.mean()), float(x.std())), "mean of|sigma of"
        ),
        "forward: one peak": wrong(
            0, _FITS, lambda f, p, x, dx: (f(p, x, dx)[0], 0.8), "with both peaks"
        ),
        "forward: one number": wrong(0, _FITS, lambda f, *a: f(*a)[0], "shape"),
        "reverse: forward": wrong(1, _FITS, _forward, "does not end in a minimum"),
        "reverse: start": wrong(1, _FITS, lambda _, p, x, dx, *s: s, "does not end in a minimum"),
        "reverse: logarithm": wrong(
            1, _FITS, lambda f, *a: (f(*a)[0], np.log(f(*a)[1])), "must be positive|minimum"
        ),
        "reverse: variance": wrong(
            1, _FITS, lambda f, *a: (f(*a)[0], f(*a)[1] ** 2), "does not end in a minimum"
        ),
        "reverse: few steps": wrong(
            1, _FITS, lambda f, p, x, dx, m, s: (f(p, x, dx, m, s)[0], s), "minimum"
        ),
        "reverse: two numbers that are remembered": wrong(
            1,
            _FITS,
            lambda _, p, x, dx, m, s: lowest(p, x, dx, 2.0, 1.0) + np.array([0.3, 0.0]),
            "minimum",
            is_slip=False,
        ),
        "constant": wrong(0, _FITS, lambda *_: (0.6, 3.04), "mean of", is_slip=False),
    },
)

_BOUND = ("bound", "best_function")


def _kl_only(right: object, kind: str, *values: torch.Tensor) -> torch.Tensor:
    T_p, T_q = values
    return T_p.mean() - torch.exp(T_q - 1).mean()


BOUND = Case(
    distances.check_bound,
    NOTEBOOK,
    _BOUND,
    0.75,
    {
        "sign": wrong(0, _BOUND, lambda f, *a: -f(*a), "wrong sign"),
        "samples swapped": wrong(0, _BOUND, lambda f, k, p, q: f(k, q, p), "swapped|not right"),
        "no conjugate": wrong(0, _BOUND, lambda f, k, p, q: p.mean() - q.mean(), r"lacks f\*"),
        "added": wrong(0, _BOUND, lambda f, k, p, q: 2 * p.mean() - f(k, p, q), "subtract"),
        "sum": wrong(
            0, _BOUND, lambda f, k, p, q: f(k, p, q) * len(p), "not right|averages are asked for"
        ),
        "KL for all": wrong(0, _BOUND, _kl_only, "reverse KL"),
        "no gradient by T_p": wrong(0, _BOUND, lambda f, k, p, q: f(k, p.detach(), q), "by T_p"),
        "no gradient by T_q": wrong(0, _BOUND, lambda f, k, p, q: f(k, p, q.detach()), "by T_q"),
        "an item": wrong(0, _BOUND, lambda f, *a: f(*a).item(), "gradient"),
        "per event": wrong(0, _BOUND, lambda f, k, p, q: p - 1, "one number"),
        "ratio upside down": wrong(1, _BOUND, lambda f, k, r: f(k, 1 / r), "upside down"),
        "sign of T": wrong(1, _BOUND, lambda f, k, r: -f(k, r), "wrong sign"),
        "log ratio": wrong(1, _BOUND, lambda f, k, r: torch.log(r), "lacks the 1"),
        "f itself": wrong(1, _BOUND, lambda f, k, r: r * torch.log(r), "take the derivative"),
        "factor 2": wrong(1, _BOUND, lambda f, k, r: f(k, r) * 2, "factor 1/2|not right"),
        "D itself": wrong(1, _BOUND, lambda f, k, r: r / (1 + r), "not right"),
        "constant": wrong(
            1, _BOUND, lambda f, k, r: 0 * r + f(k, 0 * r + 2), "not right", is_slip=False
        ),
    },
)
