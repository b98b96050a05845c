"""Checks of exercise 3b and 3c: standardisation, masses, transverse balance.

Hidden events are made from numbers (pT, η, φ) or (m², px, py, pz), so that the right answers are
known by construction.
"""

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, plain, same, untouched
from course_utils import checks
from course_utils.data import MUON_MASS, PT_CUT, drell_yan_p4
from course_utils.kinematics import mass

DEFAULT = 32


@given_copies
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
    statistics = untouched(training_statistics, "training_statistics", train)
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
        answer = untouched(standardise, "standardise", events, mean, std)
        x = array(answer, name, events.shape)
        same(x, (events - mean) / std, mistakes, name)
        name = "unstandardise(standardise(events, mean, std), mean, std)"
        back = array(untouched(unstandardise, "unstandardise", x, mean, std), name, x.shape)
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


@given_copies
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
    energy_sign = rng.choice([-1.0, 1.0], (60, 2))  # nothing keeps a network from E < 0
    muons[..., 0] = energy_sign * np.sqrt(np.maximum(m_squared + p_squared, 0.0))
    m_squared = muons[..., 0] ** 2 - p_squared
    right = np.sign(m_squared) * np.sqrt(np.abs(m_squared))
    events = muons.reshape(-1, 8)
    pair = np.repeat(mass(muons.sum(axis=1))[:, None], 2, axis=1)
    name = "muon_masses(events)"
    answer = untouched(muon_masses, "muon_masses", events)
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
        "the sign is that of the energy; it should be that of m²": np.sign(muons[..., 0])
        * np.abs(right),
        "the columns (muon -, muon +) are swapped": right[:, ::-1],
        "this is the mass of the pair; the masses of the single muons are asked for": pair,
    }
    same(array(values, name, (60, 2)), right, mistakes, name)
    name = "transverse_balance(events)"
    answer = untouched(transverse_balance, "transverse_balance", events)
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
