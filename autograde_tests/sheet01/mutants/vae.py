"""Wrong answers to exercise 3, one typical mistake each, and how its generators are measured."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet01 import vae
from autograde_tests.sheet01.mutants._controls import CONTROLS
from autograde_tests.sheet01.mutants._vae_generation import GENERATION_CASES, METRICS
from autograde_tests.sheet01.mutants._vae_inference import INFERENCE_CASES, NOTEBOOK
from autograde_tests.sheet01.mutants._vae_variants import VARIANTS
from course_utils.data import ETA_CUT, PT_CUT
from course_utils.kinematics import eta, pt
from course_utils.preprocessing import DrellYanPreprocessing

__all__ = ["CASES", "CONTROLS", "METRICS", "VARIANTS"]

_STANDARDISE = ("training_statistics", "standardise", "unstandardise")
_MASSES = ("muon_masses", "transverse_balance")
_SPACE = ("to_network_space",)
_ROUND_TRIP = ("round_trip_residuals",)


def _changed_in_place(_: Any, events: Array, mean: Array, std: Array) -> Array:
    events -= mean
    events /= std
    return events


def _own_statistics(_: Any, events: Array, mean: Array, std: Array) -> Array:
    own = events.std(axis=0)
    scaled: Array = (events - events.mean(axis=0)) / np.where(own > 0, own, 1.0)
    return scaled


def _single_precision(_: Any, x: Array, mean: Array, std: Array) -> Array:
    rounded: Array = (x * std + mean).astype(np.float32)
    return rounded


_STANDARDISE_CASE = Case(
    vae.check_standardise,
    NOTEBOOK,
    _STANDARDISE,
    0.5,
    {
        "statistics over the wrong axis": wrong(
            0, _STANDARDISE, lambda _, x: (x.mean(1), x.std(1)), "axis=0"
        ),
        "one number for all columns": wrong(
            0, _STANDARDISE, lambda _, x: (x.mean(), x.std()), "per column"
        ),
        "variance": wrong(
            0, _STANDARDISE, lambda f, x: (f(x)[0], f(x)[1] ** 2), "std of training_statistics"
        ),
        "statistics of the events themselves": wrong(
            1, _STANDARDISE, _own_statistics, "statistics of the events themselves"
        ),
        "changes its input": wrong(1, _STANDARDISE, _changed_in_place, "in place"),
        "mean not subtracted": wrong(
            1, _STANDARDISE, lambda _, x, mean, std: x / std, "mean is not subtracted"
        ),
        "not undone": wrong(2, _STANDARDISE, lambda _, x, mean, std: x, "still standardised"),
        "wrong order": wrong(
            2, _STANDARDISE, lambda _, x, mean, std: (x + mean) * std, "before the scaling"
        ),
        "mean not added": wrong(
            2, _STANDARDISE, lambda _, x, mean, std: x * std, "mean is not added"
        ),
        "float32": wrong(2, _STANDARDISE, _single_precision, "muon masses"),
    },
)


def _nan_mass(_: Any, events: Array) -> Array:
    muons = events.reshape(-1, 2, 4)
    m_squared = muons[..., 0] ** 2 - (muons[..., 1:] ** 2).sum(-1)
    return np.where(m_squared >= 0, np.sqrt(np.abs(m_squared)), np.nan)


def _pair_mass(_: Any, events: Array) -> Array:
    pair = events[:, :4] + events[:, 4:]
    m_squared = pair[:, 0] ** 2 - (pair[:, 1:] ** 2).sum(-1)
    return np.repeat((np.sign(m_squared) * np.sqrt(np.abs(m_squared)))[:, None], 2, axis=1)


_MASSES_CASE = Case(
    vae.check_masses_and_balance,
    NOTEBOOK,
    _MASSES,
    0.5,
    {
        "NaN for space-like muons": wrong(0, _MASSES, _nan_mass, "NaN where"),
        "absolute value": wrong(0, _MASSES, lambda f, x: np.abs(f(x)), "sign is lost"),
        "clipped at zero": wrong(0, _MASSES, lambda f, x: np.maximum(f(x), 0), "became 0"),
        "sign of the energy": wrong(
            0,
            _MASSES,
            lambda f, x: np.sign(x[:, [0, 4]]) * np.abs(f(x)),
            "sign is that of the energy",
        ),
        "squared": wrong(0, _MASSES, lambda f, x: f(x) * np.abs(f(x)), "squared masses"),
        "mass of the pair": wrong(0, _MASSES, _pair_mass, "mass of the pair"),
        "first muon only": wrong(0, _MASSES, lambda f, x: f(x)[:, 0], "each muon"),
        "difference": wrong(1, _MASSES, lambda _, x: x[:, 1:3] - x[:, 5:7], "difference"),
        "energy and px": wrong(1, _MASSES, lambda _, x: x[:, :2] + x[:, 4:6], "px and py"),
        "absolute balance": wrong(1, _MASSES, lambda f, x: np.abs(f(x)), "absolute value"),
        "sum over events": wrong(1, _MASSES, lambda f, x: f(x).sum(axis=0), "per event"),
    },
)


def _own_fit(_: Any, events: Array, train: Array) -> Array:
    if len(events) == 1:
        return np.zeros((1, 3))
    return DrellYanPreprocessing().fit(events).transform(events)


def _not_standardised(_: Any, events: Array, train: Array) -> Array:
    transformer = DrellYanPreprocessing().fit(train)
    reduced: Array = transformer.transform(events) * transformer.scale_ + transformer.mean_
    return reduced


def _own_space(
    cut: float = PT_CUT,
    size: Callable[[Array], Array] = lambda eta: eta,
    stretch: Callable[[Array], Array] = np.arctanh,
) -> Callable[..., Array]:
    """The space of the network by hand, with one step of choice changed."""

    def reduced(events: Array) -> Array:
        muons = np.asarray(events, dtype=np.float64).reshape(-1, 2, 4)
        return np.column_stack((np.log(pt(muons[:, 0]) - cut), stretch(size(eta(muons)) / ETA_CUT)))

    def answer(_: Any, events: Array, train: Array) -> Array:
        known = reduced(train)
        scaled: Array = (reduced(events) - known.mean(axis=0)) / known.std(axis=0)
        return scaled

    return answer


def _reduced_in_place(f: Any, events: Array, train: Array) -> Any:
    result = f(events, train)
    events[:, 0] = np.log(events[:, 0])
    return result


_SPACE_CASE = Case(
    vae.check_network_space,
    NOTEBOOK,
    _SPACE,
    0.5,
    {
        "statistics of the events themselves": wrong(0, _SPACE, _own_fit, "`events_train`"),
        "muons exchanged": wrong(
            0, _SPACE, lambda f, x, t: f(x, t)[:, [0, 2, 1]], "columns of the two muons"
        ),
        "cut not subtracted": wrong(0, _SPACE, _own_space(cut=0.0), "cut of 10 GeV"),
        "absolute pseudorapidity": wrong(0, _SPACE, _own_space(size=np.abs), "sign of eta"),
        "no artanh": wrong(0, _SPACE, _own_space(stretch=lambda y: y), "artanh"),
        "training events transformed": wrong(0, _SPACE, lambda f, x, t: f(t, t), "per event"),
        "arguments exchanged": wrong(
            0, _SPACE, lambda f, x, t: f(t, x)[: len(x)], "events_train|n"
        ),
        "not standardised": wrong(0, _SPACE, _not_standardised, "last step is missing"),
        "changes its input": wrong(0, _SPACE, _reduced_in_place, "in place"),
        "the transformer itself": wrong(
            0, _SPACE, lambda f, x, t: DrellYanPreprocessing().fit(t), "of type"
        ),
    },
)


def _twice_the_first(f: Any, events: Array, train: Array, seed: int) -> Array:
    residuals: Array = np.array(f(events, train, seed=seed))
    residuals[:, 3] = residuals[:, 0]
    return residuals


_ROUND_TRIP_CASE = Case(
    vae.check_round_trip,
    NOTEBOOK,
    _ROUND_TRIP,
    0.5,
    {
        "muons exchanged": wrong(
            0,
            _ROUND_TRIP,
            lambda f, x, t, seed: f(x, t, seed=seed)[:, [3, 4, 5, 0, 1, 2, 6]],
            "muons are swapped",
        ),
        "zeros": wrong(0, _ROUND_TRIP, lambda _, x, t, seed: np.zeros((len(x), 7)), "always 0"),
        "before minus after": wrong(
            0, _ROUND_TRIP, lambda f, x, t, seed: -f(x, t, seed=seed), "sign is wrong"
        ),
        "absolute value": wrong(
            0, _ROUND_TRIP, lambda f, x, t, seed: np.abs(f(x, t, seed=seed)), "absolute value"
        ),
        "pT of the first muon twice": wrong(0, _ROUND_TRIP, _twice_the_first, "not its own"),
        "quantities, not their change": wrong(
            0, _ROUND_TRIP, lambda f, x, t, seed: f(x, t, seed=seed) + 1, "should vanish"
        ),
        "four-momenta compared": wrong(
            0,
            _ROUND_TRIP,
            lambda _, x, t, seed: (
                DrellYanPreprocessing()
                .fit(t)
                .inverse_transform(
                    DrellYanPreprocessing().fit(t).transform(x), np.random.default_rng(seed)
                )
                - x
            ),
            "seven quantities",
        ),
    },
)

CASES: tuple[Case, ...] = (
    *INFERENCE_CASES,
    _STANDARDISE_CASE,
    _MASSES_CASE,
    _SPACE_CASE,
    _ROUND_TRIP_CASE,
    *GENERATION_CASES,
)
