"""Checks of exercise 3d: the way into the space of the network and back.

Hidden events are made from (pT, η, φ, m), so that what a round trip restores is known exactly. Some
are no Drell-Yan events (unbalanced, off the mass shell), which is where short cuts show.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, plain, same, untouched
from autograde_tests.sheet01._vae_events import drell_yan
from course_utils import checks
from course_utils.data import ETA_CUT, MUON_MASS, PT_CUT, drell_yan_p4
from course_utils.kinematics import mass, p4_from_ptetaphim

DEFAULT = 34


@given_copies
def check_network_space(to_network_space: Answer, *, seed: int = DEFAULT) -> None:
    """3d (i): events to three standardised numbers with the statistics of the training events.

    Args:
        to_network_space: `(events, events_train)` to `(n, 3)`.
        seed: of the hidden events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    train, events = drell_yan(rng, 3000), drell_yan(rng, 50)
    mean, std = _reduce(train).mean(axis=0), _reduce(train).std(axis=0)
    name = "to_network_space(events, events_train)"
    for some, what in ((events, ""), (events[:1], " for a single event"), (train, "")):
        right = (_reduce(some) - mean) / std
        own = _reduce(some)
        mistakes = {
            "the columns of the two muons are swapped": right[:, [0, 2, 1]],
            "the cut of 10 GeV is not subtracted from pT": _standardised(some, train, cut=0.0),
            "the sign of eta is lost": _standardised(some, train, size=np.abs),
            "mean and standard deviation must be those of `events_train`, also for other events": (
                own - own.mean(axis=0)
            )
            / np.where(len(some) > 1, own.std(axis=0), 1.0),
            "the last step is missing: shift and scale to mean 0 and standard deviation 1": own,
            "artanh(eta / 2.5) is not applied": _standardised(some, train, stretch=lambda y: y),
        }
        answer = untouched(to_network_space, "to_network_space", some, train)
        checks.shape(
            plain(answer), (len(some), 3), name=name + what, hint="three numbers per event."
        )
        got = array(answer, name + what, (len(some), 3))
        same(got, right, mistakes, name + what, tolerance=1e-3)  # std with n or n − 1: 2e-4
    single = events.astype(np.float32)
    answer = array(
        untouched(to_network_space, "to_network_space", single, train.astype(np.float32)),
        f"{name} for float32 events",
        (len(events), 3),
    )
    checks.true(
        bool(np.allclose(answer, (_reduce(events) - mean) / std, atol=2e-2)),
        f"`{name}` gives other values for float32 events than for the same events in float64.",
    )


@given_copies
def check_round_trip(round_trip_residuals: Answer, *, seed: int = DEFAULT) -> None:
    """3d (ii): what changes when events go to network space and back.

    Drell-Yan events come back up to the azimuth, close to the cuts too. Others do not, by known
    amounts: the second muon gets the pT of the first, both get the muon mass.

    Args:
        round_trip_residuals: `(events, events_train, seed)` to `(n, 7)`, after minus before, of
            (pT, η, m) of the μ⁻, (pT, η, m) of the μ⁺, and m of the pair.
        seed: of the hidden events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    train, events = drell_yan(rng, 3000), drell_yan(rng, 40)
    edge = np.array([[PT_CUT + 1e-6, 0.3, -1.0, 0.1], [40.0, ETA_CUT - 1e-7, 1e-7 - ETA_CUT, 2.0]])
    name = "round_trip_residuals(events, events_train, seed)"
    for some, what in (
        (events, ""),
        (events[:1], " for one event"),
        (drell_yan_p4(edge), " at the cuts"),
    ):
        answer = untouched(round_trip_residuals, "round_trip_residuals", some, train, seed=seed)
        checks.shape(
            plain(answer),
            (len(some), 7),
            name=name + what,
            hint="seven quantities per event: pT, eta, m of each muon and m of the pair.",
        )
        residuals = array(answer, name + what, (len(some), 7))
        checks.true(
            bool(np.abs(residuals).max() < 1e-5),
            f"`{name}`{what} should vanish for Drell-Yan events, in all seven quantities: none of "
            "them depends on the azimuth, which is drawn anew.",
        )
    odd, right = _odd_events(rng, 40)
    answer = untouched(round_trip_residuals, "round_trip_residuals", odd, train, seed=seed)
    name = "round_trip_residuals for a pair that is not balanced and has other masses"
    mistakes = {
        "the residuals are always 0, but here pT and mass of the second muon must change; are they "
        "computed from the events themselves?": np.zeros_like(right),
        "the sign is wrong: after minus before": -right,
        "the absolute value is not asked for": np.abs(right),
        "the pT of the second muon is not its own: take it from columns 4 to 7": np.column_stack(
            (right[:, :3], np.zeros(len(right)), right[:, 4:])
        ),
        "the two muons are swapped": right[:, [3, 4, 5, 0, 1, 2, 6]],
    }
    same(array(answer, name, right.shape), right, mistakes, name)


def _odd_events(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Pairs with different pT and masses, and what a round trip changes."""
    pt, eta = rng.uniform(20, 60, (n, 2)), rng.uniform(-2.2, 2.2, (n, 2))
    m = rng.uniform(0.5, 3.0, (n, 2))
    phi = rng.uniform(-np.pi, np.pi, (n, 2))
    p4 = p4_from_ptetaphim(pt, eta, phi, m)
    after = drell_yan_p4(np.column_stack((pt[:, 0], eta, phi[:, 0]))).reshape(n, 2, 4)
    change = np.column_stack(
        (
            np.zeros((n, 2)),
            MUON_MASS - m[:, 0],
            pt[:, 0] - pt[:, 1],
            np.zeros(n),
            MUON_MASS - m[:, 1],
            mass(after.sum(axis=1)) - mass(p4.sum(axis=1)),
        )
    )
    return p4.reshape(n, 8), change


def _reduce(
    events: Array,
    cut: float = PT_CUT,
    size: Callable[[Array], Array] = lambda eta: eta,
    stretch: Callable[[Array], Array] = np.arctanh,
) -> Array:
    """log(pT − cut) and artanh(η / cut) of both muons, written out from the definition."""
    pt = np.hypot(events[:, 1], events[:, 2])
    return np.column_stack((np.log(pt - cut), stretch(size(_eta(events)) / ETA_CUT)))


def _standardised(events: Array, train: Array, **mistake: Any) -> Array:
    known = _reduce(train, **mistake)
    scaled: Array = (_reduce(events, **mistake) - known.mean(axis=0)) / known.std(axis=0)
    return scaled


def _eta(events: Array) -> Array:
    muons = events.reshape(-1, 2, 4)
    return np.asarray(np.arcsinh(muons[..., 3] / np.hypot(muons[..., 1], muons[..., 2])))
