"""Measured qualities of exercise 2 on hidden events: the classifier, and the reweighted sample."""

from functools import cache
from typing import Any

import numpy as np
from scipy.special import log_expit
from sklearn.metrics import roc_auc_score

from autograde_tests import histograms
from autograde_tests.answers import Answer, Array, array, given_copies
from autograde_tests.sheet01._calibration import CALIBRATION
from autograde_tests.sheet01._reweighting_histograms import (
    DEFAULT,
    hidden_events,
    top_candidates,
)
from course_utils import checks, kinematics, metrics
from course_utils.data import load_ttbarj

PT_EDGES = np.array(
    [0, 40, 60, 80, 100, 120, 140, 160, 180, 200, 230, 260, 300, 350, 400, 500, 800.0]
)
MASS_EDGES = np.array(
    [80, 110, 125, 135, 143, 150, 155, 160, 164, 168, 172, 177, 185, 200, 230, 300.0]
)
N_AGAIN = 200
"""Hidden events that are shown once more, in another order."""
N_REPEATS = 3
"""Classifier tests with different folds, whose mean is taken: one alone fluctuates by 0.004."""
MIN_EFFECTIVE_SHARE = 0.3
"""An effective sample below this share of the events is no reweighting that anybody could use."""

CLASSIFIER_POINTS = {"classifier_auc": 0.25, "classifier_bce": 0.25}
REWEIGHTING_POINTS = {
    "reweighted_auc_physics": 0.25,
    "reweighted_auc_raw": 0.1,
    "reweighted_pt_mean": 0.1,
    "reweighted_pt_chi2": 0.1,
    "reweighted_mass_mean": 0.1,
    "reweighted_mass_chi2": 0.1,
}


@given_copies
def measure_classifier(classifier_logit: Answer, *, seed: int = DEFAULT) -> dict[str, float]:
    """AUC and cross-entropy (nats an event) on as many hidden LO as NLO events.

    Args:
        classifier_logit: events `(n, 28)` to logits `(n,)`, large for NLO.
        seed: of the order in which the events are shown: all in one call, so that neither the
            number of the call nor the place of an event tells its label.

    Raises:
        CheckFailed: if the logits are no numbers, all equal, or change from call to call or with
            the batch.
    """
    rng = np.random.default_rng(seed)
    classes = [hidden_events(order) for order in ("lo", "nlo")]
    order = rng.permutation(sum(map(len, classes)))
    labels = np.repeat([0, 1], [len(x) for x in classes])[order]
    logits = _logits(classifier_logit, np.concatenate(classes)[order], rng)
    bce = -np.mean([log_expit(-logits[labels == 0]).mean(), log_expit(logits[labels == 1]).mean()])
    return {
        "classifier_auc": float(roc_auc_score(labels, logits)),
        "classifier_bce": float(bce),
    }


@given_copies
def check_classifier(classifier_logit: Answer, *, seed: int = DEFAULT) -> float:
    """2a (ii): points for AUC and cross-entropy on hidden events; prints what was measured."""
    measured = measure_classifier(classifier_logit, seed=seed)
    return CALIBRATION.credit(measured, CLASSIFIER_POINTS)


@given_copies
def measure_reweighting(lo_to_nlo_weights: Answer, *, seed: int = DEFAULT) -> dict[str, float]:
    """How far hidden LO events with these weights are from hidden NLO events.

    Classifier test on the 22 observables and on the 28 numbers (0.5: cannot be told apart); for pT
    and mass of the leading top the difference of the means, in units of the NLO spread, and the
    chi-square per degree of freedom.

    Args:
        lo_to_nlo_weights: events `(n, 28)` to weights `(n,)`.
        seed: of folds and trees in the classifier test.

    Raises:
        CheckFailed: if the weights are no weights.
    """
    x_lo, x_nlo = hidden_events("lo"), hidden_events("nlo")
    rng = np.random.default_rng(seed)
    return _distances(x_lo, x_nlo, _weights(lo_to_nlo_weights, x_lo, rng), seed)


def floor_reweighting(seed: int) -> dict[str, float]:
    """The same for NLO events that students have against hidden NLO events: truth against truth."""
    x_nlo = hidden_events("nlo")
    x_known = load_ttbarj("nlo")
    chosen = np.random.default_rng(seed).choice(len(x_known), len(x_nlo), replace=False)
    return _distances(x_known[chosen], x_nlo, np.ones(len(x_nlo)), seed)


def floor_classifier(seed: int) -> dict[str, float]:
    """Not known: nobody has the true ratio of the two samples."""
    del seed
    return dict.fromkeys(CLASSIFIER_POINTS, float("nan"))


@given_copies
def check_reweighting(lo_to_nlo_weights: Answer, *, seed: int = DEFAULT) -> float:
    """2c (iv): points for closeness to NLO on hidden events; prints what was measured."""
    x_lo = hidden_events("lo")
    weights = _weights(lo_to_nlo_weights, x_lo, np.random.default_rng(seed))
    checks.true(
        weights.std() > 1e-3 * weights.mean(),
        "all your weights are equal: that is the LO sample itself, nothing is reweighted.",
    )
    measured = _distances(x_lo, hidden_events("nlo"), weights, seed)
    return CALIBRATION.credit(measured, REWEIGHTING_POINTS)


@cache
def _features(order: str) -> Array:
    return kinematics.ttbarj_features(hidden_events(order))


def _distances(x_lo: Any, x_nlo: Any, weights: Array, seed: int) -> dict[str, float]:
    features_lo = (
        _features("lo") if x_lo is hidden_events("lo") else kinematics.ttbarj_features(x_lo)
    )
    values = {
        "reweighted_auc_physics": _auc(_features("nlo"), features_lo, weights, seed),
        "reweighted_auc_raw": _auc(x_nlo, x_lo, weights, seed),
    }
    for name, edges, lo, nlo in zip(
        ("pt", "mass"), (PT_EDGES, MASS_EDGES), _leading(x_lo), _leading(x_nlo), strict=True
    ):
        values[f"reweighted_{name}_mean"] = histograms.shift_of_mean(lo, weights, nlo)
        values[f"reweighted_{name}_chi2"] = histograms.chi2_per_ndf(lo, weights, nlo, edges)
    return values


def _auc(x_nlo: Any, x_lo: Any, weights: Array, seed: int) -> float:
    tests = [
        metrics.classifier_test(x_nlo, x_lo, weights_model=weights, seed=N_REPEATS * seed + k)
        for k in range(N_REPEATS)
    ]
    return float(np.mean([test.auc for test in tests]))


def _leading(x: Any) -> tuple[Array, Array]:
    pt, mass = top_candidates(x)
    chosen = (np.arange(len(x)), pt.argmax(axis=1))
    return pt[chosen], mass[chosen]


def _logits(answer: Answer, x: Any, rng: np.random.Generator) -> Array:
    name = "classifier_logit(x)"
    logits = array(answer(x), name, (len(x),))
    some = rng.choice(len(x), N_AGAIN, replace=False)
    again = array(answer(x[some]), name, (N_AGAIN,))
    checks.true(
        np.allclose(logits[some], again, rtol=1e-3, atol=1e-3),
        f"`{name}` gives other logits for the same events in a second call with fewer of them.\n"
        "Hint: `.eval()` switches dropout off; standardise with mean and spread of the training "
        "events, not of the events that come in.",
    )
    checks.true(logits.std() > 1e-6, f"`{name}` gives the same logit to all events.")
    return logits


def _weights(answer: Answer, x: Any, rng: np.random.Generator) -> Array:
    name = "lo_to_nlo_weights(x_lo)"
    with np.errstate(all="ignore"):
        weights = array(answer(x), name, (len(x),))
        some = rng.choice(len(x), N_AGAIN, replace=False)
        again = array(answer(x[some]), name, (N_AGAIN,))
    checks.true(
        weights.min() >= 0, f"`{name}` has negative weights; a ratio of densities is positive."
    )
    checks.true(
        0.3 < weights.mean() < 3,
        f"`{name}` has the mean {weights.mean():.3g}; p_NLO/p_LO averages to 1 over LO events.",
    )
    checks.true(
        np.allclose(weights[some] * again.sum(), again * weights[some].sum(), rtol=1e-2, atol=1e-2),
        f"`{name}` gives other weights for the same events in a second call with fewer of them.\n"
        "Hint: is dropout still on?",
    )
    share = float(weights.sum() ** 2 / (weights**2).sum() / len(weights))
    checks.true(
        share > MIN_EFFECTIVE_SHARE,
        f"`{name}` has an effective sample size of {share:.1%} of the events: a few huge weights "
        "rule the sample. Is the classifier overtrained?",
    )
    return weights
