"""Checks of exercise 1(a), steps (iii) and (iv): where a generator with an optimal D ends."""

from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, number
from autograde_tests.sheet01._gan_truth import (
    derivative_of_generator_loss,
    total_variation,
)
from course_utils import checks

DEFAULT = 11
LOG2 = float(np.log(2.0))
STRAIGHT = 1e-3
"""A path that keeps this close to its chord, as a part of the way, follows no gradient."""
MULTIPLIERS = {"D re-optimised": -LOG2 - 0.5, "D held": -LOG2}


@given_copies
def check_generator_stationarity(
    generator_stationarity: Answer, lagrange_multiplier: Answer, *, seed: int = DEFAULT
) -> None:
    """1a (iii): δL_G/δp_model and λ, in either reading (D re-optimised, or D held).

    Args:
        generator_stationarity: `(D, lam)` with D `(n,)` to the functional derivative `(n,)`.
        lagrange_multiplier: no argument, to λ.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    p_data, p_model = rng.dirichlet(np.full(9, 3.0)), rng.dirichlet(np.full(9, 3.0))
    D, lam = p_data / (p_data + p_model), float(rng.choice([-1, 1]) * rng.uniform(0.5, 2))
    name = "generator_stationarity(D, lam)"
    with np.errstate(all="ignore"):
        got = array(generator_stationarity(D, lam), name, D.shape)
        multiplier = number(lagrange_multiplier(), "lagrange_multiplier()")
        at_half = array(generator_stationarity(np.array([0.5]), multiplier), name, (1,))
    reading = _reading(got, p_data, p_model, lam, name)
    right = MULTIPLIERS[reading]
    (other,) = (value for key, value in MULTIPLIERS.items() if key != reading)
    checks.true(
        abs(multiplier - other) > 1e-3,
        f"`lagrange_multiplier` mixes two readings: your condition is that with {reading}, "
        "your λ is that of the other one.",
    )
    checks.true(
        abs(multiplier + right) > 1e-3,
        "`lagrange_multiplier` has the wrong sign: solve your condition at D = 1/2 for λ.",
    )
    checks.close(
        at_half[0],
        0.0,
        rtol=0,
        atol=1e-3,
        name="your condition at D = 1/2 with your λ",
        hint="normalisation makes D = 1/2; λ is what the condition then needs in order to vanish.",
    )


@given_copies
def check_simplex_minimum(
    generator_objective: Answer, minimise_on_simplex: Answer, *, seed: int = DEFAULT
) -> None:
    """1a (iv): the objective is right, and descent from random starts ends at p_data.

    Args:
        generator_objective: `(p_data, p_model)`, both `(n,)`, to one number.
        minimise_on_simplex: `(p_data, seed)` to the path `(n_steps + 1, n)`.
        seed: of the hidden p_data, which has bins as rare as 1e-6.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    rare = np.array([1e-6, 1e-3])
    p_data = np.concatenate([rng.dirichlet(np.full(10, 2.0)) * (1 - rare.sum()), rare])
    for p_model, what in (
        (p_data, "p_model = p_data"),
        (np.eye(12)[3], "a p_model that lives in one bin"),
        (rng.dirichlet(np.ones(12)), "a random p_model"),
    ):
        with np.errstate(all="ignore"):
            got = number(generator_objective(p_data, p_model), f"generator_objective for {what}")
        checks.close(
            got,
            float(np.sum(p_model * np.log1p(p_model / p_data))),
            rtol=1e-4,
            atol=1e-6,
            name=f"generator_objective for {what}",
            hint="it is the sum over the bins of p_model · (−log D) with the optimal D.",
            reveal=False,
        )
    starts = []
    for start in (int(rng.integers(1000)), int(rng.integers(1000, 2000))):
        with np.errstate(all="ignore"):
            path = minimise_on_simplex(p_data.copy(), start)
        starts.append(_descends(path, p_data))
    checks.true(
        total_variation(*starts) > 1e-3,
        "`minimise_on_simplex` starts at the same point for two seeds: draw the start with "
        "np.random.default_rng(seed).",
    )


def _reading(got: Array, p_data: Array, p_model: Array, lam: float, name: str) -> str:
    """Which variation of L_G the answer is the derivative of."""
    D = p_data / (p_data + p_model)
    for reading, held in (("D re-optimised", None), ("D held", D)):
        derivative = derivative_of_generator_loss(p_data, p_model, held, lam)
        if np.allclose(got, derivative, rtol=1e-4, atol=1e-4):
            return reading
        checks.true(
            not np.allclose(got, -derivative, rtol=1e-4, atol=1e-4),
            f"`{name}` has the wrong overall sign: L_G, not −L_G, is to be differentiated.",
        )
        checks.true(
            not np.allclose(got, derivative - 2 * lam, rtol=1e-4, atol=1e-4),
            f"`{name}` has the wrong sign of λ: L_G contains +λ (∫ p_model dx − 1).",
        )
        checks.true(
            not np.allclose(got, derivative - lam, rtol=1e-4, atol=1e-4),
            f"`{name}` lacks λ: differentiate the constraint too.",
        )
    raise checks.CheckFailed(
        f"`{name}` is δL_G/δp_model in neither reading.\nHint: with D re-optimised, D changes "
        "with p_model and adds a term (product and chain rule); with D held, it does not."
    )


def _descends(answer: Any, p_data: Array) -> Array:
    """Checks a path over the simplex and returns its start."""
    name = "minimise_on_simplex(p_data, seed)"
    path = array(answer, name, (None, len(p_data)))
    checks.true(
        len(path) >= 3,
        f"`{name}` must return the whole path: the start and the point after each step.",
    )
    checks.true(
        bool(np.all(path >= -1e-8)), f"`{name}` leaves the simplex: there are negative entries."
    )
    checks.close(
        path.sum(axis=1),
        np.ones(len(path)),
        rtol=0,
        atol=1e-4,
        name=f"row sums of {name}",
        hint="each row is a distribution: normalise after every step.",
        reveal=False,
    )
    checks.true(
        total_variation(path[0], p_data) > 0.02,
        f"`{name}` starts at the answer: begin at a random point of the simplex.",
    )
    distance = total_variation(path[-1], p_data)
    checks.true(
        distance < 0.01,
        f"`{name}` has not converged to p_data: total variation {distance:.3f}, needed < 0.01.\n"
        "Hint: are the steps downhill, and are there enough of them? There are bins with p_data "
        "as small as 1e-6.",
    )
    checks.true(
        not _is_straight(path),
        f"`{name}` walks in a straight line to p_data, which uses the answer: each step must "
        "follow from objective (5) and its derivative alone, and such paths are curved.",
    )
    start: Array = path[0]
    return start


def _is_straight(path: Array) -> bool:
    """Whether a path is a line in the probabilities or, up to Z, in their logarithms."""
    with np.errstate(all="ignore"):
        log = np.log(path)
        log -= log.mean(axis=1, keepdims=True)
    for points in (path, log):
        if not np.isfinite(points).all():
            continue
        steps = points - points[0]
        chord = steps[-1] / np.linalg.norm(steps[-1])
        aside = steps - np.outer(steps @ chord, chord)
        if np.linalg.norm(aside, axis=1).max() < STRAIGHT * np.linalg.norm(steps[-1]):
            return True
    return False
