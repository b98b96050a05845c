"""Checks of exercise 1: right answers pass however they are written, typical mistakes fail."""

import warnings

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import expit

from autograde_tests import reference
from autograde_tests.sheet01 import gan
from autograde_tests.sheet01.mutants.gan import CASES
from course_utils import checks

LOG2 = np.log(2)


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet01", "gan_convergence")


def test_every_check_has_mutants():
    assert {case.name for case in CASES} == set(gan.__all__)
    assert min(len(case.mutants) for case in CASES) >= 3


def as_tensor(function, dtype=torch.float64):
    """The same answer, but returned as a tensor."""

    def answer(*arguments):
        value = function(*arguments)
        if isinstance(value, tuple):
            return tuple(torch.as_tensor(part, dtype=dtype) for part in value)
        return torch.as_tensor(np.asarray(value), dtype=dtype)

    return answer


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tensors_of_either_precision_are_right_answers(case, dtype, solution):
    answers = [as_tensor(answer, dtype) for answer in case.right_answers(solution)]
    for seed in range(5):
        case.check(*answers, seed=seed)


def test_lagrange_multiplier_may_hold_the_discriminator():
    for seed in range(20):
        gan.check_generator_stationarity(lambda D, lam: -np.log(D) + lam, lambda: -LOG2, seed=seed)
        gan.check_generator_stationarity(
            lambda D, lam: lam + np.log(1 / D) + (1 - D), lambda: -1.1931, seed=seed
        )


def test_discriminator_may_be_a_sigmoid_of_the_log_ratio_and_the_integral_a_trapezoid(solution):
    def discriminator(p, q):
        ratio = np.log(np.maximum(p, 1e-300)) - np.log(np.maximum(q, 1e-300))
        return expit(ratio)

    def loss(D, p, q, dx):
        log_d, log_1d = (np.log(np.maximum(v, 1e-300)) for v in (D, 1 - D))
        return np.trapezoid(-p * log_d - q * log_1d, dx=dx)

    for seed in range(20):
        gan.check_optimal_discriminator(discriminator, loss, seed=seed)
        gan.check_jensen_shannon(
            solution["jensen_shannon"],
            lambda p, q, dx: loss(discriminator(p, q), p, q, dx),
            seed=seed,
        )


def test_optimal_loss_may_be_the_integral_and_the_divergence_come_from_it(solution):
    def plain(p, q, dx):
        with np.errstate(all="ignore"):
            D = p / (p + q)
            return -dx * (np.nansum(p * np.log(D)) + np.nansum(q * np.log(1 - D)))

    def from_the_loss(p, q, dx):
        return np.log(2) - plain(p, q, dx) / 2

    for seed in range(20):
        gan.check_jensen_shannon(solution["jensen_shannon"], plain, seed=seed)
        gan.check_jensen_shannon(from_the_loss, plain, seed=seed)


def test_division_by_zero_where_it_does_not_matter_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gan.check_optimal_discriminator(
            lambda p, q: np.where(p + q > 0, p / (p + q), 0.5),
            lambda D, p, q, dx: (
                -dx * np.sum(np.nan_to_num(p * np.log(D)) + np.nan_to_num(q * np.log(1 - D)))
            ),
        )


def softmax_descent(p_data, seed):
    """Logits, softmax and Adam, as one would write it in PyTorch."""
    target = torch.tensor(p_data)
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(p_data), generator=generator, dtype=torch.float64).requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.05)
    path = []
    for _ in range(500):
        p = torch.softmax(logits, 0)
        path.append(p.detach())
        optimiser.zero_grad()
        (p * torch.log1p(p / target)).sum().backward()
        optimiser.step()
    return torch.stack(path)


def constrained_descent(p_data, seed):
    """scipy's SLSQP with bounds and a constraint."""
    path = [np.random.default_rng(seed).dirichlet(np.ones(len(p_data)))]

    def objective(p):
        p = np.maximum(p, 0)
        D = p_data / (p_data + p)
        return -np.sum(p * np.log(D)), -np.log(D) + 1 - D

    minimize(
        objective,
        path[0],
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * len(p_data),
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        callback=lambda p: path.append(np.clip(p, 0, None) / np.clip(p, 0, None).sum()),
        options={"maxiter": 500, "ftol": 1e-12},
    )
    return np.array(path)


def projected_descent(p_data, seed):
    """Plain gradient steps with a line search, put back on the simplex by clipping."""
    p = np.random.default_rng(seed).dirichlet(np.ones(len(p_data)))
    path = [p]
    for _ in range(4000):
        gradient = np.log1p(p / p_data) + p / (p + p_data)
        step = 1e-3 * (gradient - gradient.mean())
        p = np.clip(p - np.clip(step, -0.2 * p - 1e-7, 0.2 * p + 1e-7), 1e-12, None)
        p = p / p.sum()
        path.append(p)
    return np.array(path)


@pytest.mark.parametrize("minimiser", [softmax_descent, constrained_descent, projected_descent])
def test_any_minimiser_over_the_simplex_is_right(minimiser, solution):
    for seed in range(2):
        gan.check_simplex_minimum(solution["generator_objective"], minimiser, seed=seed)


def test_gan_may_be_differentiated_by_hand():
    def by_hand(x_data, z, theta, lr, n_steps, k, penalty):
        x, z = x_data.numpy(), z.numpy()
        a = b = 0.0
        path = [theta]
        for _ in range(n_steps):
            for _ in range(k):
                up, down = expit(a * (theta + z) + b), expit(-a * x - b)
                grad_a = np.mean((theta + z) * up) - np.mean(x * down) + penalty * a
                a, b = a - lr * grad_a, b - lr * (up.mean() - down.mean())
            theta = theta + lr * a * np.mean(expit(-a * (theta + z) - b))
            path.append(theta)
        return path

    for seed in range(8):
        gan.check_gaussian_gan(by_hand, seed=seed)


def test_losses_and_slopes_may_come_from_other_routes():
    def losses(logit):
        values = logit.numpy().astype(np.float64)
        return np.stack([-np.logaddexp(0, values), np.logaddexp(0, -values)])

    def slopes(logit):
        leaf = logit.clone().requires_grad_()
        pair = -torch.nn.functional.softplus(leaf), torch.nn.functional.softplus(-leaf)
        return [torch.autograd.grad(value.sum(), leaf)[0] for value in pair]

    def without_logsigmoid(logit):
        softplus = torch.nn.functional.softplus(logit)
        return -softplus, softplus - logit  # −log D goes to zero as a difference of large numbers

    for seed in range(20):
        gan.check_generator_losses(losses, slopes, seed=seed)
        gan.check_generator_losses(without_logsigmoid, slopes, seed=seed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("nonsense", [None, "seven", object(), float("nan"), [], {}])
def test_nonsense_is_a_failed_check_and_not_a_crash(case, nonsense, solution):
    answers = [lambda *_: nonsense] * len(case.answers)
    with pytest.raises(checks.CheckFailed):
        case.check(*answers)


@pytest.mark.parametrize("lr", [0.05, 0.3])
def test_game_has_the_invariants_that_the_notebook_states(lr, solution):
    both, alternating = (
        solution["bilinear_game"](1.2, -0.4, lr, 100, simultaneous)
        for simultaneous in (True, False)
    )
    radius = np.hypot(*both.T)
    np.testing.assert_allclose(radius[1:] / radius[:-1], np.sqrt(1 + lr**2))
    theta, phi = alternating.T
    conserved = theta**2 + phi**2 + lr * theta * phi
    np.testing.assert_allclose(conserved, conserved[0])


def test_lagging_discriminator_is_the_damped_oscillator_of_the_notebook(solution):
    """Equation (11): frequency and damping of small oscillations."""
    width, penalty, lr = 0.4, 0.1, 0.01
    points = torch.tensor(width * np.sqrt(3) * np.linspace(-1, 1, 2001))  # variance width²
    theta = solution["gaussian_gan"](points, points, 0.01, lr, 1500, 1, penalty)
    friction = width**2 / 2 + penalty
    frequency = np.sqrt(0.25 - friction**2 / 4)
    time = lr * np.arange(1501)
    phase = frequency * time
    exact = np.exp(-friction * time / 2) * (
        np.cos(phase) + friction / 2 / frequency * np.sin(phase)
    )
    np.testing.assert_allclose(np.asarray(theta) / 0.01, exact, atol=0.02)
