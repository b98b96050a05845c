"""Generated Drell-Yan events: distances to hidden events.

Distances are measured on hidden hold-out events, never on what the student reports. They are the
same for all sheets, so that all models of the course end in one table.
"""

from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import chi2, kstwo

from autograde_tests.answers import Array
from autograde_tests.generated import N_EVENTS
from course_utils.data import read_drell_yan
from course_utils.kinematics import eta, mass, pt
from course_utils.metrics import classifier_test, sliced_wasserstein, wasserstein

HOLD_OUT = Path(__file__).parent / "data" / "drell_yan.npy"
MASS_RESOLUTION, BALANCE_RESOLUTION = 1.0, 0.1
"""In GeV; finer differences are not seen, so that events rounded to float32 are not punished."""
PEAK = np.linspace(86.0, 96.0, 21)
"""Bins of half a GeV around the mass of the Z."""


@cache
def hold_out() -> Array:
    """The hidden events, shape `(50000, 8)`."""
    return read_drell_yan(HOLD_OUT)


def two_truths(seed: int) -> tuple[Array, Array]:
    """Hidden events in two parts, as many as are generated and the rest: truth against truth."""
    order = np.random.default_rng(seed).permutation(len(hold_out()))
    return hold_out()[order[:N_EVENTS]], hold_out()[order[N_EVENTS:]]


def features(events: Array) -> Array:
    """pT, η⁻, η⁺, m of the pair, both muon masses, Σ px, Σ py; shape `(n, 8)`."""
    muons = events.reshape(-1, 2, 4)
    pair = muons.sum(axis=1)
    return np.column_stack(
        (
            pt(muons[:, 0]),
            np.clip(eta(muons), -10.0, 10.0),
            mass(pair),
            np.round(mass(muons) / MASS_RESOLUTION),
            np.round(pair[:, 1:3] / BALANCE_RESOLUTION),
        )
    )


def auc(events: Array, truth: Array, seed: int) -> float:
    """AUC of boosted trees on the features (0.5: indistinguishable).

    Args:
        events: `(n, 8)`.
        truth: `(m, 8)`.
        seed: of folds and trees.
    """
    return classifier_test(features(truth), features(events), seed=seed, max_events=N_EVENTS).auc


def w1(events: Array, truth: Array) -> float:
    """W1 / σ, mean over pT, both η and the mass of the pair."""
    got, right = features(events), features(truth)
    distances = [
        wasserstein(got[:, column], right[:, column]) / right[:, column].std()
        for column in range(4)
    ]
    return float(np.mean(distances))


def sliced_w1(events: Array, truth: Array, seed: int) -> float:
    """Sliced W1 distance of the eight columns in units of their standard deviations.

    Args:
        events: `(n, 8)`.
        truth: `(m, 8)`; at most `N_EVENTS` of them are used.
        seed: of the projections, and of the events that are used.
    """
    mean, std = truth.mean(axis=0), truth.std(axis=0)
    chosen = np.random.default_rng(seed).choice(
        len(truth), min(len(truth), N_EVENTS), replace=False
    )
    return sliced_wasserstein(
        (events - mean) / std, (truth[chosen] - mean) / std, n_projections=50, seed=seed
    )


def ks_of_mass(events: Array, truth: Array) -> float:
    """Kolmogorov-Smirnov distance of the pair's mass, over what 1 in 1,000 equal samples exceed.

    Below 1 the masses agree. With 200,000 events or more it sees a Z peak that is smeared by
    0.3 GeV, which the classifier test does not.
    """
    got, right = (np.sort(features(sample)[:, 3]) for sample in (events, truth))
    both = np.concatenate((got, right))
    ranks = (np.searchsorted(x, both, side="right") / len(x) for x in (got, right))
    distance = np.abs(np.subtract(*ranks)).max()
    n_effective = len(got) * len(right) / (len(got) + len(right))
    return float(distance / kstwo.ppf(0.999, round(n_effective)))


def chi2_of_peak(events: Array, truth: Array) -> float:
    """Chi-square of the pair's mass in bins of half a GeV around the Z, scaled in the same way."""
    got, right = (np.histogram(features(sample)[:, 3], PEAK)[0] for sample in (events, truth))
    n, m = len(events), len(truth)
    value = np.sum((got / n - right / m) ** 2 / np.maximum(got / n**2 + right / m**2, 1e-12))
    return float(value / chi2.ppf(0.999, len(PEAK) - 1))
