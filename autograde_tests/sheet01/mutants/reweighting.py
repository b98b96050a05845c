"""Wrong answers to exercise 2, one typical mistake each, and how the reweighting is measured."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from autograde_tests.answers import Array
from autograde_tests.cases import Case, MetricCase, Mutant, wrong
from autograde_tests.sheet01 import reweighting
from autograde_tests.sheet01._reweighting_quality import floor_classifier, floor_reweighting
from autograde_tests.sheet01.mutants._reweighting_histograms import HISTOGRAM_CASES
from autograde_tests.sheet01.mutants._reweighting_loss import BCE_CASE
from autograde_tests.sheet01.mutants._reweighting_variants import VARIANTS
from course_utils.data import load_ttbarj

__all__ = ["CASES", "METRICS", "VARIANTS"]

NOTEBOOK = "classifier_reweighting"

_CALIBRATION = ("calibration_points",)
_FROM_LOGIT = ("lo_to_nlo_weights_from_logit",)
_LOGIT = ("classifier_logit",)
_WEIGHTS = ("lo_to_nlo_weights",)


def _middles(right: Any, scores: Array, labels: Array, edges: Array) -> tuple[Array, ...]:
    mean, fraction, sigma = right(scores, labels, edges)
    return np.where(np.isnan(mean), np.nan, (edges[1:] + edges[:-1]) / 2), fraction, sigma


def _share_of_all(right: Any, scores: Array, labels: Array, edges: Array) -> tuple[Array, ...]:
    mean, _, sigma = right(scores, labels, edges)
    k = np.histogram(scores, edges, weights=labels)[0]
    return mean, np.where(np.isnan(mean), np.nan, k / len(scores)), sigma


def _poisson(right: Any, scores: Array, labels: Array, edges: Array) -> tuple[Array, ...]:
    mean, fraction, _ = right(scores, labels, edges)
    n, k = (np.histogram(scores, edges, weights=w)[0] for w in (None, labels))
    return mean, fraction, np.sqrt(k) / np.where(n > 0, n, np.nan)


def _variance(right: Any, *given: Array) -> tuple[Array, ...]:
    mean, fraction, sigma = right(*given)
    return mean, fraction, sigma**2


_CALIBRATION_CASE = Case(
    reweighting.check_calibration_points,
    NOTEBOOK,
    _CALIBRATION,
    0.25,
    {
        "middle of the bin": wrong(0, _CALIBRATION, _middles, "middle of the bin"),
        "fraction of LO": wrong(
            0, _CALIBRATION, lambda f, s, y, e: f(s, 1 - y, e), "fraction of NLO"
        ),
        "share of all events": wrong(0, _CALIBRATION, _share_of_all, "fraction of NLO"),
        "root of the count": wrong(0, _CALIBRATION, _poisson, "binomial"),
        "root forgotten": wrong(0, _CALIBRATION, _variance, "binomial"),
        "zero in empty bins": wrong(
            0, _CALIBRATION, lambda f, *given: np.nan_to_num(f(*given)), "must be NaN"
        ),
        "two columns": wrong(0, _CALIBRATION, lambda f, *given: f(*given)[:2], "3 things"),
    },
)


def _by_division(_: Any, logit: Array, total_lo: float, total_nlo: float) -> Array:
    D = expit(logit)
    return np.asarray(D / (1 - D) * total_lo / total_nlo)


def _by_clipped_division(_: Any, logit: Array, total_lo: float, total_nlo: float) -> Array:
    D = np.clip(expit(logit), 1e-6, 1 - 1e-6)
    return np.asarray(D / (1 - D) * total_lo / total_nlo)


_FROM_LOGIT_CASE = Case(
    reweighting.check_weights_from_logit,
    NOTEBOOK,
    _FROM_LOGIT,
    0.5,
    {
        "D itself": wrong(0, _FROM_LOGIT, lambda _, x, a, b: expit(x), "returns D itself"),
        "inverse": wrong(0, _FROM_LOGIT, lambda f, x, a, b: 1 / f(x, a, b), "p_LO/p_NLO"),
        "sign of the logit": wrong(0, _FROM_LOGIT, lambda f, x, a, b: f(-x, a, b), "."),
        "class totals forgotten": wrong(
            0, _FROM_LOGIT, lambda f, x, a, b: f(x, 1.0, 1.0), "unequal total weights"
        ),
        "class totals in order of size": wrong(
            0, _FROM_LOGIT, lambda f, x, a, b: f(x, max(a, b), min(a, b)), "wrong way round|known"
        ),
        "class totals upside down": wrong(
            0, _FROM_LOGIT, lambda f, x, a, b: f(x, b, a), "wrong way round"
        ),
        "logit": wrong(0, _FROM_LOGIT, lambda _, x, a, b: x, "returns the logit"),
        "normalised": wrong(
            0, _FROM_LOGIT, lambda f, x, a, b: f(x, a, b) / f(x, a, b).mean(), "normalises"
        ),
        "division by 1 - D": wrong(0, _FROM_LOGIT, _by_division, "use exp of the logit"),
        "clipped D": wrong(0, _FROM_LOGIT, _by_clipped_division, "large logits"),
    },
)


@cache
def _logistic_regression() -> Pipeline:
    x = np.concatenate([load_ttbarj("lo"), load_ttbarj("nlo")])
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        x, np.repeat([0, 1], len(x) // 2)
    )


def linear_logit(x: Array) -> Array:
    """Logits of a logistic regression on the 28 numbers: the weakest classifier that is one."""
    return np.asarray(_logistic_regression().decision_function(x), dtype=np.float64)


def unit_weights(x_lo: Array) -> Array:
    """No reweighting."""
    return np.ones(len(x_lo))


def _noisy(right: Any, x: Array) -> Array:
    """Dropout left on: other numbers in each call."""
    value: Array = right(x) * np.random.default_rng().lognormal(0, 0.3, len(x))
    return value


def _counting() -> Callable[[Array], Array]:
    """A constant for each large sample that it is shown, as if LO came first and NLO second."""
    n_large = [0]

    def answer(x: Array) -> Array:
        n_large[0] += len(x) > 1000
        return np.full(len(x), 1.4 * n_large[0] - 2.1)

    return answer


def _of_the_batch(right: Any, x: Array) -> Array:
    logits: Array = right(x)
    return np.asarray((logits - logits.mean()) / logits.std())


_CLASSIFIER_CASE = Case(
    reweighting.check_classifier,
    NOTEBOOK,
    _LOGIT,
    0.5,
    {
        "dropout left on": wrong(0, _LOGIT, _noisy, "dropout"),
        "standardised with the events themselves": wrong(0, _LOGIT, _of_the_batch, "standardise"),
        "column instead of a vector": wrong(0, _LOGIT, lambda f, x: f(x)[:, None], "shape"),
        "counts its calls": Mutant(lambda _: (_counting(),), "same logit", is_slip=False),
        "the place of an event": wrong(
            0,
            _LOGIT,
            lambda _, x: 1e-4 * np.arange(len(x)),
            "in a second call",
            is_slip=False,
        ),
        "how many there are": wrong(
            0,
            _LOGIT,
            lambda _, x: np.full(len(x), float(len(x))),
            "in a second call",
            is_slip=False,
        ),
        "infinite": wrong(0, _LOGIT, lambda f, x: np.log(np.maximum(f(x), 0)), "infinite"),
    },
    trained=True,
    stand_ins={"classifier_logit": linear_logit},
)

_REWEIGHTING_CASE = Case(
    reweighting.check_reweighting,
    NOTEBOOK,
    _WEIGHTS,
    0.75,
    {
        "unit weights": wrong(0, _WEIGHTS, lambda _, x: np.ones(len(x)), "are equal"),
        "dropout left on": wrong(0, _WEIGHTS, _noisy, "dropout"),
        "logits": wrong(0, _WEIGHTS, lambda f, x: np.log(f(x)), "negative"),
        "normalised to a sum of one": wrong(0, _WEIGHTS, lambda f, x: f(x) / f(x).sum(), "mean"),
        "overconfident": wrong(
            0, _WEIGHTS, lambda f, x: f(x) ** 5 / np.mean(f(x) ** 5), "effective sample size"
        ),
    },
    trained=True,
    stand_ins={"lo_to_nlo_weights": lambda x: np.exp(linear_logit(x))},
)


CASES: tuple[Case, ...] = (
    BCE_CASE,
    _CALIBRATION_CASE,
    _FROM_LOGIT_CASE,
    *HISTOGRAM_CASES,
    _CLASSIFIER_CASE,
    _REWEIGHTING_CASE,
)

METRICS: tuple[MetricCase, ...] = (
    MetricCase(
        reweighting.measure_classifier,
        NOTEBOOK,
        _LOGIT,
        lambda _: (linear_logit,),
        "logistic regression on the 28 numbers",
        floor_classifier,
    ),
    MetricCase(
        reweighting.measure_reweighting,
        NOTEBOOK,
        _WEIGHTS,
        lambda _: (unit_weights,),
        "unit weights",
        floor_reweighting,
    ),
)
