"""Checks of exercise 3b and 3e on generated events: are they new, and how good are they?

Copies of the events that students have are refused: a generator has to make its own.
"""

from autograde_tests import drell_yan, drell_yan_copies
from autograde_tests.answers import Answer, Array, given_copies
from autograde_tests.generated import Sample, generated
from autograde_tests.sheet01._calibration import CALIBRATION

DEFAULT = 33
SAMPLE = Sample(
    n_columns=8,
    fraction_of_copies=drell_yan_copies.fraction_of_copies,
    excess_of_known=drell_yan_copies.excess_of_known,
    instead_of_copies="Decode random latent vectors; no event of the data may enter.",
    if_not_finite="an exponential that overflows? Look at the largest latent numbers.",
)


@given_copies
def check_generation_naive(generate_naive: Answer, *, seed: int = DEFAULT) -> float:
    """3b (iii): points for events of the VAE with standardised four-momenta, of 1.

    Args:
        generate_naive: `(n_events, seed)` to four-momenta in GeV, `(n_events, 8)`.
        seed: of the generated events and of the measurement.

    Returns:
        Linear between a Gaussian with independent columns (0) and the reference (1).

    Raises:
        CheckFailed: if these are no generated events.
    """
    measured = measure_naive_generation(generate_naive, seed=seed)
    return CALIBRATION.credit(measured, {"drell_yan_naive": 1.0})


@given_copies
def check_generation_optimised(generate_optimised: Answer, *, seed: int = DEFAULT) -> float:
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
    return CALIBRATION.credit(measured, {"drell_yan_auc": 0.5, "drell_yan_w1": 0.5})


@given_copies
def measure_naive_generation(generate: Answer, *, seed: int = DEFAULT) -> dict[str, float]:
    """`drell_yan_naive`: sliced W1 distance of the eight columns to hidden events."""
    events = generated(generate, "generate_naive", seed, SAMPLE)
    return _columns_apart(events, drell_yan.hold_out(), seed)


@given_copies
def measure_generation(generate: Answer, *, seed: int = DEFAULT) -> dict[str, float]:
    """How far generated events are from Drell-Yan events that nobody has seen.

    Returns:
        `drell_yan_auc`: of boosted trees on pT, both η, the mass of the pair, both muon masses and
        the balance (0.5: indistinguishable). `drell_yan_w1`: W1 / σ, mean over pT, both η and the
        mass of the pair.
    """
    events = generated(generate, "generate_optimised", seed, SAMPLE)
    return _features_apart(events, drell_yan.hold_out(), seed)


def floor_naive(seed: int) -> dict[str, float]:
    """Truth against truth for `measure_naive_generation`."""
    return _columns_apart(*drell_yan.two_truths(seed), seed)


def floor(seed: int) -> dict[str, float]:
    """Truth against truth for `measure_generation`."""
    return _features_apart(*drell_yan.two_truths(seed), seed)


def _columns_apart(events: Array, truth: Array, seed: int) -> dict[str, float]:
    return {"drell_yan_naive": drell_yan.sliced_w1(events, truth, seed)}


def _features_apart(events: Array, truth: Array, seed: int) -> dict[str, float]:
    return {
        "drell_yan_auc": drell_yan.auc(events, truth, seed),
        "drell_yan_w1": drell_yan.w1(events, truth),
    }
