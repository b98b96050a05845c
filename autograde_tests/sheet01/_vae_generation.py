"""Checks of exercise 3b and 3e on generated events: are they new, and how good are they?

Copies of the events that students have are refused: a generator has to make its own.
"""

from autograde_tests import drell_yan, drell_yan_copies
from autograde_tests.answers import Answer, Array, given_copies
from autograde_tests.autoencoders import Autoencoder
from autograde_tests.generated import Sample, generated, new
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
def check_generation_naive(
    encode_naive: Answer, decode_naive: Answer, generate_naive: Answer, *, seed: int = DEFAULT
) -> float:
    """3b (iii): points for events of the VAE with standardised four-momenta, of 1.

    Args:
        encode_naive: events `(n, 8)` in GeV to (mu, log_var), each `(n, n_latent)`.
        decode_naive: latent vectors `(n, n_latent)` to events `(n, 8)` in GeV.
        generate_naive: `(n_events, seed)` to four-momenta in GeV, `(n_events, 8)`.
        seed: of the generated events and of the measurement.

    Returns:
        Linear between four principal components, without a network, (0) and the reference (1).

    Raises:
        CheckFailed: if these are no generated events.
    """
    measured = measure_naive_generation(encode_naive, decode_naive, generate_naive, seed=seed)
    return CALIBRATION.credit(measured, {"drell_yan_naive": 1.0})


@given_copies
def check_generation_optimised(
    encode_optimised: Answer,
    decode_optimised: Answer,
    generate_optimised: Answer,
    *,
    seed: int = DEFAULT,
) -> float:
    """3e: points for events of the VAE with the optimised preprocessing, of 1.

    Args:
        encode_optimised: events `(n, 8)` in GeV to (mu, log_var), each `(n, n_latent)`.
        decode_optimised: latent vectors `(n, n_latent)` and the seed of the azimuth to events
            `(n, 8)` in GeV.
        generate_optimised: `(n_events, seed)` to four-momenta in GeV, `(n_events, 8)`.
        seed: of the generated events and of the measurement.

    Returns:
        Half a point for the classifier test, half for the one-dimensional distances; each linear
        between the naive VAE (0) and the reference.

    Raises:
        CheckFailed: if these are no generated events.
    """
    measured = measure_generation(encode_optimised, decode_optimised, generate_optimised, seed=seed)
    return CALIBRATION.credit(measured, {"drell_yan_auc": 0.5, "drell_yan_w1": 0.5})


@given_copies
def measure_naive_generation(
    encode: Answer, decode: Answer, generate: Answer, *, seed: int = DEFAULT
) -> dict[str, float]:
    """`drell_yan_naive`: sliced W1 distance of the eight columns to hidden events."""
    model = Autoencoder(encode, decode, "naive", lambda events: events, 8)
    return _columns_apart(_events(model, generate, seed), drell_yan.hold_out(), seed)


@given_copies
def measure_generation(
    encode: Answer, decode: Answer, generate: Answer, *, seed: int = DEFAULT
) -> dict[str, float]:
    """How far generated events are from Drell-Yan events that nobody has seen.

    Returns:
        `drell_yan_auc`: of boosted trees on pT, both η, the mass of the pair, both muon masses and
        the balance (0.5: indistinguishable). `drell_yan_w1`: W1 / σ, mean over pT, both η and the
        mass of the pair.
    """
    model = Autoencoder(
        encode,
        lambda r: decode(r, seed=seed),
        "optimised",
        lambda events: drell_yan.features(events)[:, :3],
        8,
    )
    return _features_apart(_events(model, generate, seed), drell_yan.hold_out(), seed)


def _events(model: Autoencoder, generate: Answer, seed: int) -> Array:
    """What the model decodes; `generate` must do the same."""
    call = f"generate_{model.name}"
    events = generated(generate, call, seed, SAMPLE)
    decoded = model.decoded(drell_yan.hold_out(), seed)
    model.same_as(events, decoded, f"{call}(n_events, seed)")
    new(decoded, f"decode_{model.name}(r)", SAMPLE)
    return decoded


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
