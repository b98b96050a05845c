"""Generators of Drell-Yan events that are none: copies, constants, ignored seeds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array
from autograde_tests.cases import Case, Mutant, wrong
from course_utils.data import drell_yan_p4, load_drell_yan
from course_utils.kinematics import eta, pt


def training_events(n_events: int, seed: int) -> Array:
    """Events drawn from the training sample."""
    events = load_drell_yan("train")
    return events[np.random.default_rng(seed).choice(len(events), n_events, replace=False)]


def smeared_training_events(n_events: int, seed: int) -> Array:
    """Training events with each number changed by one per cent."""
    rng = np.random.default_rng(seed)
    return training_events(n_events, seed) * rng.normal(1.0, 0.01, (n_events, 8))


def disguised_training_events(n_events: int, seed: int) -> Array:
    """Training events with exchanged muons, a new azimuth, and a change in the fourth digit."""
    rng = np.random.default_rng(seed)
    muons = training_events(n_events, seed).reshape(-1, 2, 4)
    both = eta(muons) * (1 + 1e-4 * rng.normal(size=(n_events, 2)))
    phi = rng.uniform(-np.pi, np.pi, n_events)
    return drell_yan_p4(np.column_stack((pt(muons[:, 0]), both[:, 1], both[:, 0], phi)))


def _repeated(right: Answer, n_events: int, seed: int) -> Array:
    some = np.asarray(right(min(n_events, 1000), seed=seed))
    return np.resize(some, (n_events, 8))


def _unseeded(right: Answer, n_events: int, seed: int) -> Any:
    return right(n_events, seed=int(np.random.default_rng().integers(2**31)))


def _with_nan(right: Answer, n_events: int, seed: int) -> Array:
    events = np.array(right(n_events, seed=seed))
    events[0, 0] = np.nan
    return events


WRONG: Mapping[str, tuple[Callable[..., Any], str]] = {
    "training events": (lambda _, n, seed: training_events(n, seed), "events of the data sets"),
    "training events in disguise": (
        lambda _, n, seed: disguised_training_events(n, seed),
        "events of the data sets",
    ),
    "training events smeared": (
        lambda _, n, seed: smeared_training_events(n, seed),
        "nearer to those of the data sets",
    ),
    "one event for all": (
        lambda f, n, seed: np.repeat(f(1, seed=seed), n, axis=0),
        "repeats events",
    ),
    "constants": (lambda _, n, seed: np.full((n, 8), 40.0), "same events for different seeds"),
    "events repeated": (_repeated, "repeats events"),
    "seed ignored": (lambda f, n, seed: f(n, seed=1), "same events for different seeds"),
    "no seed": (_unseeded, "other events for the same seed"),
    "NaN": (_with_nan, "NaN"),
    "network space": (lambda f, n, seed: np.asarray(f(n, seed=seed))[:, :3], "shape"),
    "fixed number of events": (lambda f, n, seed: f(1000, seed=seed), "shape"),
    "nothing returned": (lambda f, n, seed: None, "None"),
}
"""Name: `mistake(right, n_events, seed)` and the reason for which it is refused."""

ATTACKS = ("training events", "training events in disguise", "training events smeared")
"""What nobody writes who means well."""


def generation_case(
    check: Callable[..., float],
    names: tuple[str, ...],
    notebook: str,
    points: float,
    stand_ins: tuple[Answer, ...],
    more: Mapping[str, Mutant] | None = None,
) -> Case:
    """Case of a trained generator, with all wrong ones.

    Args:
        check: of generated events.
        names: what the notebook calls its answers, of which the last one is the generator.
        notebook: that trains it.
        points: of the check.
        stand_ins: answers without training that pass the visible check, in the same order.
        more: other mutants.
    """
    mutants = {
        label: wrong(len(names) - 1, names, mistake, reason, is_slip=label not in ATTACKS)
        for label, (mistake, reason) in WRONG.items()
    }
    mutants |= more or {}
    without_training = dict(zip(names, stand_ins, strict=True))
    return Case(check, notebook, names, points, mutants, trained=True, stand_ins=without_training)
