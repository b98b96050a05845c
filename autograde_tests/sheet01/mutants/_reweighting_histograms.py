"""Wrong answers to exercise 2c: leading top, weighted histograms, pulls."""

from typing import Any

import numpy as np

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.histograms import sums
from autograde_tests.sheet01 import reweighting
from course_utils import kinematics

Pair = tuple[Array, Array]

NOTEBOOK = "classifier_reweighting"

_TOP = ("leading_top",)
_HISTOGRAM = ("weighted_histogram",)
_COMPARISON = ("pulls", "chi2_per_ndf", "effective_sample_size")


def _tops(x: Array) -> tuple[Array, Array]:
    p4 = kinematics.ttbarj_p4(x)
    return p4[:, 0:3].sum(axis=1), p4[:, 3:6].sum(axis=1)


def _chosen(x: Array, first: Any) -> Pair:
    """pT and mass of the top where `first`, else of the antitop."""
    top, antitop = _tops(x)
    p4 = np.where(np.broadcast_to(first, len(x))[:, None], top, antitop)
    return kinematics.pt(p4), kinematics.mass(p4)


def _trailing(_: Any, x: Array) -> Pair:
    top, antitop = _tops(x)
    return _chosen(x, kinematics.pt(top) < kinematics.pt(antitop))


def _heavier(_: Any, x: Array) -> Pair:
    top, antitop = _tops(x)
    pt = np.maximum(kinematics.pt(top), kinematics.pt(antitop))
    return pt, np.maximum(kinematics.mass(top), kinematics.mass(antitop))


def _wrong_axis(_: Any, x: Array) -> Pair:
    """Columns of one component side by side, instead of particles."""
    p4 = np.asarray(x, dtype=np.float64).reshape(-1, 4, 7).swapaxes(1, 2)
    top, antitop = p4[:, 0:3].sum(axis=1), p4[:, 3:6].sum(axis=1)
    pt = np.maximum(kinematics.pt(top), kinematics.pt(antitop))
    return pt, np.abs(kinematics.mass(top))


def _scalar_sum(right: Any, x: Array) -> Pair:
    pt = kinematics.pt(kinematics.ttbarj_p4(x))
    return np.maximum(pt[:, :3].sum(axis=1), pt[:, 3:6].sum(axis=1)), right(x)[1]


def _sum_of_masses(right: Any, x: Array) -> Pair:
    return right(x)[0], kinematics.mass(kinematics.ttbarj_p4(x))[:, :3].sum(axis=1)


_TOP_CASE = Case(
    reweighting.check_leading_top,
    NOTEBOOK,
    _TOP,
    0.25,
    {
        "trailing top": wrong(0, _TOP, _trailing, "smaller pT"),
        "always t": wrong(0, _TOP, lambda _, x: _chosen(x, True), "always takes t:"),
        "always t̄": wrong(0, _TOP, lambda _, x: _chosen(x, False), "always takes t̄"),
        "heavier top": wrong(0, _TOP, _heavier, "larger of the two masses"),
        "scalar sum of pT": wrong(0, _TOP, _scalar_sum, "adds up the pT"),
        "sum of jet masses": wrong(0, _TOP, _sum_of_masses, "mass of `leading_top` is not"),
        "wrong axis": wrong(0, _TOP, _wrong_axis, "pT of `leading_top` is not right"),
        "mass and pT exchanged": wrong(0, _TOP, lambda f, x: f(x)[::-1], "pT of `leading_top`"),
    },
)


def _raw_roots(right: Any, values: Array, weights: Array, edges: Array) -> Pair:
    n, _, _ = sums(values, weights, edges)
    return right(values, weights, edges)[0], np.sqrt(n) / weights.sum() / np.diff(edges)


def _roots_of_sums(right: Any, values: Array, weights: Array, edges: Array) -> Pair:
    _, s1, _ = sums(values, weights, edges)
    return right(values, weights, edges)[0], np.sqrt(s1) / weights.sum() / np.diff(edges)


def _variances(right: Any, values: Array, weights: Array, edges: Array) -> Pair:
    _, _, s2 = sums(values, weights, edges)
    return right(values, weights, edges)[0], s2 / weights.sum() / np.diff(edges)


def _first_bin(right: Any, *given: Array) -> Pair:
    density, sigma = right(*given)
    return density, np.where(np.arange(len(sigma)) == 0, sigma, np.nan)


def _numpy_density(right: Any, values: Array, weights: Array, edges: Array) -> Pair:
    density = np.histogram(values, edges, weights=weights, density=True)[0]
    return density, right(values, weights, edges)[1]


_HISTOGRAM_CASE = Case(
    reweighting.check_weighted_histogram,
    NOTEBOOK,
    _HISTOGRAM,
    0.25,
    {
        "root of raw counts": wrong(0, _HISTOGRAM, _raw_roots, "number of events"),
        "root of the sum of weights": wrong(0, _HISTOGRAM, _roots_of_sums, "√Σw: use"),
        "no square root": wrong(0, _HISTOGRAM, _variances, "without the square root"),
        "inside the edges only": wrong(0, _HISTOGRAM, _numpy_density, "inside the edges"),
        "weights ignored": wrong(
            0, _HISTOGRAM, lambda f, v, w, e: f(v, np.ones_like(w), e), "ignores the weights"
        ),
        "bin width forgotten": wrong(
            0,
            _HISTOGRAM,
            lambda f, v, w, e: tuple(part * np.diff(e) for part in f(v, w, e)),
            "bin width",
        ),
        "not normalised": wrong(
            0,
            _HISTOGRAM,
            lambda f, v, w, e: tuple(part * w.sum() * np.diff(e) for part in f(v, w, e)),
            "returns sums of weights",
        ),
        "NaN everywhere but in one bin": wrong(0, _HISTOGRAM, _first_bin, "NaN or infinite"),
        "uncertainty not scaled": wrong(
            0,
            _HISTOGRAM,
            lambda f, v, w, e: (f(v, w, e)[0], np.sqrt(sums(v, w, e)[2])),
            "not scaled",
        ),
    },
)


def _linear(_: Any, a: Array, sigma_a: Array, b: Array, sigma_b: Array) -> Array:
    return (a - b) / (sigma_a + sigma_b)


def _divided_by_variance(_: Any, a: Array, sigma_a: Array, b: Array, sigma_b: Array) -> Array:
    return (a - b) / (sigma_a**2 + sigma_b**2)


def _nan_where_either(f: Any, a: Array, sigma_a: Array, b: Array, sigma_b: Array) -> Array:
    return np.where((sigma_a > 0) & (sigma_b > 0), f(a, sigma_a, b, sigma_b), np.nan)


def _zero_where_either(f: Any, a: Array, sigma_a: Array, b: Array, sigma_b: Array) -> Array:
    both, none = (sigma_a > 0) & (sigma_b > 0), (sigma_a == 0) & (sigma_b == 0)
    return np.where(both, f(a, sigma_a, b, sigma_b), np.where(none, np.nan, 0.0))


_COMPARISON_CASE = Case(
    reweighting.check_comparison,
    NOTEBOOK,
    _COMPARISON,
    0.25,
    {
        "uncertainties added linearly": wrong(0, _COMPARISON, _linear, "linearly"),
        "square root missing": wrong(0, _COMPARISON, _divided_by_variance, "square root"),
        "one uncertainty": wrong(
            0, _COMPARISON, lambda _, a, s, b, t: (a - b) / s, "uncertainty of b"
        ),
        "relative difference": wrong(
            0, _COMPARISON, lambda _, a, s, b, t: (a - b) / b, "relative differences"
        ),
        "sign": wrong(0, _COMPARISON, lambda f, *given: -f(*given), "wrong sign"),
        "zero in empty bins": wrong(
            0, _COMPARISON, lambda f, *given: np.nan_to_num(f(*given)), "must be NaN"
        ),
        "NaN where one is empty": wrong(
            0, _COMPARISON, _nan_where_either, "empty in one histogram"
        ),
        "zero where one is empty": wrong(
            0, _COMPARISON, _zero_where_either, "empty in one histogram only"
        ),
        "sum of squares": wrong(1, _COMPARISON, lambda _, p: np.nansum(p**2), "not divided"),
        "empty bins counted": wrong(
            1, _COMPARISON, lambda _, p: np.nansum(p**2) / len(p), "counts empty bins"
        ),
        "mean of absolute values": wrong(
            1, _COMPARISON, lambda _, p: np.nanmean(np.abs(p)), "absolute values"
        ),
        "NaN": wrong(1, _COMPARISON, lambda _, p: np.mean(p**2), "NaN"),
        "number of events": wrong(2, _COMPARISON, lambda _, w: len(w), "number of events"),
        "fraction": wrong(2, _COMPARISON, lambda f, w: f(w) / len(w), "fraction"),
        "sum of weights": wrong(2, _COMPARISON, lambda _, w: w.sum(), "sum of weights"),
    },
)

HISTOGRAM_CASES: tuple[Case, ...] = (_TOP_CASE, _HISTOGRAM_CASE, _COMPARISON_CASE)
