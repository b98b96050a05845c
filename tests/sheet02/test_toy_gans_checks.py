"""Checks of `toy_gans`: right answers pass however they are written, wrong ones do not."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import nn
from torch.nn import functional

from autograde_tests import reference
from autograde_tests.sheet02 import _toy_quality, toy_gans
from autograde_tests.sheet02._calibration import CALIBRATION
from autograde_tests.sheet02.mutants.toy_gans import CASES, CONTROLS
from course_utils import checks


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet02", "toy_gans")


def test_every_check_has_mutants():
    assert {case.check.__name__ for case in CASES} == set(toy_gans.__all__)
    assert min(len(case.mutants) for case in CASES) >= 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("nonsense", [None, "seven", object(), float("nan"), [], {}])
def test_nonsense_is_a_failed_check_and_not_a_crash(case, nonsense):
    answers = [lambda *_: nonsense] * len(case.answers)
    with pytest.raises(checks.CheckFailed):
        case.check(*answers)


def bce(data, model):
    """With torch's own cross-entropy, labels and all."""
    ones, zeros = torch.ones_like(data), torch.zeros_like(model)
    losses = (
        functional.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(-1)
        for logits, labels in ((data, ones), (model, zeros))
    )
    return sum(losses)


def log_sigmoids(data, model):
    return -functional.logsigmoid(data).mean(-1) - functional.logsigmoid(-model).mean(-1)


def log_add_exp(data, model):
    terms = [torch.logaddexp(torch.zeros_like(x), x) for x in (-data, model)]
    return terms[0].sum(-1) / data.shape[-1] + terms[1].sum(-1) / model.shape[-1]


@pytest.mark.parametrize("loss", [bce, log_sigmoids, log_add_exp])
def test_losses_may_be_written_in_other_ways(loss):
    def zeros(x):
        return torch.full_like(x, -1e4)[..., :1]  # a sample of which the discriminator is sure

    for seed in range(10):
        toy_gans.check_cross_entropy(
            loss,
            lambda a, b: -loss(-zeros(b), b),
            lambda a, b: loss(b, zeros(b)),
            seed=seed,
        )


def ra_centred(data, model):
    """Both samples shifted by the difference of their means."""
    shift = data.mean(-1) - model.mean(-1)
    r_data = data - data.mean(-1)[..., None] + shift[..., None]
    r_model = model - model.mean(-1)[..., None] - shift[..., None]
    return log_sigmoids(r_data, r_model)


def ra_pairwise(data, model):
    """Means of all pairs of logits."""
    pairs = data[..., :, None] - model[..., None, :]
    return log_sigmoids(pairs.mean(-1), -pairs.mean(-2))


def ra_of_sums(data, model):
    r_data = data - model.sum(-1, keepdim=True) / model.shape[-1]
    r_model = model - data.sum(-1, keepdim=True) / data.shape[-1]
    return bce(r_data, r_model)


def squares(data, model):
    return (data.sub(1).square().mean(-1) + model.square().mean(-1)) / 2


def squares_expanded(data, model):
    means = [(x**2).mean(-1) / 2 for x in (data, model)]
    return means[0] - data.mean(-1) + 0.5 + means[1]


def squares_of_torch(data, model):
    targets = torch.ones_like(data), torch.zeros_like(model)
    pair = zip((data, model), targets, strict=True)
    return 0.5 * sum(functional.mse_loss(x, t, reduction="none").mean(-1) for x, t in pair)


@pytest.mark.parametrize("relativistic", [ra_centred, ra_pairwise, ra_of_sums])
@pytest.mark.parametrize("least_squares", [squares, squares_expanded, squares_of_torch])
def test_other_losses_may_be_written_in_other_ways(least_squares, relativistic):
    for seed in range(5):
        toy_gans.check_other_losses(
            least_squares,
            lambda a, b: least_squares(b, torch.zeros_like(b)),
            relativistic,
            lambda a, b: relativistic(b, a),
            seed=seed,
        )


def by_jacobian(W, v, x):
    """From the chain rule."""
    hidden = torch.tanh(x @ W)
    return torch.einsum("...h,h,fh->...f", 1 - hidden**2, v, W)


def by_vmap(W, v, x):
    def critic(event):
        return torch.tanh(event @ W) @ v

    flat = x.reshape(-1, x.shape[-1])
    return torch.func.vmap(torch.func.grad(critic))(flat).reshape(x.shape)


def by_each_event(W, v, x):
    x = x.clone().requires_grad_()
    scores = (torch.tanh(x @ W) @ v).flatten()
    return sum(torch.autograd.grad(score, x, create_graph=True)[0] for score in scores)


@pytest.mark.parametrize("slopes", [by_jacobian, by_vmap, by_each_event])
def test_slopes_may_be_found_in_other_ways(slopes):
    def loss(a, b):
        return -(a.mean(-1) - b.mean(-1))

    for seed in range(5):
        toy_gans.check_slopes(loss, lambda a, b: b.mean(-1).neg(), slopes, seed=seed)


def hinge(slope, one_sided):
    excess = torch.linalg.norm(slope, dim=-1) - 1
    return (torch.relu(excess) if one_sided else excess).square().mean(-1)


def with_epsilon(slope, one_sided):
    length = (slope.square().sum(-1) + 1e-12).sqrt()
    return (torch.where(length > 1, length - 1, 0.0 if one_sided else length - 1) ** 2).mean(-1)


def with_maximum(slope, one_sided):
    excess = functional.pairwise_distance(slope, torch.zeros_like(slope), eps=1e-8) - 1
    excess = torch.maximum(excess, torch.zeros_like(excess)) if one_sided else excess
    return excess.pow(2).sum(-1) / slope.shape[-2]


@pytest.mark.parametrize("penalty", [hinge, with_epsilon, with_maximum])
def test_penalties_may_be_written_in_other_ways(penalty):
    for seed in range(5):
        toy_gans.check_penalties(
            lambda a, b, u: torch.lerp(b, a, u),
            penalty,
            lambda s: s.square().mean(-2).sum(-1) / 2,
            seed=seed,
        )


def power_by_matmul(W, v):
    with torch.no_grad():
        u = functional.normalize((W @ v.unsqueeze(-1)).squeeze(-1), dim=-1)
        v = functional.normalize((W.mT @ u.unsqueeze(-1)).squeeze(-1), dim=-1)
    return (u.unsqueeze(-2) @ W @ v.unsqueeze(-1))[..., 0, 0], v


def power_by_outer(W, v):
    u = (W.detach() * v[..., None, :]).sum(-1)
    u = u / u.norm(dim=-1, keepdim=True)
    v = (W.detach() * u[..., :, None]).sum(-2)
    v = v / v.norm(dim=-1, keepdim=True)
    return (W * u[..., :, None] * v[..., None, :]).sum((-1, -2)), v


def power_by_length(W, v):
    """σ is the length of Wᵀ u, too, if u is a constant."""
    u = torch.einsum("...ij,...j->...i", W.detach(), v)
    new = torch.einsum("...ij,...i->...j", W, u / u.norm(dim=-1, keepdim=True))
    sigma = new.norm(dim=-1)
    return sigma, (new / sigma[..., None]).detach()


@pytest.mark.parametrize("power", [power_by_matmul, power_by_outer, power_by_length])
def test_power_iteration_may_be_written_in_other_ways(power):
    for seed in range(20):
        toy_gans.check_power_step(power, seed=seed)


def test_power_iteration_is_that_of_torch(solution):
    """The layer of torch's own parametrisation, after as many steps."""
    torch.manual_seed(3)
    layer = nn.Linear(6, 4, bias=False)
    W, v = layer.weight.detach().clone(), torch.ones(6)
    for _ in range(100):
        sigma, v = solution["power_step"](W, v)
    own = nn.utils.parametrizations.spectral_norm(layer, n_power_iterations=100)
    own(torch.zeros(1, 6))
    torch.testing.assert_close(own.weight, W / sigma)


def torch_step(theta, phi, lr, gamma, alternating):
    """Gradients from torch instead of equation (7)."""
    theta, phi = (torch.tensor(float(x), dtype=torch.float64) for x in (theta, phi))
    phi.requires_grad_()
    penalty = gamma / 2 * phi**2
    (slope,) = torch.autograd.grad(functional.softplus(phi * theta) + penalty, phi)
    new = (phi - lr * slope).detach()
    seen = new if alternating else phi.detach()
    theta.requires_grad_()
    (slope,) = torch.autograd.grad(functional.softplus(-seen * theta), theta)
    return torch.stack([(theta - lr * slope).detach(), new])


def jacobian_by_hand(lr, gamma, alternating):
    h, damped = lr / 2, 1 - lr * gamma
    return [[1 - h**2 * alternating, h * (damped if alternating else 1)], [-h, damped]]


def jacobian_of_steps(lr, gamma, alternating):
    columns = [torch_step(*(1e-5 * unit), lr, gamma, alternating) / 1e-5 for unit in np.eye(2)]
    return torch.stack(columns, dim=1)


def jacobian_of_matrices(lr, gamma, alternating):
    first, second = np.array([[1, 0], [-lr / 2, 1 - lr * gamma]]), np.array([[1, lr / 2], [0, 1]])
    return second @ first if alternating else first + second - np.eye(2)


@pytest.mark.parametrize("jacobian", [jacobian_by_hand, jacobian_of_steps, jacobian_of_matrices])
@pytest.mark.parametrize("radius", ["numpy", "torch", "quadratic"])
def test_dirac_gan_may_be_written_in_other_ways(jacobian, radius):
    def quadratic(J):
        half, det = np.trace(J) / 2, np.linalg.det(J)
        root = np.emath.sqrt(half**2 - det)
        return max(abs(half + root), abs(half - root))

    factor = {
        "numpy": lambda J: max(abs(np.linalg.eig(J)[0])),
        "torch": lambda J: torch.linalg.eigvals(torch.as_tensor(J)).abs().max(),
        "quadratic": quadratic,
    }[radius]
    for seed in range(5):
        toy_gans.check_dirac(torch_step, jacobian, factor, seed=seed)


@pytest.mark.parametrize("alternating", [False, True])
@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.5])
def test_game_does_what_its_jacobian_says(alternating, gamma, solution):
    lr, state = 0.2, (1e-6, 5e-7)
    jacobian = solution["dirac_jacobian"](lr, gamma, alternating)
    expected = np.array(state)
    for _ in range(30):
        state = solution["dirac_step"](*state, lr, gamma, alternating)
        expected = jacobian @ expected
    np.testing.assert_allclose(state, expected, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("lr", [0.1, 0.5])
def test_factors_are_those_that_the_text_states(lr, solution):
    factors = [
        solution["factor_per_step"](solution["dirac_jacobian"](lr, 0.0, alternating))
        for alternating in (False, True)
    ]
    np.testing.assert_allclose(factors, [math.sqrt(1 + lr**2 / 4), 1])


def force_of_torch(log_data, log_model, dx, non_saturating):
    logit = torch.as_tensor(log_data) - torch.as_tensor(log_model)
    (slope,) = torch.gradient(logit, spacing=float(dx))
    return torch.sigmoid(-logit if non_saturating else logit) * slope


def force_by_differences(log_data, log_model, dx, non_saturating):
    logit = np.pad(log_data - log_model, 1, mode="reflect", reflect_type="odd")
    slope = (logit[2:] - logit[:-2]) / (2 * dx)
    sign = -1 if non_saturating else 1
    return slope * np.exp(-np.logaddexp(0, -sign * logit[1:-1]))


def force_of_the_loss(log_data, log_model, dx, non_saturating):
    """Minus the slope of the loss along the grid, with D held: a product of two derivatives."""
    logit = log_data - log_model
    log_d, log_1d = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    return np.exp(log_1d if non_saturating else log_d) * np.gradient(logit, dx, edge_order=2)


@pytest.mark.parametrize("force", [force_of_torch, force_by_differences, force_of_the_loss])
def test_forces_may_be_written_in_other_ways(force):
    def mean(log_data, log_model, dx, flag):
        integrand = np.exp(log_model) * np.asarray(force(log_data, log_model, dx, flag))
        return np.trapezoid(integrand, dx=dx)

    for seed in range(10):
        toy_gans.check_force(force, mean, seed=seed)


def test_mean_force_is_minus_the_gradient_of_the_loss(solution):
    """Shift a model's events with D held, and look at the loss."""
    x, dx = np.linspace(-20, 20, 40_001, retstep=True)
    log_data, log_model = norm.logpdf(x, 0.5, 1.2), norm.logpdf(x, -0.7, 0.8)
    logit = log_data - log_model
    for flag, term in ((False, -np.logaddexp(0, logit)), (True, np.logaddexp(0, -logit))):
        losses = [np.sum(norm.pdf(x, -0.7 + shift, 0.8) * term) * dx for shift in (-1e-4, 1e-4)]
        mean = solution["mean_force"](log_data, log_model, dx, flag)
        assert mean == pytest.approx(-(losses[1] - losses[0]) / 2e-4, rel=1e-3)


def good_by_numpy(x, centres, width):
    distance = np.linalg.norm(np.asarray(x)[..., None, :] - np.asarray(centres), axis=-1)
    return np.mean(np.min(distance, axis=-1) < 3 * width, axis=-1)


def modes_by_loop(x, centres, width):
    x, centres = np.asarray(x), np.asarray(centres)
    if x.ndim > 2:
        return np.array([modes_by_loop(one, centres, width) for one in x])
    squares = ((x[:, None] - centres) ** 2).sum(-1)
    squares = squares[squares.min(axis=1) < 9 * width**2]
    counts = np.bincount(squares.argmin(axis=1), minlength=len(centres)) if len(squares) else [0]
    return np.sum(np.asarray(counts) * len(centres) >= 0.2 * len(x))


def modes_by_distance(x, centres, width):
    """Centres are far apart: an event is good for one of them."""
    near = torch.cdist(x, centres.to(x)) < 3 * width
    return (near.double().mean(dim=-2) * len(centres) >= 0.2 - 1e-12).sum(dim=-1)


@pytest.mark.parametrize("modes", [modes_by_loop, modes_by_distance])
def test_measures_may_be_written_in_other_ways(modes):
    for seed in range(20):
        toy_gans.check_measures(good_by_numpy, modes, seed=seed)


def test_collapse_and_cures_are_reliable_in_the_calibration():
    lost = CALIBRATION.metric("ring_lost")
    assert len(lost.values) == 20
    assert len(lost.variants) >= 6
    assert lost.weak >= 0.8
    assert max(np.mean(values) for values in (lost.values, *lost.variants.values())) <= 0.05


def test_control_sees_a_missing_peak():
    (control,) = CONTROLS
    assert control.truth(1) < control.limit < control.deformed(1)


def spread(z, scale=1.0):
    """Twenty smooth maps to a ring."""
    angle = 2 * torch.pi * torch.special.ndtr(torch.as_tensor(z)[..., 0])
    turns = torch.arange(20)[:, None] / 20
    return 2 * scale * torch.stack([(angle + turns).cos(), (angle + turns).sin()], dim=-1)


def test_cure_is_measured_on_events_of_twenty_networks():
    wide, point = (
        toy_gans.check_cure(lambda z, scale=scale: spread(z, scale)) for scale in (1.2, 0.01)
    )
    assert 0 < wide < 0.5  # for W1 alone: no peak is reached
    assert point == 0
    assert _toy_quality.measure_cure(spread)["ring_lost"] == 0
