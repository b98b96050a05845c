"""Checks of exercises 4a and 4d: null distributions, p-values, and the power of a test."""

from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array, array, given_copies, same
from autograde_tests.sheet02._distances_values import one
from course_utils import checks

DEFAULT = 37
ALPHA = 0.05


@given_copies
def check_null(p_value: Answer, permutation_null: Answer, *, seed: int = DEFAULT) -> None:
    """4a: p-values that count the observed value, and permutations of both samples together.

    Args:
        p_value: `(observed, null)`, a number and `(n_null,)`, to one number.
        permutation_null: `(statistic, x, y, n_null, seed)` to values `(n_null,)`.
        seed: of the hidden samples.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    null = rng.integers(0, 12, 79).astype(np.float64)  # with ties
    name = "p_value(observed, null)"
    for observed in (-1.0, 5.0, 9.0, 40.0):
        k, n = int(np.sum(null >= observed)), len(null)
        wrong = {
            "does not count the observed value itself: (1 + k) / (1 + n)": k / n,
            "does not count null values that are equal to the observed one": (
                1 + np.sum(null > observed)
            )
            / (1 + n),
            "counts the null values below the observed one": (1 + np.sum(null <= observed))
            / (1 + n),
        }
        one(p_value(observed, null), (1 + k) / (1 + n), wrong, name)
    _permutes(permutation_null, rng)


@given_copies
def check_power(power: Answer, *, seed: int = DEFAULT) -> None:
    """4d: the share of replicas that are rejected, with its uncertainty.

    Args:
        power: `(observed, null, alpha)`, shapes `(n_replicas, n_faults, n_metrics)` and
            `(n_null, n_metrics)`, to power and uncertainty, each `(n_faults, n_metrics)`.
        seed: of the hidden values.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    null = rng.normal(size=(80, 4)) * [1, 5, 0.1, 1]  # units differ
    observed = rng.normal(1.0, 1.5, (12, 5, 4)) * [1, 5, 0.1, 1]
    p = (1 + np.sum(null[:, None, None] >= observed[None], axis=0)) / 81
    n = len(observed)
    k = np.sum(p <= ALPHA, axis=0)
    name = "power(observed, null, alpha)"
    got, sigma = _tables(power(observed, null, ALPHA), name, k.shape)
    mistakes = {
        "is the share that is not rejected": 1 - k / n,
        "is a mean p-value: count those up to alpha": p.mean(axis=0),
        "is a number of replicas: divide by how many there are": k.astype(np.float64),
        "compares with the null values of all metrics: each has its own": np.mean(
            (1 + np.sum(null.ravel()[:, None, None, None] >= observed, axis=0)) / (1 + null.size)
            <= ALPHA,
            axis=0,
        ),
    }
    same(got, k / n, mistakes, name)
    right = np.sqrt((k + 1) * (n - k + 1) / (n + 2) ** 2 / (n + 3))
    mistakes = {
        "is zero where all replicas agree: use equation (17)": np.sqrt(k / n * (1 - k / n) / n),
        "is a variance: take its root": right**2,
    }
    same(sigma, right, mistakes, f"uncertainty of {name}")


def _permutes(permutation_null: Answer, rng: np.random.Generator) -> None:
    name = "permutation_null(statistic, x, y, n_null, seed)"
    x = 31.0 * rng.permutation(np.arange(1, 21))[:, None]  # a negative number is one of y
    y = -17.0 * rng.permutation(np.arange(1, 13))[:, None]
    seen: list[tuple[Array, Array]] = []

    def statistic(a: Any, b: Any) -> float:
        seen.append((np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)))
        return float(np.mean(seen[-1][0]) - np.mean(seen[-1][1]))

    values = array(permutation_null(statistic, x, y, 30, 5), name, (30,))
    checks.true(len(seen) > 0, f"`{name}` must call `statistic` for every permutation.")
    sizes = {(a.shape, b.shape) for a, b in seen}
    checks.true(
        sizes == {(x.shape, y.shape)},
        f"`{name}` must pass samples as large as x and y to `statistic`, first the one of x.",
    )
    pool = np.sort(np.concatenate((x, y)).ravel())
    checks.true(
        all(np.array_equal(np.sort(np.concatenate(both).ravel()), pool) for both in seen),
        f"`{name}` must deal the events of both samples, each of them once: a permutation of all "
        "together, without replacement.",
    )
    shares = np.array([np.mean(a < 0) for a, _ in seen])
    checks.true(
        bool(0.2 < shares.mean() < 0.55),
        f"`{name}` does not mix the samples: put them together before they are shuffled.",
    )
    checks.true(
        len({tuple(a.ravel()) for a, _ in seen}) > 25,
        f"`{name}` deals in the same way every time: one generator, made before the loop.",
    )
    found = {float(np.mean(a) - np.mean(b)) for a, b in seen}
    checks.true(
        all(np.isclose(list(found), value, rtol=1e-4, atol=1e-6).any() for value in values),
        f"`{name}` must return the values of `statistic`.",
    )
    again = array(permutation_null(statistic, x, y, 30, 5), name, (30,))
    other = array(permutation_null(statistic, x, y, 30, 6), name, (30,))
    checks.true(
        np.allclose(values, again) and not np.allclose(values, other),
        f"`{name}` must depend on `seed`, and on nothing else that is random.",
    )


def _tables(answer: Any, name: str, shape: tuple[int, ...]) -> tuple[Array, Array]:
    checks.parts(answer, 2, name=name, hint="return power, uncertainty")
    first, second = answer
    return array(first, f"{name}[0]", shape), array(second, f"{name}[1]", shape)
