"""Wrong answers to exercises 3a to 3c of `event_gan`: quantiles, fit, kernel estimate."""

from typing import Any

import numpy as np
from scipy.stats import norm

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import _events_truth as truth
from autograde_tests.sheet02 import events

NOTEBOOK = "event_gan"
_QUANTILES = ("quantile_error", "equivalent_points")


def _size(p: Array) -> float:
    return float((p.shape[1] - 1) / p.shape[1] ** 2)


def _of_the_mean(_: Any, p: Array) -> float:
    return float(_size(p) / np.mean((p.mean(axis=0) - 1 / p.shape[1]) ** 2))


def _not_summed(_: Any, p: Array) -> Array:
    return np.asarray((p - 1 / p.shape[1]) ** 2)


def _ten_bins(right: Any, p: Array) -> float:
    return float(0.09 / np.mean((p - 1 / p.shape[1]) ** 2))


QUANTILES = Case(
    events.check_quantile_error,
    NOTEBOOK,
    _QUANTILES,
    0.5,
    {
        "sum": wrong(0, _QUANTILES, lambda f, p: f(p) * p.shape[1], "is a sum"),
        "root": wrong(0, _QUANTILES, lambda f, p: np.sqrt(f(p)), "is a root"),
        "absolute": wrong(
            0, _QUANTILES, lambda _, p: np.abs(p - 1 / p.shape[1]).mean(axis=1), "lacks the square"
        ),
        "relative": wrong(0, _QUANTILES, lambda f, p: f(p) * p.shape[1] ** 2, "relative"),
        "variance": wrong(0, _QUANTILES, lambda _, p: p.var(axis=1, ddof=1), "divides by n − 1"),
        "over the replicas": wrong(
            0, _QUANTILES, lambda _, p: _not_summed(_, p).mean(axis=0), "shape"
        ),
        "not averaged": wrong(0, _QUANTILES, _not_summed, "shape"),
        "one number": wrong(0, _QUANTILES, lambda f, p: f(p).mean(), "one number for all"),
        "mean of the points": wrong(
            1, _QUANTILES, lambda _, p: np.mean(_size(p) / _not_summed(_, p).mean(axis=1)),
            "average the errors first",
        ),
        "Poisson": wrong(
            1, _QUANTILES, lambda f, p: f(p) * p.shape[1] / (p.shape[1] - 1), "binomial"
        ),
        "inverse error": wrong(1, _QUANTILES, lambda f, p: f(p) / _size(p), "is 1/E"),
        "mean estimate": wrong(1, _QUANTILES, _of_the_mean, "square before you average"),
        "median": wrong(
            1, _QUANTILES, lambda _, p: _size(p) / np.median(_not_summed(_, p).mean(axis=1)),
            "median",
        ),
        "upside down": wrong(1, _QUANTILES, lambda f, p: 1 / f(p), "upside down"),
        "one a replica": wrong(
            1, _QUANTILES, lambda _, p: _size(p) / _not_summed(_, p).mean(axis=1), "one number"
        ),
        "always ten bins": wrong(1, _QUANTILES, _ten_bins, "not right", is_slip=False),
        "returns nothing": wrong(1, _QUANTILES, lambda *_: None, "None"),
    },
)  # fmt: skip

_FIT = ("log_likelihood", "em_step", "fit_camel")


def _moved(column: int, by: Any) -> Any:
    """The right parameters, with one column replaced."""

    def moved(right: Any, *given: Array) -> Array:
        found = np.array(right(*given))
        found[:, column] = by(found, *given)
        return found

    return moved


def _old_mean(right: Any, x: Array, parameters: Array) -> Array:
    found = np.array(right(x, parameters))
    first, second = truth.peaks(x, parameters)
    share = first / (first + second)
    for column, weights in ((1, share), (3, 1 - share)):
        spread = weights * (x - parameters[:, [column]]) ** 2
        found[:, column + 1] = np.sqrt(spread.sum(axis=1) / weights.sum(axis=1))
    return found


def _hard(_: Any, x: Array, parameters: Array) -> Array:
    """Each point belongs to the likelier peak."""
    first, second = truth.peaks(x, parameters)
    is_first = first > second
    columns = [is_first.mean(axis=1)]
    for weights in (is_first, ~is_first):
        mean = (weights * x).sum(axis=1) / weights.sum(axis=1)
        spread = (weights * (x - mean[:, None]) ** 2).sum(axis=1) / weights.sum(axis=1)
        columns += [mean, np.sqrt(spread)]
    return np.column_stack(columns)


def _spike(_: Any, x: Array) -> Array:
    """The first Gaussian on one point, the second on all others."""
    columns = (1 / x.shape[1], x[:, 0], 1e-140, x.mean(axis=1), x.std(axis=1))
    return np.column_stack(np.broadcast_arrays(*columns))


def _all_together(right: Any, x: Array) -> Array:
    return np.asarray(np.repeat(right(x.reshape(1, -1)), len(x), axis=0))


def _one_step(_: Any, x: Array) -> Array:
    half = np.full(len(x), 0.5)
    low, high = np.quantile(x, (0.25, 0.75), axis=1)
    width = x.std(axis=1) / 2
    return truth.em_step(x, np.column_stack([half, low, width, high, width]))


FIT = Case(
    events.check_fit,
    NOTEBOOK,
    _FIT,
    1,
    {
        "likelihood: mean": wrong(0, _FIT, lambda f, x, p: f(x, p) / x.shape[1], "is a mean"),
        "likelihood: sign": wrong(0, _FIT, lambda f, *a: -f(*a), "wrong sign"),
        "likelihood: logarithm of each peak": wrong(
            0,
            _FIT,
            lambda _, x, p: np.log(truth.peaks(x, p)).sum(axis=(0, 2)),
            "logarithm of each peak",
        ),
        "likelihood: no normalisation": wrong(
            0, _FIT, lambda f, x, p: f(x, p) + x.shape[1] * np.log(2 * np.pi) / 2, r"√\(2π\)"
        ),
        "likelihood: log10": wrong(0, _FIT, lambda f, *a: f(*a) / np.log(10), "nats"),
        "likelihood: all samples": wrong(0, _FIT, lambda f, *a: f(*a).sum(), "one number for all"),
        "step: variance": wrong(1, _FIT, _moved(2, lambda f, *_: f[:, 2] ** 2), "not right"),
        "step: old mean": wrong(1, _FIT, _old_mean, "old mean"),
        "step: exchanged": wrong(
            1, _FIT, lambda f, *a: f(*a)[:, [0, 3, 4, 1, 2]], "peaks exchanged"
        ),
        "step: other weight": wrong(
            1, _FIT, _moved(0, lambda f, *_: 1 - f[:, 0]), "weight of the second"
        ),
        "step: number of points": wrong(
            1, _FIT, _moved(0, lambda f, x, _: f[:, 0] * x.shape[1]), "number of points"
        ),
        "step: hard shares": wrong(1, _FIT, _hard, "not right"),
        "step: none": wrong(1, _FIT, lambda _, x, p: p, "changes nothing"),
        "step: transposed": wrong(1, _FIT, lambda f, *a: f(*a).T, "shape"),
        "fit: one step": wrong(2, _FIT, _one_step, "largest likelihood"),
        "fit: one for all": wrong(2, _FIT, _all_together, "largest likelihood"),
        "fit: the density of the notebook": wrong(
            2, _FIT, lambda _, x: np.tile([0.5, -4.0, 1.0, 4.0, 1.0], (len(x), 1)),
            "largest likelihood",
        ),
        "fit: variance": wrong(2, _FIT, _moved(4, lambda f, _: f[:, 4] ** 2 + 0.2), "largest"),
        "fit: negative width": wrong(2, _FIT, _moved(2, lambda f, _: -f[:, 2]), "not positive"),
        "fit: a spike": wrong(2, _FIT, _spike, "spike", is_slip=False),
        "fit: nothing": wrong(2, _FIT, lambda *_: None, "None"),
    },
)  # fmt: skip

_KERNEL = ("kernel_cdf", "leave_one_out")


def _density(_: Any, x: Array, t: Array, h: Array) -> Array:
    width = h[:, None, None]
    return np.asarray((norm.pdf((t - x[:, :, None]) / width) / width).mean(axis=1))


def _score(x: Array, bandwidths: Array, itself: float, n: int) -> Array:
    """With a part of each point's own kernel left in."""
    steps = (x[:, :, None] - x[:, None, :])[..., None]
    sums = (norm.pdf(steps / bandwidths) / bandwidths).sum(axis=2)
    sums = sums - (1 - itself) * norm.pdf(0) / bandwidths
    return np.asarray(np.log(sums / n).mean(axis=1))


KERNEL = Case(
    events.check_kernel_estimate,
    NOTEBOOK,
    _KERNEL,
    0.75,
    {
        "cdf: density": wrong(0, _KERNEL, _density, "is a density"),
        "cdf: one minus": wrong(0, _KERNEL, lambda f, *a: 1 - f(*a), "one minus"),
        "cdf: multiplied": wrong(0, _KERNEL, lambda f, x, t, h: f(x, t, 1 / h), "multiplies by h"),
        "cdf: variance": wrong(0, _KERNEL, lambda f, x, t, h: f(x, t, h**0.5), "variance"),
        "cdf: first bandwidth": wrong(
            0, _KERNEL, lambda f, x, t, h: f(x, t, 0 * h + h[0]), "first bandwidth"
        ),
        "cdf: mean bandwidth": wrong(
            0, _KERNEL, lambda f, x, t, h: f(x, t, 0 * h + h.mean()), "mean bandwidth"
        ),
        "cdf: sum": wrong(0, _KERNEL, lambda f, x, t, h: f(x, t, h) * x.shape[1], "is a sum"),
        "cdf: no kernel": wrong(
            0, _KERNEL, lambda _, x, t, h: (x[:, :, None] < t).mean(axis=1), "no kernel"
        ),
        "cdf: all replicas": wrong(0, _KERNEL, lambda f, *a: f(*a).mean(axis=0), "shape"),
        "score: not left out": wrong(
            1, _KERNEL, lambda _, x, b: _score(x, b, 1.0, x.shape[1]), "leaves no point out:"
        ),
        "score: n − 1 alone": wrong(
            1, _KERNEL, lambda _, x, b: _score(x, b, 1.0, x.shape[1] - 1), "and divides by n − 1"
        ),
        "score: n": wrong(
            1, _KERNEL, lambda _, x, b: _score(x, b, 0.0, x.shape[1]), "divides by n:"
        ),
        "score: sum": wrong(1, _KERNEL, lambda f, x, b: f(x, b) * x.shape[1], "is a sum"),
        "score: sign": wrong(1, _KERNEL, lambda f, *a: -f(*a), "wrong sign"),
        "score: no 1/h": wrong(1, _KERNEL, lambda f, x, b: f(x, b) + np.log(b), "factor 1/h"),
        "score: transposed": wrong(1, _KERNEL, lambda f, *a: f(*a).T, "shape"),
        "score: nothing": wrong(1, _KERNEL, lambda *_: None, "None"),
    },
)
