"""Checks of exercise 3b and 3e on generated events: are they new, and how good are they?

The distance is measured on hidden hold-out events, never on what the student reports. Copies of
the events that students have are refused: a generator has to make its own.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from autograde_tests.scoring import metric
from autograde_tests.sheet01._answers import Array, array
from course_utils import checks
from course_utils.data import load_drell_yan, read_drell_yan
from course_utils.kinematics import eta, mass, pt
from course_utils.metrics import classifier_test, sliced_wasserstein, wasserstein

DEFAULT = 33
HOLD_OUT = Path(__file__).parents[1] / "data" / "drell_yan.npy"
N_EVENTS = 20_000
"""Generated events that are measured: AUC fluctuates by 0.003, the W1 of a mass by 0.01 sigma."""

MASS_RESOLUTION, BALANCE_RESOLUTION = 1.0, 0.1
"""In GeV; finer differences are not seen, so that events rounded to float32 are not punished."""
COPY_DISTANCE, COPY_FRACTION = 1e-3, 0.05
"""A copy is closer than this to a known event in (log pT, η, η); honest events rarely are."""

Generate = Callable[..., Any]


def check_generation_naive(generate_naive: Generate, *, seed: int = DEFAULT) -> float:
    """3b (iii): points for events of the VAE with standardised four-momenta, of 1.

    Args:
        generate_naive: `(n_events, seed)` to four-momenta in GeV, `(n_events, 8)`.
        seed: of the generated events and of the measurement.

    Returns:
        Linear between a Gaussian with independent columns (0) and the reference (1).

    Raises:
        CheckFailed: if these are no generated events.
    """
    return _credit(measure_naive_generation(generate_naive, seed=seed), {"drell_yan_naive": 1.0})


def check_generation_optimised(generate_optimised: Generate, *, seed: int = DEFAULT) -> float:
    """3e: points for events of the VAE with the optimised preprocessing, of 1.

    Args:
        generate_optimised: `(n_events, seed)` to four-momenta in GeV, `(n_events, 8)`.
        seed: of the generated events and of the measurement.

    Returns:
        Half a point for the classifier test, half for the one-dimensional distances; each linear
        between the naive VAE (0) and the reference.

    Raises:
        CheckFailed: if these are no generated events.
    """
    measured = measure_generation(generate_optimised, seed=seed)
    return _credit(measured, {"drell_yan_auc": 0.5, "drell_yan_w1": 0.5})


def measure_naive_generation(generate: Generate, *, seed: int = DEFAULT) -> dict[str, float]:
    """Sliced W1 distance of the eight columns in units of their standard deviations."""
    return _columns_apart(generated(generate, "generate_naive", seed), hold_out(), seed)


def measure_generation(generate: Generate, *, seed: int = DEFAULT) -> dict[str, float]:
    """How far generated events are from Drell-Yan events that nobody has seen.

    Returns:
        `drell_yan_auc`: of boosted trees on pT, both η, the mass of the pair, both muon masses and
        the balance (0.5: indistinguishable). `drell_yan_w1`: W1 / σ, mean over pT, both η and the
        mass of the pair.
    """
    return _features_apart(generated(generate, "generate_optimised", seed), hold_out(), seed)


def floor_naive(seed: int) -> dict[str, float]:
    """Truth against truth for `measure_naive_generation`."""
    return _columns_apart(*_two_truths(seed), seed)


def floor(seed: int) -> dict[str, float]:
    """Truth against truth for `measure_generation`."""
    return _features_apart(*_two_truths(seed), seed)


def generated(generate: Generate, name: str, seed: int) -> Array:
    """Events of a generator, once it is clear that they are generated events.

    Raises:
        CheckFailed: for a wrong shape, NaN, constants, repeated events, a seed that is ignored, or
            copies of known events.
    """
    call = f"{name}(n_events, seed)"
    first, other = 2 * seed + 1000, 2 * seed + 1001
    few = array(generate(7, seed=first), f"{name}(7, seed)", (7, 8))
    again = array(generate(7, seed=first), f"{name}(7, seed)", (7, 8))
    checks.true(
        bool(np.allclose(few, again, rtol=1e-4, atol=1e-3)),
        f"`{call}` gives other events for the same seed: draw from a generator made with `seed`.",
    )
    checks.true(
        not np.isclose(few, array(generate(7, seed=other), call, (7, 8)), rtol=1e-6)
        .all(axis=1)
        .any(),
        f"`{call}` gives the same events for different seeds.",
    )
    events = array(
        generate(N_EVENTS, seed=first),
        call,
        (N_EVENTS, 8),
        hint="an exponential that overflows? Look at the largest latent numbers.",
    )
    n_different = len(np.unique(events, axis=0))
    checks.true(
        n_different > 0.99 * N_EVENTS,
        f"`{call}` repeats events: every event needs a latent vector of its own.",
    )
    checks.true(
        _fraction_of_copies(events[:4000]) < COPY_FRACTION,
        f"`{call}` returns events of the data sets. Decode random latent vectors; no event of the "
        "data may enter.",
    )
    return events


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


def _features_apart(events: Array, truth: Array, seed: int) -> dict[str, float]:
    got, right = features(events), features(truth)
    auc = classifier_test(right, got, seed=seed, max_events=N_EVENTS).auc
    distances = [
        wasserstein(got[:, column], right[:, column]) / right[:, column].std()
        for column in range(4)
    ]
    return {"drell_yan_auc": auc, "drell_yan_w1": float(np.mean(distances))}


def _columns_apart(events: Array, truth: Array, seed: int) -> dict[str, float]:
    mean, std = truth.mean(axis=0), truth.std(axis=0)
    chosen = np.random.default_rng(seed).choice(
        len(truth), min(len(truth), N_EVENTS), replace=False
    )
    distance = sliced_wasserstein(
        (events - mean) / std, (truth[chosen] - mean) / std, n_projections=50, seed=seed
    )
    return {"drell_yan_naive": distance}


def _credit(measured: dict[str, float], points: dict[str, float]) -> float:
    total = 0.0
    for name, value in measured.items():
        calibrated = metric("sheet01", name)
        print(calibrated.report(value))
        total += calibrated.credit(value, points[name])
    return total


def _fraction_of_copies(events: Array) -> float:
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


@cache
def hold_out() -> Array:
    """The hidden events, shape `(50000, 8)`."""
    return read_drell_yan(HOLD_OUT)


def _two_truths(seed: int) -> tuple[Array, Array]:
    order = np.random.default_rng(seed).permutation(len(hold_out()))
    return hold_out()[order[:N_EVENTS]], hold_out()[order[N_EVENTS:]]
