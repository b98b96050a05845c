"""Checks of exercises 2a and 2b: transport as a linear program, and where it has a closed form."""

import numpy as np
import ot
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance

from autograde_tests.answers import Answer, Array, array, given_copies, number, parts
from autograde_tests.sheet02._distances_values import one
from course_utils import checks

DEFAULT = 34
TOLERANCE = 1e-5
"""Of linear programs, in units of a probability of one."""


@given_copies
def check_transport(transport: Answer, *, seed: int = DEFAULT) -> None:
    """2a: the plan moves all of the one sample to the other, at the smallest cost.

    Args:
        transport: `(x, y, a, b)`, points `(n, d)`, `(m, d)` with weights, to cost and plan.
        seed: of the hidden points.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(6, 9)), int(rng.integers(10, 13))
    x, y = rng.normal(size=(n, 2)), rng.normal(0.5, 1.2, size=(m, 2))
    a, b = rng.dirichlet(np.full(n, 2.0)), rng.dirichlet(np.full(m, 2.0))
    name = "transport(x, y, a, b)"
    cost, plan = _solved(transport, x, y, a, b, name)
    distances = np.linalg.norm(x[:, None] - y[None], axis=2)
    truth = float(ot.emd2(a, b, distances))
    _is_plan(plan, a, b, name)
    mistakes = {
        "moves mass at the squared distance": float(ot.emd2(a, b, distances**2)),
        "spreads every point over all others: minimise": float(a @ distances @ b),
        "ignores the weights": float(ot.emd2(np.full(n, 1 / n), np.full(m, 1 / m), distances)),
    }
    one(cost, truth, mistakes, f"cost of {name}")
    checks.true(
        abs(np.sum(plan * distances) - truth) < 1e-4 * truth,
        f"the plan of `{name}` costs more than the best one: is its shape (n, m)?",
    )
    angle = rng.uniform(0.3, 1.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back, _ = _solved(transport, y @ turn, x @ turn, b, a, name)
    checks.close(
        back,
        truth,
        rtol=1e-4,
        name=f"cost of `{name}` with x and y exchanged and both rotated",
        hint="the Euclidean distance depends on neither.",
        reveal=False,
    )


@given_copies
def check_closed_forms(
    w1_samples: Answer, w2_squared_gaussians: Answer, *, seed: int = DEFAULT
) -> None:
    """2b: W1 of samples of any sizes in one dimension; W2² of Gaussians in several.

    Args:
        w1_samples: `(x, y)`, shapes `(n,)` and `(m,)`, to one number.
        w2_squared_gaussians: `(mean, cov, other_mean, other_cov)` to one number.
        seed: of the hidden samples and Gaussians.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    for n, m in ((50, 50), (40, 63)):
        x, y = rng.normal(size=n), rng.normal(0.3, 2.0, m)
        name = f"w1_samples(x, y) of {n} and {m} points"
        short = min(n, m)
        mistakes = {
            "is the distance of the means": abs(x.mean() - y.mean()),
            "pairs the points as they come: sort them": np.abs(x[:short] - y[:short]).mean(),
            "leaves out points of the larger sample": np.abs(
                np.sort(x)[:short] - np.sort(y)[:short]
            ).mean(),
            "is a sum over the points: each has the weight 1/n": n * wasserstein_distance(x, y),
        }
        one(w1_samples(x, y), wasserstein_distance(x, y), mistakes, name)
    _are_gaussians(w2_squared_gaussians, rng)


def _are_gaussians(answer: Answer, rng: np.random.Generator) -> None:
    name = "w2_squared_gaussians(mean, cov, other_mean, other_cov)"
    for dimension in (1, 3):
        means = rng.normal(size=(2, dimension))
        roots = rng.normal(size=(2, dimension, dimension))
        covs = roots @ roots.swapaxes(1, 2) + 0.2 * np.eye(dimension)
        shift = float(np.sum((means[0] - means[1]) ** 2))
        root = np.real(sqrtm(covs[0]))
        other_root = np.real(sqrtm(covs[1]))
        traces = float(np.trace(covs[0] + covs[1]))
        cross = float(np.real(np.trace(sqrtm(root @ covs[1] @ root))))
        truth = shift + traces - 2 * cross
        mistakes = {
            "is W2: leave out the square root": truth**0.5,
            "is the distance of the means alone": shift,
            "lacks the distance of the means": truth - shift,
            "lacks the factor 2 of the mixed term": truth + cross,
            "takes for granted that the covariances commute": shift
            + float(np.sum((root - other_root) ** 2)),
            "takes roots of the entries: a root of a matrix is asked for": shift
            + traces
            - 2 * float(np.sum(np.sqrt(np.abs(np.diag(covs[0] @ covs[1]))))),
        }
        got = answer(means[0], covs[0], means[1], covs[1])
        if np.iscomplexobj(got):
            got = np.real(got)  # what sqrtm leaves of rounding
        one(got, truth, mistakes, name)


def _solved(
    transport: Answer, x: Array, y: Array, a: Array, b: Array, name: str
) -> tuple[float, Array]:
    cost, plan = parts(transport(x, y, a, b), 2, name)
    plan = array(plan, f"plan of {name}", (len(x), len(y)))
    return number(cost, f"cost of {name}"), plan


def _is_plan(plan: Array, a: Array, b: Array, name: str) -> None:
    checks.true(
        bool(plan.min() > -TOLERANCE),
        f"the plan of `{name}` has negative entries: bounds=(0, None).",
    )
    for axis, weights, of in ((1, a, "x: its rows must sum to a"), (0, b, "y: its columns to b")):
        checks.true(
            bool(np.allclose(plan.sum(axis=axis), weights, atol=TOLERANCE)),
            f"the plan of `{name}` does not keep the weights of {of}.",
        )
