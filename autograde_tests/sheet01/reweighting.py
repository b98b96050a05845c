"""Checks of exercise 2: classifier reweighting, the steps whose answer is right or wrong.

Truth comes from identities: log 2 at logit 0, gradients σ(l) − y, the known ratio of two Gaussians,
weights that act like repeated events. The measured qualities (on hidden events) are imported.
"""

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, floats, given_copies, parts
from autograde_tests.sheet01._reweighting_histograms import (
    check_comparison,
    check_leading_top,
    check_weighted_histogram,
)
from autograde_tests.sheet01._reweighting_loss import check_bce
from autograde_tests.sheet01._reweighting_quality import (
    check_classifier,
    check_reweighting,
    measure_classifier,
    measure_reweighting,
)
from course_utils import checks

__all__ = [
    "check_bce",
    "check_calibration_points",
    "check_classifier",
    "check_comparison",
    "check_leading_top",
    "check_reweighting",
    "check_weighted_histogram",
    "check_weights_from_logit",
    "measure_classifier",
    "measure_reweighting",
]

DEFAULT = 23


@given_copies
def check_calibration_points(calibration_points: Answer, *, seed: int = DEFAULT) -> None:
    """2a (iii): points of a reliability diagram, with binomial uncertainties; empty bins are NaN.

    Args:
        calibration_points: `(scores, labels, edges)` to (mean score, fraction of NLO, its
            uncertainty), each of shape `(n_bins,)`.
        seed: of the hidden scores.

    Raises:
        CheckFailed: with the column that is not right.
    """
    rng = np.random.default_rng(seed)
    edges = np.array([0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0])
    scores = rng.beta(2, 2, 900)
    scores = scores[(scores > 0.11) & ((scores < 0.41) | (scores > 0.62))]  # bins 0 and 3 are empty
    labels = (rng.random(len(scores)) < scores**1.5).astype(np.float64)
    place = np.digitize(scores, edges) - 1
    n_events = np.bincount(place, minlength=6)
    with np.errstate(all="ignore"):
        mean = np.bincount(place, scores, minlength=6) / n_events
        fraction = np.bincount(place, labels, minlength=6) / n_events
        truth = (mean, fraction, np.sqrt(fraction * (1 - fraction) / n_events))
        answer = calibration_points(scores, labels, edges)
    names = ("mean score", "fraction of NLO events", "uncertainty of the fraction")
    hints = (
        "the mean of the scores in the bin, not the middle of the bin.",
        "events with label 1 in the bin, over all events in the bin.",
        "binomial: √(f (1 − f) / n) with the n events of the bin.",
    )
    columns = parts(answer, 3, "calibration_points(scores, labels, edges)")
    for value, right, name, hint in zip(columns, truth, names, hints, strict=True):
        checks.is_given(value, name)
        column = floats(value, name)
        checks.shape(column, (6,), name=name)
        checks.true(
            np.isnan(column[n_events == 0]).all(),
            f"the {name} of a bin without events must be NaN: nothing is known there, not zero.",
        )
        filled = n_events > 0
        checks.close(column[filled], right[filled], rtol=1e-4, name=name, hint=hint, reveal=False)


@given_copies
def check_weights_from_logit(lo_to_nlo_weights_from_logit: Answer, *, seed: int = DEFAULT) -> None:
    """2b: weights p_NLO / p_LO from the logit of an optimal classifier, for any class balance.

    Args:
        lo_to_nlo_weights_from_logit: `(logit, total_lo, total_nlo)`, an array `(n,)` and the total
            weights of the classes in the loss, to weights `(n,)`.
        seed: of the hidden Gaussians.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    mean, width = rng.uniform(0.5, 1.5), rng.uniform(0.7, 0.95)
    x = rng.uniform(-2.5, 2.5, 400)
    log_ratio = norm.logpdf(x, mean, width) - norm.logpdf(x, 0, 1)
    name = "lo_to_nlo_weights_from_logit(…)"
    more, less = rng.uniform(2e3, 9e3), 1e3
    for total_lo, total_nlo in ((1000.0, 1000.0), (more, less), (less, more)):
        prior = np.log(total_nlo / total_lo)
        got = _weights(lo_to_nlo_weights_from_logit, log_ratio + prior, total_lo, total_nlo)
        _explain_weights(got, log_ratio, prior)
    far = np.array([-80.0, -60.0, -30.0, 30.0, 60.0, 80.0])
    got = _weights(lo_to_nlo_weights_from_logit, far.astype(np.float32), 1.0, 1.0)
    checks.true(
        np.allclose(np.log(np.maximum(got, 1e-300)), far, rtol=0, atol=1e-3),
        f"`{name}` is not right for large logits (|logit| up to 80, float32).\n"
        "Hint: D rounds to 0 or 1 there. Never form D: use exp of the logit.",
    )


def _weights(answer: Answer, logit: Array, total_lo: float, total_nlo: float) -> Array:
    name = "lo_to_nlo_weights_from_logit(…)"
    hint = "D/(1 − D) divides by zero as soon as D rounds to 1: use exp of the logit."
    with np.errstate(all="ignore"):
        got = answer(logit, float(total_lo), float(total_nlo))
    return array(got, name, logit.shape, hint=hint)


def _explain_weights(got: Array, log_ratio: Array, prior: float) -> None:
    right = np.exp(log_ratio)
    if np.allclose(got, right, rtol=1e-4, atol=1e-9):
        return
    D = expit(log_ratio + prior)
    for wrong, says in (
        (D, "returns D itself, the probability that an event is NLO; the ratio is D/(1 − D)"),
        (np.exp(-log_ratio - prior), "returns p_LO/p_NLO: the weights go from NLO to LO"),
        (np.exp(-log_ratio), "returns p_LO/p_NLO: the weights go from NLO to LO"),
        (right * np.exp(prior), "forgets that the classes had unequal total weights"),
        (right * np.exp(2 * prior), "corrects for the class totals the wrong way round"),
        (right / right.mean(), "normalises the weights; the ratio itself is asked for"),
        (log_ratio + prior, "returns the logit, the logarithm of the ratio"),
    ):
        checks.true(
            not np.allclose(got, wrong, rtol=1e-4, atol=1e-9),
            f"`lo_to_nlo_weights_from_logit` {says}.",
        )
    raise checks.CheckFailed(
        "`lo_to_nlo_weights_from_logit` does not give the known ratio of two Gaussians."
    )
