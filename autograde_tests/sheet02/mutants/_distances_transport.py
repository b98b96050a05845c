"""Wrong answers to exercise 2 of `distances`: transport and its dual."""

from typing import Any

import numpy as np
import ot
from scipy.linalg import sqrtm

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import distances

NOTEBOOK = "distances"

_PLAN = ("transport",)


def _distances(x: Array, y: Array) -> Array:
    return np.asarray(np.linalg.norm(x[:, None] - y[None], axis=2))


def _squared(_: Any, x: Array, y: Array, a: Array, b: Array) -> tuple[float, Array]:
    costs = _distances(x, y) ** 2
    plan = ot.emd(a, b, costs)
    return float(np.sum(plan * costs)), plan


def _independent(_: Any, x: Array, y: Array, a: Array, b: Array) -> tuple[float, Array]:
    plan = np.outer(a, b)
    return float(np.sum(plan * _distances(x, y))), plan


def _nearest(_: Any, x: Array, y: Array, a: Array, b: Array) -> tuple[float, Array]:
    costs = _distances(x, y)
    plan = np.zeros_like(costs)
    plan[np.arange(len(a)), costs.argmin(axis=1)] = a
    return float(np.sum(plan * costs)), plan


def _unweighted(right: Any, x: Array, y: Array, a: Array, b: Array) -> Any:
    return right(x, y, np.full_like(a, 1 / len(a)), np.full_like(b, 1 / len(b)))


def _city_blocks(_: Any, x: Array, y: Array, a: Array, b: Array) -> tuple[float, Array]:
    costs = np.abs(x[:, None] - y[None]).sum(axis=2)
    plan = ot.emd(a, b, costs)
    return float(np.sum(plan * costs)), plan


def _worst(_: Any, x: Array, y: Array, a: Array, b: Array) -> tuple[float, Array]:
    costs = _distances(x, y)
    plan = ot.emd(a, b, costs.max() - costs)
    return float(np.sum(plan * costs)), plan


PLAN = Case(
    distances.check_transport,
    NOTEBOOK,
    _PLAN,
    0.5,
    {
        "squared distance": wrong(0, _PLAN, _squared, "squared distance"),
        "independent": wrong(0, _PLAN, _independent, "spreads every point"),
        "nearest point": wrong(0, _PLAN, _nearest, "does not keep the weights of y"),
        "weights ignored": wrong(0, _PLAN, _unweighted, "does not keep the weights"),
        "city blocks": wrong(0, _PLAN, _city_blocks, "cost of"),
        "most expensive": wrong(0, _PLAN, _worst, "cost of"),
        "plan transposed": wrong(
            0, _PLAN, lambda f, *a: (f(*a)[0], f(*a)[1].T), r"shape \(\d+, \d+\), expected"
        ),
        "cost alone": wrong(0, _PLAN, lambda f, *a: f(*a)[0], "must return 2 things"),
        "plan in numbers of points": wrong(
            0, _PLAN, lambda f, *a: (f(*a)[0], f(*a)[1] * len(a[0])), "does not keep the weights"
        ),
        "another plan": wrong(
            0, _PLAN, lambda f, *a: (f(*a)[0], np.outer(a[2], a[3])), "costs more than the best"
        ),
        "constant": wrong(
            0, _PLAN, lambda _, x, y, a, b: (1.2, np.outer(a, b)), "cost of", is_slip=False
        ),
    },
)

_CLOSED = ("w1_samples", "w2_squared_gaussians")


def _as_they_come(_: Any, x: Array, y: Array) -> float:
    n = min(len(x), len(y))
    return float(np.abs(x[:n] - y[:n]).mean())


def _shorter(_: Any, x: Array, y: Array) -> float:
    n = min(len(x), len(y))
    return float(np.abs(np.sort(x)[:n] - np.sort(y)[:n]).mean())


def _commuting(_: Any, mean: Array, cov: Array, other: Array, other_cov: Array) -> float:
    roots = np.real(sqrtm(cov)) - np.real(sqrtm(other_cov))
    return float(np.sum((mean - other) ** 2) + np.sum(roots**2))


def _entries(_: Any, mean: Array, cov: Array, other: Array, other_cov: Array) -> float:
    mixed = np.sqrt(np.abs(np.diag(cov @ other_cov))).sum()
    return float(np.sum((mean - other) ** 2) + np.trace(cov + other_cov) - 2 * mixed)


def _one_root(_: Any, mean: Array, cov: Array, other: Array, other_cov: Array) -> float:
    mixed = np.trace(np.real(sqrtm(cov))) * np.trace(np.real(sqrtm(other_cov))) / len(cov)
    return float(np.sum((mean - other) ** 2) + np.trace(cov + other_cov) - 2 * mixed)


CLOSED_FORMS = Case(
    distances.check_closed_forms,
    NOTEBOOK,
    _CLOSED,
    0.5,
    {
        "W1: means": wrong(0, _CLOSED, lambda _, x, y: abs(x.mean() - y.mean()), "of the means"),
        "W1: not sorted": wrong(0, _CLOSED, _as_they_come, "sort them"),
        "W1: shorter sample": wrong(0, _CLOSED, _shorter, "leaves out points"),
        "W1: sum": wrong(0, _CLOSED, lambda f, x, y: f(x, y) * len(x), "sum over the points"),
        "W1: squared": wrong(0, _CLOSED, lambda f, x, y: f(x, y) ** 2, "not right"),
        "W2: root": wrong(1, _CLOSED, lambda f, *a: np.sqrt(f(*a)), "leave out the square root"),
        "W2: means": wrong(1, _CLOSED, lambda f, m, c, n, d: np.sum((m - n) ** 2), "means alone"),
        "W2: no means": wrong(
            1, _CLOSED, lambda f, m, c, n, d: f(m, c, m, d), "lacks the distance of the means"
        ),
        "W2: commuting": wrong(1, _CLOSED, _commuting, "commute"),
        "W2: roots of entries": wrong(1, _CLOSED, _entries, "roots of the entries"),
        "W2: product of traces": wrong(1, _CLOSED, _one_root, "not right"),
        "constant": wrong(0, _CLOSED, lambda *_: 1.0, "not right", is_slip=False),
    },
)

_POTENTIALS = ("two_point_potential", "line_potential")


def _whole_steps(_: Any, x: Array, p: Array, q: Array) -> Array:
    return np.concatenate(([0.0], np.cumsum(-np.sign(np.cumsum(p - q)[:-1]))))


def _by_density(_: Any, x: Array, p: Array, q: Array) -> Array:
    return np.concatenate(([0.0], np.cumsum(np.sign(p - q)[1:] * np.diff(x))))


POTENTIALS = Case(
    distances.check_potentials,
    NOTEBOOK,
    _POTENTIALS,
    0.5,
    {
        "points: sign": wrong(0, _POTENTIALS, lambda f, *a: -f(*a), "wrong sign"),
        "points: too steep": wrong(0, _POTENTIALS, lambda f, *a: 2 * f(*a), "steeper than 1"),
        "points: too flat": wrong(0, _POTENTIALS, lambda f, *a: f(*a) / 2, "does not reach"),
        "points: square": wrong(
            0, _POTENTIALS, lambda f, x, a, b: -np.sum((x - a) ** 2, axis=1), "steeper"
        ),
        "points: constant": wrong(
            0, _POTENTIALS, lambda f, x, a, b: np.zeros(len(x)), "does not reach"
        ),
        "points: step": wrong(
            0,
            _POTENTIALS,
            lambda f, x, a, b: np.where(
                np.sum((x - a) ** 2, axis=1) < np.sum((x - b) ** 2, axis=1),
                np.sqrt(np.sum((a - b) ** 2)),
                0.0,
            ),
            "steeper",
        ),
        "points: column": wrong(0, _POTENTIALS, lambda f, *a: f(*a)[:, None], "shape"),
        "line: sign": wrong(1, _POTENTIALS, lambda f, *a: -f(*a), "wrong sign"),
        "line: steps of one": wrong(1, _POTENTIALS, _whole_steps, "steeper than 1"),
        "line: by the density": wrong(1, _POTENTIALS, _by_density, "does not reach|wrong sign"),
        "line: difference": wrong(1, _POTENTIALS, lambda f, x, p, q: p - q, "steeper|not reach"),
        "line: straight": wrong(
            1, _POTENTIALS, lambda f, x, p, q: np.sign((q - p) @ x) * -x, "does not reach"
        ),
        "line: too flat": wrong(1, _POTENTIALS, lambda f, *a: 0.95 * f(*a), "does not reach"),
    },
)

_BOXES = ("box_distances", "box_slopes")


def _uncapped(_: Any, theta: Array) -> tuple[Array, Array, Array]:
    size = np.abs(theta)
    return size, np.log(2) * size, size


BOXES = Case(
    distances.check_shifted_boxes,
    NOTEBOOK,
    _BOXES,
    0.25,
    {
        "distances: no end": wrong(0, _BOXES, _uncapped, "goes on beyond 1"),
        "distances: W1 ends": wrong(
            0, _BOXES, lambda f, t: (*f(t)[:2], f(t)[0]), "constant beyond 1"
        ),
        "distances: bits": wrong(0, _BOXES, lambda f, t: (f(t)[0], f(t)[0], f(t)[2]), "nats"),
        "distances: signed": wrong(
            0, _BOXES, lambda f, t: tuple(np.sign(t) * part for part in f(t)), "wrong sign"
        ),
        "distances: order": wrong(0, _BOXES, lambda f, t: f(t)[::-1], "TV of"),
        "slopes: no sign": wrong(
            1, _BOXES, lambda f, t: tuple(np.abs(part) for part in f(t)), "wrong sign"
        ),
        "slopes: no end": wrong(
            1, _BOXES, lambda f, t: (np.sign(t), np.log(2) * np.sign(t), np.sign(t)), "beyond 1"
        ),
        "slopes: W1 flat": wrong(1, _BOXES, lambda f, t: (*f(t)[:2], f(t)[0]), "constant beyond 1"),
        "slopes: bits": wrong(1, _BOXES, lambda f, t: (f(t)[0], f(t)[0], f(t)[2]), "nats"),
        "slopes: two of three": wrong(1, _BOXES, lambda f, t: f(t)[:2], "must return 3"),
        "constant": wrong(
            1, _BOXES, lambda f, t: tuple(np.ones((3, len(t)))), "of box_slopes", is_slip=False
        ),
    },
)
