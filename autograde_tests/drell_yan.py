"""Generated Drell-Yan events: distances to hidden events, and whether they are copies.

Distances are measured on hidden hold-out events, never on what the student reports. They are the
same for all sheets, so that all models of the course end in one table.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from autograde_tests.answers import Array
from autograde_tests.generated import N_EVENTS
from course_utils.data import load_drell_yan, read_drell_yan
from course_utils.kinematics import eta, mass, pt
from course_utils.metrics import classifier_test, sliced_wasserstein, wasserstein

HOLD_OUT = Path(__file__).parent / "data" / "drell_yan.npy"
MASS_RESOLUTION, BALANCE_RESOLUTION = 1.0, 0.1
"""In GeV; finer differences are not seen, so that events rounded to float32 are not punished."""
COPY_DISTANCE = 1e-3
"""A copy is closer than this to a known event in (log pT, η, η); honest events rarely are."""


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


def fraction_of_copies(events: Array) -> float:
    """Part of the events that lie on a known one, also after a reflection or exchange of muons."""
    log_pt, eta_1, eta_2 = _place(events).T
    images = [(eta_1, eta_2), (eta_2, eta_1), (-eta_1, -eta_2), (-eta_2, -eta_1)]
    nearest = [
        _known_events().query(
            np.column_stack((log_pt, *image)), distance_upper_bound=COPY_DISTANCE
        )[0]
        for image in images
    ]
    return float(np.mean(np.isfinite(np.min(nearest, axis=0))))


def _place(events: Array) -> Array:
    """(log pT, η⁻, η⁺), which fixes an event up to its azimuth."""
    muons = events.reshape(-1, 2, 4)
    with np.errstate(divide="ignore"):
        log_pt = np.maximum(np.log(pt(muons[:, 0])), -10.0)
    return np.column_stack((log_pt, np.clip(eta(muons), -10.0, 10.0)))


@cache
def _known_events() -> Any:
    """Search tree of all events that students have."""
    splits = [_place(load_drell_yan(split)) for split in ("train", "validation", "test")]
    return cKDTree(np.concatenate(splits), balanced_tree=False, compact_nodes=False)
