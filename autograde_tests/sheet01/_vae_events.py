"""Checks of exercise 3b to 3d: functions of events, without any network.

Hidden events are made from numbers (pT, η, φ, m) by construction, so that masses, balance and what a
round trip can restore are known exactly; some are no Drell-Yan events at all (unbalanced, off the
mass shell), which is where short cuts show.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograde_tests.sheet01._gan_answers import Array, array, plain, same
from course_utils import checks
from course_utils.data import ETA_CUT, MUON_MASS, PT_CUT, drell_yan_p4
from course_utils.kinematics import mass, p4_from_ptetaphim

DEFAULT = 32

Answer = Callable[..., Any]


def check_standardise(
    training_statistics: Answer,
    standardise: Answer,
    unstandardise: Answer,
    *,
    seed: int = DEFAULT,
) -> None:
    """3b (i): (x − mean) / σ per column, with given statistics, and exactly back.

    Args:
        training_statistics: events `(n, 8)` to `(mean, std)`, each `(8,)`.
        standardise: `(events, mean, std)` to `(n, 8)`.
        unstandardise: `(x, mean, std)` to `(n, 8)`.
        seed: of the hidden events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    train, other = drell_yan(rng, 5000), drell_yan(rng, 7)
    statistics = _untouched(training_statistics, "training_statistics", train)
    checks.true(
        isinstance(statistics, tuple | list) and len(statistics) == 2,
        "`training_statistics` must return two arrays, (mean, std).",
    )
    for got, right, what in (
        (statistics[0], train.mean(axis=0), "mean"),
        (statistics[1], train.std(axis=0), "std"),
    ):
        checks.shape(
            plain(got),
            (8,),
            name=f"{what} of training_statistics",
            hint="one number per column: average over the events, axis=0.",
        )
        _close(array(got, what, (8,)), right, f"{what} of training_statistics", rtol=2e-3)
    mean, std = train.mean(axis=0), train.std(axis=0)
    for events in (train, other, other[:1]):
        name = "standardise(events, mean, std)"
        own = events.std(axis=0)
        mistakes = {
            "it uses the statistics of the events themselves, not those that are passed": (
                events - events.mean(axis=0)
            )
            / np.where(own > 0, own, 1.0),
            "it divides by the variance, not by the standard deviation": (events - mean) / std**2,
            "the mean is not subtracted": events / std,
            "it is not divided by the standard deviation": events - mean,
        }
        answer = _untouched(standardise, "standardise", events, mean, std)
        x = array(answer, name, events.shape)
        if events is not train:
            same(x, (events - mean) / std, mistakes, name)
        name = "unstandardise(standardise(events, mean, std), mean, std)"
        back = array(_untouched(unstandardise, "unstandardise", x, mean, std), name, x.shape)
        mistakes = {
            "the result is still standardised": x,
            "the mean is not added": x * std,
            "the mean is added before the scaling": (x + mean) * std,
            "the statistics of its input are used, not those that are passed": x
            * np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
            + x.mean(axis=0),
        }
        same(back, events, mistakes, name)
        worst = np.abs(mass(back.reshape(-1, 2, 4)) - MUON_MASS).max()
        checks.true(
            worst < 1e-3,
            "the round trip changes the muon masses: stay in float64, float32 has too few digits.",
        )


def check_masses_and_balance(
    muon_masses: Answer, transverse_balance: Answer, *, seed: int = DEFAULT
) -> None:
    """3c: masses of both muons, signed where m² < 0, and (Σ px, Σ py) of each event.

    Args:
        muon_masses: events `(n, 8)` to `(n, 2)`.
        transverse_balance: events `(n, 8)` to `(n, 2)`.
        seed: of the hidden events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    muons = rng.normal(0, 30, (60, 2, 4))  # any numbers, as a naive generator makes them
    m_squared = rng.uniform(0, 400, (60, 2)) * np.array([1, -1])
    m_squared[30:] *= -1
    p_squared = (muons[..., 1:] ** 2).sum(-1)
    muons[..., 0] = np.sqrt(np.maximum(m_squared + p_squared, 0.0))
    m_squared = muons[..., 0] ** 2 - p_squared
    right = np.sign(m_squared) * np.sqrt(np.abs(m_squared))
    events = muons.reshape(-1, 8)
    pair = mass(muons.sum(axis=1))
    name = "muon_masses(events)"
    answer = _untouched(muon_masses, "muon_masses", events)
    checks.shape(plain(answer), (60, 2), name=name, hint="one mass for each muon of each event.")
    values = np.asarray(plain(answer), dtype=np.float64)
    checks.true(
        not np.isnan(values).any(),
        f"`{name}` has NaN where m² < 0: return -sqrt(-m²) there, as the task asks for.",
    )
    mistakes = {
        "the sign is lost where m² < 0": np.abs(right),
        "m² < 0 became 0; it should be -sqrt(-m²)": np.maximum(right, 0.0),
        "these are squared masses": m_squared,
        "the columns (muon -, muon +) are swapped": right[:, ::-1],
        "this is the mass of the pair, the masses of the single muons are asked for": np.column_stack(
            (pair, pair)
        ),
    }
    same(array(values, name, (60, 2)), right, mistakes, name)
    name = "transverse_balance(events)"
    answer = _untouched(transverse_balance, "transverse_balance", events)
    checks.shape(
        plain(answer), (60, 2), name=name, hint="two sums, over px and over py, per event."
    )
    total, difference = muons.sum(axis=1), muons[:, 0] - muons[:, 1]
    mistakes = {
        "this is the difference of the two muons; the sum is asked for": difference[:, 1:3],
        "these are not the columns px and py of (E, px, py, pz)": total[:, :2],
        "these are py and pz, but balance holds in the transverse plane": total[:, 2:],
        "the absolute value is not asked for": np.abs(total[:, 1:3]),
    }
    same(array(answer, name, (60, 2)), total[:, 1:3], mistakes, name)


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
    events[:, 3] += 0.0
    mean, std = _reduce(train).mean(axis=0), _reduce(train).std(axis=0)
    name = "to_network_space(events, events_train)"
    for some, what in ((events, ""), (events[:1], " for a single event"), (train, "")):
        right = (_reduce(some) - mean) / std
        own = _reduce(some)
        mistakes = {
            "mean and standard deviation must be those of `events_train`, also for other events": (
                own - own.mean(axis=0)
            )
            / np.where(len(some) > 1, own.std(axis=0), 1.0),
            "the last step is missing: shift and scale to mean 0 and standard deviation 1": own,
            "artanh(eta / 2.5) is not applied": (np.column_stack((own[:, 0], _eta(some))) - mean)
            / std,
        }
        answer = _untouched(to_network_space, "to_network_space", some, train)
        checks.shape(
            plain(answer), (len(some), 3), name=name + what, hint="three numbers per event."
        )
        same(array(answer, name + what, (len(some), 3)), right, mistakes, name + what)
    single = events.astype(np.float32)
    answer = array(
        _untouched(to_network_space, "to_network_space", single, train.astype(np.float32)),
        f"{name} for float32 events",
        (len(events), 3),
    )
    checks.true(
        bool(np.allclose(answer, (_reduce(events) - mean) / std, atol=2e-2)),
        f"`{name}` gives other values for float32 events than for the same events in float64.",
    )


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
    call = _untouched
    name = "round_trip_residuals(events, events_train, seed)"
    for some, what in (
        (events, ""),
        (events[:1], " for one event"),
        (drell_yan_p4(edge), " at the cuts"),
    ):
        answer = call(round_trip_residuals, "round_trip_residuals", some, train, seed=seed)
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
    answer = call(round_trip_residuals, "round_trip_residuals", odd, train, seed=seed)
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


def drell_yan(rng: np.random.Generator, n_events: int) -> Array:
    """Balanced muon pairs inside the cuts, at some distance from them, shape `(n, 8)`."""
    columns = np.column_stack(
        (
            PT_CUT + np.exp(rng.normal(3.2, 0.5, n_events)),
            rng.uniform(-2.4, 2.4, (n_events, 2)),
            rng.uniform(-np.pi, np.pi, n_events),
        )
    )
    return drell_yan_p4(columns)


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


def _reduce(events: Array) -> Array:
    """log(pT − cut) and artanh(η / cut) of both muons, written out from the definition."""
    pt = np.hypot(events[:, 1], events[:, 2])
    return np.column_stack((np.log(pt - PT_CUT), np.arctanh(_eta(events) / ETA_CUT)))


def _eta(events: Array) -> Array:
    muons = events.reshape(-1, 2, 4)
    return np.asarray(np.arcsinh(muons[..., 3] / np.hypot(muons[..., 1], muons[..., 2])))


def _untouched(answer: Answer, name: str, *arrays: NDArray[Any], **options: Any) -> Any:
    """Calls the answer with copies and refuses one that changes its input."""
    copies = [values.copy() for values in arrays]
    result = answer(*copies, **options)
    for copy, values in zip(copies, arrays, strict=True):
        checks.true(
            np.array_equal(copy, values),
            f"`{name}` changes its input in place (`x -= mean`, `x[:, 0] = ...`): work on a copy.",
        )
    return result


def _close(got: Array, right: Array, name: str, *, rtol: float) -> None:
    checks.close(
        got,
        right,
        rtol=rtol,
        atol=rtol * float(np.abs(right).max()),
        name=name,
        hint="one number per column, over all events.",
        reveal=False,
    )
