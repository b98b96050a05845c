"""Checks of `toy_gans`, 2f and 2g: the Dirac GAN, and forces on generated events."""

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from autograde_tests.answers import Answer, Array, array, given_copies, number, parts, same
from course_utils import checks

DEFAULT = 23


def _step(theta: float, phi: float, lr: float, gamma: float, alternating: bool) -> Array:
    new = phi - lr * (theta * expit(phi * theta) + gamma * phi)
    seen = new if alternating else phi
    return np.array([theta + lr * seen * expit(-seen * theta), new])


def _jacobian(lr: float, gamma: float, alternating: bool) -> Array:
    """By central differences of the step itself."""
    step = 1e-4

    def at(theta: float, phi: float) -> Array:
        return _step(theta, phi, lr, gamma, alternating)

    columns = [at(step, 0) - at(-step, 0), at(0, step) - at(0, -step)]
    return np.stack(columns, axis=1) / (2 * step)


@given_copies
def check_dirac(
    dirac_step: Answer, dirac_jacobian: Answer, factor_per_step: Answer, *, seed: int = DEFAULT
) -> None:
    """2f: one step, its Jacobian at the equilibrium, and the factor of a step.

    Args:
        dirac_step: `(theta, phi, lr, gamma, alternating)` to the new pair.
        dirac_jacobian: `(lr, gamma, alternating)` to the Jacobian `(2, 2)`.
        factor_per_step: a Jacobian to the largest size of an eigenvalue.
        seed: of the hidden settings.

    Raises:
        CheckFailed: with the mistake, if it is a known one.
    """
    rng = np.random.default_rng(seed)
    for alternating in (False, True):
        theta, phi = (float(value) for value in rng.uniform(0.5, 2, 2) * rng.choice([-1, 1], 2))
        lr, gamma = float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.2, 1.5))
        name = f"dirac_step(…, alternating={alternating})"
        pair = parts(dirac_step(theta, phi, lr, gamma, alternating), 2, name)
        got = np.array([number(value, name) for value in pair])
        right = _step(theta, phi, lr, gamma, alternating)
        signs = _step(theta, phi, -lr, gamma, alternating)
        other = "these are alternating steps" if not alternating else "θ must see the new φ"
        mistakes = {
            "θ comes first, then φ": right[::-1],
            other: _step(theta, phi, lr, gamma, not alternating),
            "the penalty has no effect": _step(theta, phi, lr, 0.0, alternating),
            "the penalty's step is −h γ φ": _step(theta, phi, lr, 2 * gamma, alternating),
            "the signs are wrong": signs,
        }
        same(got, right, mistakes, name)
        name = f"dirac_jacobian(…, alternating={alternating})"
        right = _jacobian(lr, gamma, alternating)
        mistakes = {
            "rows and columns are swapped: rows are θ', φ'": right.T,
            "the order is (θ, φ)": right[::-1, ::-1],
            "the unit matrix is missing: the step begins at (θ, φ)": right - np.eye(2),
            other: _jacobian(lr, gamma, not alternating),
            "the penalty has no effect": _jacobian(lr, 0.0, alternating),
            "σ(0) is 1/2": _jacobian(lr, gamma, alternating) * [[1, 2], [2, 1]],
        }
        got = array(dirac_jacobian(lr, gamma, alternating), name, (2, 2))
        same(got, right, mistakes, name)
    angle = rng.uniform(0.3, 1.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    name = "factor_per_step(jacobian)"
    for matrix, size, hint in (
        (1.3 * turn, 1.3, "eigenvalues may be complex: |λ|, not its real part."),
        (np.diag([0.4, -0.9]), 0.9, "the largest |λ|, whatever its sign."),
        (np.array([[0.5, 3.0], [0.0, 0.25]]), 0.5, "eigenvalues, not singular values."),
    ):
        got_size = number(factor_per_step(matrix), name)
        checks.close(got_size, size, rtol=1e-4, name=name, hint=hint, reveal=False)


@given_copies
def check_force(force: Answer, mean_force: Answer, *, seed: int = DEFAULT) -> None:
    """2g: forces on a grid, far into the tails, and their mean over the model.

    Args:
        force: `(log_data, log_model, dx, non_saturating)`, arrays `(n,)`, to `(n,)`.
        mean_force: the same to one number.
        seed: of the hidden densities.

    Raises:
        CheckFailed: with the mistake, if it is a known one.
    """
    rng = np.random.default_rng(seed)
    x, dx = np.linspace(-30.0, 30.0, 3001, retstep=True)
    at = rng.uniform(-1, 1) + np.array([-1, 1]) * rng.uniform(0.8, 1.5) * rng.choice([-1, 1])
    width = rng.uniform(0.8, 1.1) * np.array([1.0, 1.02])  # so that l is large on either side
    log_data, log_model = (
        norm.logpdf(x, place, size) for place, size in zip(at, width, strict=True)
    )
    logit = log_data - log_model
    slope = -(x - at[0]) / width[0] ** 2 + (x - at[1]) / width[1] ** 2
    inside = slice(1, -1)  # at the ends a difference is one-sided
    for flag, name in ((False, "saturating"), (True, "non-saturating")):
        D = expit(-logit if flag else logit)
        right, other = D * slope, (1 - D) * slope
        label = f"force(…), {name}"
        with np.errstate(all="ignore"):
            got = array(
                force(log_data, log_model, float(dx), flag),
                label,
                x.shape,
                hint="stay with the logarithms: densities are rounded to zero.",
            )
        mistakes = {
            "the sign is wrong: minus the slope of the loss": -right,
            "these are the forces of the other loss": other,
            "l = log p_data − log p_model": expit(logit if flag else -logit) * -slope,
            "the slope of l is taken per bin: mind dx": right * dx,
            "it is the slope of l alone, without D": slope,
            "it has D (1 − D)": D * (1 - D) * slope,
        }
        same(
            got[inside], right[inside], {k: v[inside] for k, v in mistakes.items()}, label,
            tolerance=1e-3,
        )  # fmt: skip
        tails = (np.abs(right) < 1e-6) & (np.abs(right) > 1e-25) & (np.abs(slope) > 0.1)
        tails[[0, -1]] = False
        checks.close(
            got[tails] / right[tails],
            np.ones(int(tails.sum())),
            rtol=1e-2,
            name=f"{label}, where it is tiny",
            hint="σ(−l) in the place of 1 − σ(l), and no clamp.",
            reveal=False,
        )
        label = f"mean_force(…), {name}"
        density = np.exp(log_model)
        mean = float(np.sum(density * right) * dx)
        got_mean = number(mean_force(log_data, log_model, float(dx), flag), label)
        wrong = {
            "the factor dx of the integral is missing": mean / dx,
            "it is a mean over the grid: weight with p_model": float(right.mean()),
            "it is weighted with p_data": float(np.sum(np.exp(log_data) * right) * dx),
            "the sign is wrong": -mean,
        }
        same(
            np.array([got_mean]), np.array([mean]),
            {says: np.array([value]) for says, value in wrong.items()}, label, tolerance=2e-3,
        )  # fmt: skip
