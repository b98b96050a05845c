"""Checks of exercises 2c and 2d: Lipschitz functions, and the slopes of distances."""

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, parts, same
from course_utils import checks

DEFAULT = 35
ROUNDING = 1e-4
"""Of slopes, for answers in float32."""


@given_copies
def check_potentials(
    two_point_potential: Answer, line_potential: Answer, *, seed: int = DEFAULT
) -> None:
    """2c: functions with slope at most one whose means differ by the transport cost.

    Args:
        two_point_potential: `(x, a, b)`, points `(n, d)` and `(d,)`, to values `(n,)`.
        line_potential: `(x, p, q)`, masses on points of a line, all `(n,)`, to values `(n,)`.
        seed: of the hidden points.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    for dimension in (1, 3):
        _is_two_point(two_point_potential, rng, dimension)
    name = "line_potential(x, p, q)"
    for _ in range(3):
        x = np.sort(rng.uniform(-3, 3, 40))
        p, q = rng.dirichlet(np.ones(40), 2)
        f = array(line_potential(x, p, q), name, x.shape)
        checks.true(
            bool(np.all(np.abs(np.diff(f)) <= np.diff(x) + ROUNDING)),
            f"`{name}` is steeper than 1 somewhere: its steps are at most those of x, which are "
            "not equal.",
        )
        cost = float(np.sum(np.abs(np.cumsum(p - q))[:-1] * np.diff(x)))
        value = float(f @ (p - q))
        checks.true(
            value > -0.9 * cost, f"`{name}` has the wrong sign: f is large where p is ahead of q."
        )
        checks.true(
            abs(value - cost) < ROUNDING,
            f"`{name}` does not reach the cost of the transport: its slope is +1 or −1 everywhere, "
            "by the sign of the difference of the two cumulative sums.",
        )


@given_copies
def check_shifted_boxes(box_distances: Answer, box_slopes: Answer, *, seed: int = DEFAULT) -> None:
    """2d: TV, JSD and W1 of two boxes at a distance, with the derivatives.

    Args:
        box_distances: `(theta)`, shape `(n,)`, to three arrays `(n,)`.
        box_slopes: the same for the derivatives by theta.
        seed: of the hidden shifts.

    Raises:
        CheckFailed: with the distance that is not right.
    """
    rng = np.random.default_rng(seed)
    size = np.concatenate((rng.uniform(0.05, 0.95, 3), rng.uniform(1.05, 5.0, 3)))
    theta = size * rng.permutation([1, 1, 1, -1, -1, -1])
    overlap, sign, log2 = size < 1, np.sign(theta), np.log(2)
    names = ("TV", "JSD", "W1")
    values = (np.minimum(size, 1), np.minimum(size, 1) * log2, size)
    slopes = (overlap * sign, overlap * sign * log2, sign)
    for answer, truths, call in (
        (box_distances, values, "box_distances(theta)"),
        (box_slopes, slopes, "box_slopes(theta)"),
    ):
        found = parts(answer(theta), 3, call)
        for got, truth, name in zip(found, truths, names, strict=True):
            of = f"{name} of {call}"
            mistakes = {
                "is not in nats: the largest JSD is log 2": truth / log2,
                "has the wrong sign where theta is negative": truth * sign,
                "goes on beyond 1: boxes that do not touch are as different as can be": (
                    size if call == "box_distances(theta)" else sign
                )
                * (log2 if name == "JSD" else 1),
                "is constant beyond 1: mass must still be moved further": np.minimum(size, 1)
                if call == "box_distances(theta)"
                else overlap * sign,
            }
            same(array(got, of, theta.shape), truth, mistakes, of)


def _is_two_point(answer: Answer, rng: np.random.Generator, dimension: int) -> None:
    name = "two_point_potential(x, a, b)"
    a, b = rng.normal(size=(2, dimension))
    x = np.concatenate((rng.normal(0, 2, (40, dimension)), [a, b]))
    f: Array = array(answer(x, a, b), name, (42,))
    rises = np.abs(f[:, None] - f[None])
    apart = np.linalg.norm(x[:, None] - x[None], axis=2)
    checks.true(
        bool(np.all(rises <= apart + ROUNDING)),
        f"`{name}` is steeper than 1: for some points |f(x) − f(x')| > |x − x'|.",
    )
    distance = apart[-1, -2]
    checks.true(
        f[-2] - f[-1] > -0.9 * distance, f"`{name}` has the wrong sign: f(a) is larger than f(b)."
    )
    checks.true(
        abs(f[-2] - f[-1] - distance) < ROUNDING,
        f"`{name}` does not reach the cost of the transport: f(a) − f(b) must be |a − b|.",
    )
