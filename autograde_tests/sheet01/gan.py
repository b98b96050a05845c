"""Checks of exercise 1: convergence of generative adversarial networks.

Truth comes from calculus (functional derivatives, bounds, step-by-step recursions), evaluated in
float64. Tolerances leave room for answers in float32 and for any quadrature rule on the grid.
This module holds the two steps about the discriminator; the other checks are imported.
"""

import numpy as np
from scipy.special import expit, xlogy
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, given_copies, number
from autograde_tests.sheet01._gan_experiments import (
    check_bilinear_game,
    check_gaussian_gan,
    check_generator_losses,
)
from autograde_tests.sheet01._gan_generator import (
    check_generator_stationarity,
    check_simplex_minimum,
)
from autograde_tests.sheet01._gan_truth import mixture, true_discriminator_loss
from course_utils import checks

__all__ = [
    "check_bilinear_game",
    "check_gaussian_gan",
    "check_generator_losses",
    "check_generator_stationarity",
    "check_jensen_shannon",
    "check_optimal_discriminator",
    "check_simplex_minimum",
]

DEFAULT = 11
LOG2 = float(np.log(2.0))


@given_copies
def check_optimal_discriminator(
    optimal_discriminator: Answer, discriminator_loss: Answer, *, seed: int = DEFAULT
) -> None:
    """1a (i): D* is the stationary point and the minimum of L_D; L_D is integrated correctly.

    Args:
        optimal_discriminator: `(p_data, p_model)` on a grid `(n,)` to D* `(n,)`.
        discriminator_loss: `(D, p_data, p_model, dx)` to one number.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    x, dx = np.linspace(-4.0, 4.0, 401, retstep=True)
    p_data, p_model = mixture(x, rng), mixture(x, rng)
    name = "optimal_discriminator"
    with np.errstate(all="ignore"):
        D = array(optimal_discriminator(p_data, p_model), f"{name}(p_data, p_model)", x.shape)
        edge = array(
            optimal_discriminator(np.array([2.0, 0.0, 0.5, 0.0]), np.array([0.0, 3.0, 0.5, 0.0])),
            f"{name} where a density is zero",
            (4,),
            hint="where both densities vanish D is arbitrary: return 1/2 there.",
        )
        tiny = array(
            optimal_discriminator(np.array([1e-20, 3e-9]), np.array([3e-20, 1e-9])),
            f"{name} of tiny densities",
            (2,),
        )
    outside = bool(np.any((D < 0) | (D > 1)) or not 0 <= edge[3] <= 1)
    checks.true(
        not outside, f"`{name}` returns values outside [0, 1], but D is the probability of data."
    )
    checks.true(
        not np.allclose(D, p_model / (p_data + p_model), atol=1e-4),
        f"`{name}` has data and model swapped: D is close to 1 where p_data dominates.",
    )
    _is_minimum(D, p_data, p_model, float(dx), rng)
    checks.close(
        edge[:3],
        np.array([1.0, 0.0, 0.5]),
        rtol=0,
        atol=1e-6,
        name=f"{name} where one density is zero",
        hint="D is 1 where only data live and 0 where only the model lives.",
    )
    checks.close(
        tiny,
        np.array([0.25, 0.75]),
        rtol=1e-4,
        atol=0,
        name=f"{name} of tiny densities",
        hint="only the ratio of the densities matters; an added epsilon spoils the tails.",
    )
    _integrates_discriminator_loss(discriminator_loss, rng)


@given_copies
def check_jensen_shannon(
    jensen_shannon: Answer, optimal_loss: Answer, *, seed: int = DEFAULT
) -> None:
    """1a (ii): JSD is right, symmetric and bounded; L_D at the optimum is log 4 − 2 JSD.

    Args:
        jensen_shannon: `(p, q, dx)` to one number.
        optimal_loss: `(p_data, p_model, dx)` to one number.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    x, dx = np.linspace(-5.0, 5.0, 2001, retstep=True)
    # on this grid no D* rounds to 0 or 1, so that −∫ p log D* + q log(1 − D*) is right, too
    p, q = (density / (density.sum() * dx) for density in (mixture(x, rng), mixture(x, rng)))
    left, right = _disjoint(x)
    middle = (p + q) / 2
    truth = float(np.sum(xlogy(p, p / middle) + xlogy(q, q / middle)) * dx / 2)
    pairs = {"unequal": (p, q), "swapped": (q, p), "equal": (p, p), "disjoint": (left, right)}
    with np.errstate(all="ignore"):
        jsd, loss = (
            {key: number(answer(*pair, float(dx)), name) for key, pair in pairs.items()}
            for answer, name in (
                (jensen_shannon, "jensen_shannon(p, q, dx)"),
                (optimal_loss, "optimal_loss(p_data, p_model, dx)"),
            )
        )
    checks.close(
        jsd["swapped"],
        jsd["unequal"],
        rtol=2e-3,
        atol=1e-6,
        name="jensen_shannon(q, p, dx)",
        hint="JSD is symmetric: both densities are compared with their mean.",
        reveal=False,
    )
    checks.true(
        abs(jsd["unequal"] / truth * LOG2 - 1) > 1e-2,
        "`jensen_shannon` is in bits: use the natural logarithm, not log2.",
    )
    checks.close(jsd["equal"], 0.0, rtol=0, atol=1e-6, name="jensen_shannon of equal densities")
    checks.close(
        jsd["disjoint"],
        LOG2,
        rtol=2e-3,
        atol=1e-6,
        name="jensen_shannon of densities that do not overlap",
        hint="its largest value is log 2; mind the factor 1/2, dx, and 0 · log 0 = 0.",
    )
    name = "jensen_shannon(p, q, dx)"
    checks.close(jsd["unequal"], truth, rtol=2e-3, name=name, reveal=False)
    hint = "L_D at the optimum is log 4 − 2 JSD."
    for key, value in (("equal", 2 * LOG2), ("disjoint", 0.0)):
        name = f"optimal_loss of {key} densities"
        checks.close(loss[key], value, rtol=2e-3, atol=3e-3, name=name, hint=hint)
    expected = 2 * LOG2 - 2 * truth
    name = "optimal_loss(p_data, p_model, dx)"
    checks.close(loss["unequal"], expected, rtol=2e-3, name=name, hint=hint, reveal=False)


def _is_minimum(
    D: Array, p_data: Array, p_model: Array, dx: float, rng: np.random.Generator
) -> None:
    """Perturbs D in function space: L_D does not change to first order, and never falls."""
    D = np.clip(D, 1e-12, 1 - 1e-12)  # in float32 an answer may round to 1
    lowest = true_discriminator_loss(D, p_data, p_model, dx)
    grid = np.linspace(0, np.pi, len(D))
    for _ in range(8):
        wave = np.cos(rng.integers(1, 12) * grid + rng.uniform(0, 2 * np.pi)) * D * (1 - D)
        up, down = (
            true_discriminator_loss(D + step * wave, p_data, p_model, dx) for step in (1e-2, -1e-2)
        )
        checks.true(
            abs(up - down) / 2e-2 < 1e-3 and min(up, down) > lowest,
            "L_D is not at its minimum at your D: a small change of D lowers it.\n"
            "Hint: solve δL_D/δD(x) = 0 for D(x), at each x separately.",
        )
    residual = np.abs(p_model * D - p_data * (1 - D)) / (p_data + p_model)
    checks.true(
        float(residual.max()) < 1e-4, "L_D is not stationary at your D everywhere: check the tails."
    )


def _integrates_discriminator_loss(answer: Answer, rng: np.random.Generator) -> None:
    x, dx = np.linspace(-9.0, 9.0, 1201, retstep=True)
    p_data, p_model = mixture(x, rng), mixture(x, rng)
    D = np.asarray(expit(rng.normal() + 2 * np.sin(x + rng.uniform(0, 6))), dtype=np.float64)
    name = "discriminator_loss(D, p_data, p_model, dx)"
    with np.errstate(all="ignore"):
        got = number(answer(D, p_data, p_model, float(dx)), name)
        perfect = answer((x < 0).astype(np.float64), *_disjoint(x), float(dx))
    truth = true_discriminator_loss(D, p_data, p_model, float(dx))
    if abs(got - truth) > 2e-3 * abs(truth):
        for wrong, says in (
            (true_discriminator_loss(D, p_model, p_data, float(dx)), "has data and model swapped"),
            (-truth, "has the wrong sign: both terms carry a minus"),
            (truth / dx, "lacks the factor dx of the integral"),
            (truth / dx / len(x), "takes a mean over the grid; the integral is a sum times dx"),
        ):
            checks.true(abs(got - wrong) > 1e-3 * abs(wrong), f"`{name}` {says}.")
        raise checks.CheckFailed(f"`{name}` is not right: compare with equation (1).")
    checks.close(
        number(perfect, f"{name} where D is exactly 0 or 1"),
        0.0,
        rtol=0,
        atol=1e-6,
        name=f"{name} for a perfect D",
    )


def _disjoint(x: Array) -> tuple[Array, Array]:
    """Two normalised densities that nowhere overlap."""
    return norm.pdf(x, -2.5, 0.5) * (x < 0), norm.pdf(x, 2.5, 0.5) * (x > 0)
