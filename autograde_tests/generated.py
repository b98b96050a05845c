"""Are these generated events: of the right shape, new, and drawn with the seed that is passed?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograde_tests.answers import Answer, Array, array
from course_utils import checks

N_EVENTS = 20_000
"""Generated events that are measured: AUC fluctuates by 0.003, the W1 of a mass by 0.01 sigma."""
N_LOOKED_UP = 4000
"""Generated events that are compared with all known ones."""
COPY_FRACTION = 0.05
"""More copies of known events than these are no accident."""
MOST_EXCESS = 5.5
"""Standard deviations: of events that are new one sample in ten million has more."""


@dataclass(frozen=True)
class Sample:
    """What a generator of a sheet is asked for.

    Attributes:
        n_columns: numbers of an event.
        fraction_of_copies: of events `(n, n_columns)`, how many are events that students have.
        excess_of_known: of the same, by how many standard deviations too many of the events that
            lie nearest to them are events that students have.
        instead_of_copies: what a generator of this sheet does instead of returning known events.
        if_not_finite: where to look if an event is NaN or infinite.
    """

    n_columns: int
    fraction_of_copies: Callable[[Array], float]
    excess_of_known: Callable[[Array], float]
    instead_of_copies: str
    if_not_finite: str = ""


def generated(generate: Answer, name: str, seed: int, sample: Sample) -> Array:
    """Events of a generator, once it is clear that they are generated events.

    Args:
        generate: `(n_events, seed)` to events, `(n_events, n_columns)`.
        name: what the student calls it.
        seed: of the generated events.
        sample: what is asked for.

    Returns:
        Events of shape `(N_EVENTS, n_columns)`.

    Raises:
        CheckFailed: for a wrong shape, NaN, constants, repeated events, a seed that is ignored, or
            copies of known events.

    Example:
        >>> normal = Sample(2, lambda events: 0.0, lambda events: 0.0, "Draw them.")
        >>> def generate(n_events, seed):
        ...     return np.random.default_rng(seed).normal(size=(n_events, 2))
        >>> generated(generate, "generate", 1, normal).shape
        (20000, 2)
        >>> generated(lambda n_events, seed: generate(n_events, 1), "generate", 1, normal)
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `generate(n_events, seed)` gives the same events for
        different seeds.
    """
    call = f"{name}(n_events, seed)"
    first, other = 2 * seed + 1000, 2 * seed + 1001
    few_shape = (7, sample.n_columns)
    few = array(generate(7, seed=first), f"{name}(7, seed)", few_shape)
    again = array(generate(7, seed=first), f"{name}(7, seed)", few_shape)
    checks.true(
        bool(np.allclose(few, again, rtol=1e-4, atol=1e-3)),
        f"`{call}` gives other events for the same seed: draw from a generator made with `seed`.",
    )
    others = array(generate(7, seed=other), call, few_shape)
    checks.true(
        not np.isclose(few, others, rtol=1e-6).all(axis=1).any(),
        f"`{call}` gives the same events for different seeds.",
    )
    events = array(
        generate(N_EVENTS, seed=first),
        call,
        (N_EVENTS, sample.n_columns),
        hint=sample.if_not_finite,
    )
    n_different = len(np.unique(events, axis=0))
    checks.true(
        n_different > 0.99 * N_EVENTS,
        f"`{call}` repeats events: every event needs a latent vector of its own.",
    )
    new(events, call, sample)
    return events


def new(events: Array, call: str, sample: Sample) -> None:
    """Refuses events that students have, also if they were changed a little.

    Args:
        events: `(N_EVENTS, n_columns)`.
        call: what made them.
        sample: what is asked for.

    Raises:
        CheckFailed: if there are too many of them.
    """
    checks.true(
        sample.fraction_of_copies(events[:N_LOOKED_UP]) < COPY_FRACTION,
        f"`{call}` returns events of the data sets. {sample.instead_of_copies}",
    )
    checks.true(
        sample.excess_of_known(events) < MOST_EXCESS,
        f"`{call}` returns events that lie nearer to those of the data sets than new ones do: as "
        f"if data were changed a little. {sample.instead_of_copies}",
    )
