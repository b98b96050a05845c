"""Wrong answers to exercise 4 of `distances`: p-values, test statistics, power."""

from typing import Any

import numpy as np

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import distances

NOTEBOOK = "distances"

_NULL = ("p_value", "permutation_null")


def _bootstrap(_: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Array:
    rng, pool = np.random.default_rng(seed), np.concatenate((x, y))
    draws = [(rng.choice(pool, len(x)), rng.choice(pool, len(y))) for _ in range(n_null)]
    return np.array([statistic(*draw) for draw in draws])


def _apart(_: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return np.array([statistic(rng.permutation(x), rng.permutation(y)) for _ in range(n_null)])


def _halves(_: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Array:
    rng, pool, values = np.random.default_rng(seed), np.concatenate((x, y)), []
    for _i in range(n_null):
        dealt = rng.permutation(pool)
        values.append(statistic(dealt[: len(pool) // 2], dealt[len(pool) // 2 :]))
    return np.array(values)


def _once(right: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Array:
    return np.concatenate([right(statistic, x, y, 1, seed) for _ in range(n_null)])


def _no_seed(right: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Any:
    return right(statistic, x, y, n_null, 1)


def _only_x(_: Any, statistic: Any, x: Array, y: Array, n_null: int, seed: int) -> Array:
    rng, values = np.random.default_rng(seed), []
    for _i in range(n_null):
        dealt = rng.permutation(np.concatenate((x, x)))
        values.append(statistic(dealt[: len(x)], dealt[len(x) : len(x) + len(y)]))
    return np.array(values)


NULL = Case(
    distances.check_null,
    NOTEBOOK,
    _NULL,
    0.5,
    {
        "p: k / n": wrong(0, _NULL, lambda _, o, n: np.mean(n >= o), "count the observed"),
        "p: ties": wrong(
            0, _NULL, lambda _, o, n: (1 + np.sum(n > o)) / (1 + len(n)), "equal to the observed"
        ),
        "p: below": wrong(
            0, _NULL, lambda _, o, n: (1 + np.sum(n <= o)) / (1 + len(n)), "below the observed"
        ),
        "p: complement": wrong(0, _NULL, lambda f, *a: 1 - f(*a), "not right|below"),
        "p: constant": wrong(0, _NULL, lambda *_: 0.8, "not right"),
        "null: with replacement": wrong(1, _NULL, _bootstrap, "without replacement"),
        "null: each sample alone": wrong(1, _NULL, _apart, "does not mix"),
        "null: halves": wrong(1, _NULL, _halves, "as large as x and y"),
        "null: one deal": wrong(1, _NULL, _once, "same way every time"),
        "null: no seed": wrong(1, _NULL, _no_seed, "must depend on `seed`"),
        "null: x alone": wrong(1, _NULL, _only_x, "without replacement"),
        "null: sizes swapped": wrong(
            1,
            _NULL,
            lambda f, statistic, x, y, n, seed: f(statistic, y, x, n, seed),
            "as large as x and y",
        ),
        "null: absolute": wrong(1, _NULL, lambda f, *a: np.abs(f(*a)), "values of `statistic`"),
        "null: constant": wrong(
            1, _NULL, lambda f, s, x, y, n, seed: np.ones(n), "must call `statistic`", is_slip=False
        ),
    },
)

_MASS = ("ks_statistic", "peak_chi2")


def _ranks(x: Array, y: Array) -> Array:
    z = np.concatenate((x, y))
    first, second = (np.searchsorted(np.sort(s), z, side="right") / len(s) for s in (x, y))
    return np.asarray(first - second)


def _counts(x: Array, y: Array, edges: Array) -> tuple[Array, Array]:
    h, g = (np.histogram(s, edges)[0].astype(float) for s in (x, y))
    full = h + g > 0
    return h[full], g[full]


def _chi2(h: Array, g: Array, n: float, m: float) -> float:
    return float(np.sum((h / n - g / m) ** 2 / (h / n**2 + g / m**2)))


def _raw(_: Any, x: Array, y: Array, edges: Array) -> float:
    return _chi2(*_counts(x, y, edges), 1, 1)


def _inside(_: Any, x: Array, y: Array, edges: Array) -> float:
    h, g = _counts(x, y, edges)
    return _chi2(h, g, h.sum(), g.sum())


def _one_error(_: Any, x: Array, y: Array, edges: Array) -> float:
    h, g = _counts(x, y, edges)
    return float(np.sum((h / len(x) - g / len(y)) ** 2 / (h / len(x) ** 2)))


def _with_empty(_: Any, x: Array, y: Array, edges: Array) -> float:
    h, g = (np.histogram(s, edges)[0] for s in (x, y))
    n, m = len(x), len(y)
    return float(np.sum((h / n - g / m) ** 2 / (h / n**2 + g / m**2)))


MASS = Case(
    distances.check_mass_statistics,
    NOTEBOOK,
    _MASS,
    0.5,
    {
        "KS: one side": wrong(0, _MASS, lambda _, x, y: _ranks(x, y).max(), "absolute value"),
        "KS: other side": wrong(0, _MASS, lambda _, x, y: -_ranks(x, y).min(), "absolute value"),
        "KS: mean": wrong(0, _MASS, lambda _, x, y: np.abs(_ranks(x, y)).mean(), "largest"),
        "KS: medians": wrong(
            0, _MASS, lambda _, x, y: abs(np.median(x) - np.median(y)), "not right"
        ),
        "KS: constant": wrong(0, _MASS, lambda *_: 0.6, "not right"),
        "chi2: numbers of events": wrong(1, _MASS, _raw, "divide by the sizes"),
        "chi2: inside the edges": wrong(1, _MASS, _inside, "use all events"),
        "chi2: one uncertainty": wrong(1, _MASS, _one_error, "one sample only"),
        "chi2: empty bins": wrong(1, _MASS, _with_empty, "NaN"),
        "chi2: per bin": wrong(
            1, _MASS, lambda f, x, y, e: f(x, y, e) / len(_counts(x, y, e)[0]), "number of bins"
        ),
        "chi2: root": wrong(1, _MASS, lambda f, *a: np.sqrt(f(*a)), "not right"),
    },
)

_AUC = ("auc", "auc_sigma")


def _pairs(data: Array, model: Array, ties: float) -> float:
    above, equal = model[None] > data[:, None], model[None] == data[:, None]
    return float(np.mean(above + ties * equal))


AUC = Case(
    distances.check_auc,
    NOTEBOOK,
    _AUC,
    0.5,
    {
        "swapped": wrong(0, _AUC, lambda f, d, m: f(m, d), "swapped"),
        "ties not counted": wrong(0, _AUC, lambda _, d, m: _pairs(d, m, 0.0), "equal score"),
        "ties in full": wrong(0, _AUC, lambda _, d, m: _pairs(d, m, 1.0), "equal score"),
        "Gini": wrong(0, _AUC, lambda f, *a: 2 * f(*a) - 1, "runs from 0 to 1"),
        "accuracy": wrong(
            0, _AUC, lambda _, d, m: (np.mean(m > 0.5) + np.mean(d <= 0.5)) / 2, "not right"
        ),
        "folded": wrong(0, _AUC, lambda f, d, m: max(f(d, m), 1 - f(d, m)) + 0.1, "not right"),
        "sigma: variance": wrong(1, _AUC, lambda f, *a: f(*a) ** 2, "take its root"),
        "sigma: rank sum": wrong(1, _AUC, lambda f, n, m: f(n, m) * n * m, "divide by n m"),
        "sigma: one sample": wrong(1, _AUC, lambda _, n, m: (12 * n) ** -0.5, "not right"),
        "sigma: constant": wrong(
            1, _AUC, lambda *_: (81 / 18000) ** 0.5, "not right", is_slip=False
        ),
        "constant": wrong(0, _AUC, lambda *_: 4 / 6, "not right", is_slip=False),
    },
)

_POWER = ("power",)


def _p(observed: Array, null: Array) -> Array:
    return np.asarray((1 + np.sum(null[:, None, None] >= observed[None], axis=0)) / (1 + len(null)))


def _binomial(right: Any, observed: Array, null: Array, alpha: float) -> tuple[Array, Array]:
    share = right(observed, null, alpha)[0]
    return share, np.sqrt(share * (1 - share) / len(observed))


def _all_metrics(_: Any, observed: Array, null: Array, alpha: float) -> tuple[Array, Array]:
    n = len(observed)
    p = (1 + np.sum(null.ravel()[:, None, None, None] >= observed, axis=0)) / (1 + null.size)
    k = np.sum(p <= alpha, axis=0)
    return k / n, np.sqrt((k + 1) * (n - k + 1) / (n + 2) ** 2 / (n + 3))


POWER = Case(
    distances.check_power,
    NOTEBOOK,
    _POWER,
    0.25,
    {
        "not rejected": wrong(0, _POWER, lambda f, *a: (1 - f(*a)[0], f(*a)[1]), "not rejected"),
        "mean p-value": wrong(
            0, _POWER, lambda f, o, n, a: (_p(o, n).mean(axis=0), f(o, n, a)[1]), "mean p-value"
        ),
        "number": wrong(
            0, _POWER, lambda f, o, n, a: (f(o, n, a)[0] * len(o), f(o, n, a)[1]), "divide by how"
        ),
        "one null for all": wrong(0, _POWER, _all_metrics, "each has its own"),
        "binomial": wrong(0, _POWER, _binomial, r"equation \(17\)"),
        "variance": wrong(0, _POWER, lambda f, *a: (f(*a)[0], f(*a)[1] ** 2), "take its root"),
        "transposed": wrong(
            0, _POWER, lambda f, *a: tuple(part.T for part in f(*a)), r"shape \(4, 5\)"
        ),
        "power alone": wrong(0, _POWER, lambda f, *a: f(*a)[0], "gives 5 things"),
        "constant": wrong(
            0, _POWER, lambda f, o, n, a: np.ones((2, *o.shape[1:])), "not right", is_slip=False
        ),
    },
)
