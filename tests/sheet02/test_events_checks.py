"""Checks of exercise 3: right answers pass however they are written, typical mistakes fail."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import gaussian_kde
from scipy.stats import norm as gaussian
from torch.distributions import Normal

from autograde_tests import reference
from autograde_tests.sheet02 import _events_flow, _events_mass, _events_truth, events
from autograde_tests.sheet02.mutants.events import CASES
from course_utils import checks, kinematics
from course_utils.data import load_drell_yan
from course_utils.preprocessing import DrellYanPreprocessing


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet02", "event_gan")


def test_every_check_has_mutants():
    assert {case.name for case in CASES} == set(events.__all__)
    assert min(len(case.mutants) for case in CASES) >= 4


def as_tensor(function, dtype):
    """The same answer, but returned as a tensor of this precision."""

    def answer(*arguments):
        return torch.as_tensor(np.asarray(function(*arguments)), dtype=dtype)

    return answer


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: case.name)
def test_tensors_of_either_precision_are_right_answers(case, dtype, solution):
    case.check(*(as_tensor(answer, dtype) for answer in case.right_answers(solution)), seed=3)


def test_flow_in_float32_is_right(solution):
    def single(function):
        return lambda *given: function(*(value.float() for value in given))

    for seed in range(3):
        events.check_spline_flow(
            single(solution["spline"]), single(solution["flow_loss"]), seed=seed
        )


def loop_error(p):
    return [sum((share - 1 / len(row)) ** 2 for share in row) / len(row) for row in p]


def variance_points(p):
    """The variance over the bins is the error, as probabilities add up to one."""
    n = p.shape[1]
    return (1 / n) * ((n - 1) / n) / p.var(axis=1).mean()


def test_quantile_error_may_be_a_loop_or_a_variance():
    events.check_quantile_error(loop_error, variance_points)
    events.check_quantile_error(lambda p: p.var(axis=1), variance_points)
    events.check_quantile_error(lambda p: (p**2).mean(axis=1) - p.shape[1] ** -2.0, variance_points)


def minimised(x):
    """The fit by a minimiser, with the peaks in the other order."""
    found = []
    for points in x:

        def loss(free, points=points):
            w, s1, s2 = 1 / (1 + np.exp(free[0])), *np.exp(free[3:])
            density = w * gaussian.pdf(points, free[1], s1)
            return -np.log(density + (1 - w) * gaussian.pdf(points, free[2], s2)).sum()

        free = minimize(loss, [0.0, points.max() - 1, points.min() + 1, 0.0, 0.0]).x
        s1, s2 = np.exp(free[3:])
        found.append([1 / (1 + np.exp(free[0])), free[1], s1, free[2], s2])
    return np.array(found)


def looped_step(x, parameters):
    found = []
    for points, (w, mu1, sigma1, mu2, sigma2) in zip(x, parameters, strict=True):
        log_odds = np.log(w / (1 - w)) + gaussian.logpdf(points, mu1, sigma1)
        r = 1 / (1 + np.exp(gaussian.logpdf(points, mu2, sigma2) - log_odds))
        row = [np.mean(r)]
        for weights in (r, 1 - r):
            mean, square = (weights @ points**k / weights.sum() for k in (1, 2))
            row += [mean, np.sqrt(square - mean**2)]
        found.append(row)
    return found


def added_in_logarithms(x, parameters):
    w, mu1, sigma1, mu2, sigma2 = torch.as_tensor(parameters).T[:, :, None]
    points = torch.as_tensor(x)
    first = torch.log(w) + Normal(mu1, sigma1).log_prob(points)
    second = torch.log1p(-w) + Normal(mu2, sigma2).log_prob(points)
    return torch.logaddexp(first, second).sum(1)


def test_fit_may_be_minimised_with_its_peaks_in_any_order(solution):
    events.check_fit(added_in_logarithms, looped_step, minimised)
    steps = solution["fit_camel"]
    events.check_fit(
        added_in_logarithms, solution["em_step"], lambda x: steps(x)[:, [0, 1, 2, 3, 4]].tolist()
    )


@pytest.mark.parametrize("seed", range(3))
def test_spike_is_likelier_than_the_fit_and_refused_nevertheless(seed, solution):
    case = next(case for case in CASES if case.name == "check_fit")
    x = _events_truth.draw(_events_truth.parameters(np.random.default_rng(seed), 2), 100,
                           np.random.default_rng(seed))  # fmt: skip
    spike = case.mutants["fit: a spike"].answers(solution)
    likelihood = solution["log_likelihood"]
    assert np.all(likelihood(x, spike[2](x)) > likelihood(x, solution["fit_camel"](x)))
    with pytest.raises(checks.CheckFailed, match="spike"):
        case.check(*spike, seed=seed)


def scipy_cdf(x, t, h):
    """scipy's estimate scales the bandwidth with the width of the sample."""
    rows = []
    for points, width in zip(x, h, strict=True):
        estimate = gaussian_kde(points, bw_method=width / points.std(ddof=1))
        rows.append([estimate.integrate_box_1d(-np.inf, place) for place in t])
    return rows


def looped_score(x, bandwidths):
    scores = np.zeros((len(x), len(bandwidths)))
    for row, points in enumerate(x):
        for column, h in enumerate(bandwidths):
            for i, point in enumerate(points):
                others = np.delete(points, i)
                scores[row, column] += np.log(gaussian.pdf(point, others, h).mean()) / len(points)
    return scores


def corrected_score(x, bandwidths):
    """The density with all points, less the part of the point itself."""
    n, columns = x.shape[1], []
    for h in bandwidths:
        density = gaussian.pdf(x[:, :, None], x[:, None, :], h).mean(axis=2)
        left = (n * density - gaussian.pdf(0, 0, h)) / (n - 1)
        columns.append(np.log(left).mean(axis=1))
    return torch.as_tensor(np.array(columns).T)


def test_kernel_estimate_may_be_scipys_and_the_score_a_loop():
    events.check_kernel_estimate(scipy_cdf, looped_score)
    events.check_kernel_estimate(
        lambda x, t, h: (
            Normal(0.0, 1.0)
            .cdf(torch.as_tensor((t[:, None] - x[:, None, :]) / h[:, None, None]))
            .mean(-1)
        ),
        corrected_score,
    )


def spline_by_autograd(x, knots_x, knots_z, slopes):
    """Rows in a loop, bins by comparison, the slope by differentiation."""
    points = x if x.requires_grad else x.clone().requires_grad_()
    rows = []
    for row, xs, zs, ds in zip(points, knots_x, knots_z, slopes, strict=True):
        k = ((row[:, None] >= xs).sum(dim=1) - 1).clamp(0, len(xs) - 2)
        width, height = xs[k + 1] - xs[k], zs[k + 1] - zs[k]
        u = ((row - xs[k]) / width).clamp(0, 1)
        below = height / width + (ds[k] + ds[k + 1] - 2 * height / width) * u * (1 - u)
        inside = zs[k] + height * (height / width * u**2 + ds[k] * u * (1 - u)) / below
        rows.append(torch.where((row < xs[0]) | (row > xs[-1]), row, inside))
    z = torch.stack(rows)
    (slope,) = torch.autograd.grad(z.sum(), points, create_graph=True)
    return z, torch.log(slope)


def loss_of_a_distribution(*given):
    z, log_slope = spline_by_autograd(*given)
    return -(Normal(0.0, 1.0).log_prob(z) + log_slope).mean(-1)


def test_slope_of_the_spline_may_come_from_autograd():
    for seed in range(3):
        events.check_spline_flow(spline_by_autograd, loss_of_a_distribution, seed=seed)


def test_true_spline_is_a_normalised_flow():
    x = torch.linspace(-9, 9, 18_001, dtype=torch.float64)
    given = _events_flow._splines(np.random.default_rng(0))
    z, log_slope = _events_flow.true_spline(**{**given, "x": x.expand(3, -1)})
    density = torch.exp(Normal(0.0, 1.0).log_prob(z) + log_slope)
    torch.testing.assert_close(
        torch.trapezoid(density, x), torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-6
    )
    torch.testing.assert_close(torch.gradient(z[0], spacing=(x,))[0][1:-1],
                               log_slope[0].exp()[1:-1], rtol=0, atol=5e-3)  # fmt: skip


def mass_of_four_momenta(x, mean, scale):
    """E² − p² of massless four-momenta, in float64."""
    y = (mean + scale * x).double()
    pt, eta = y[..., :1].exp() + 10, 2.5 * y[..., 1:].tanh()
    energy, pz = (pt * torch.cosh(eta)).sum(-1), (pt * torch.sinh(eta)).sum(-1)
    return torch.sqrt(energy**2 - pz**2)


def mass_by_the_difference(x, mean, scale):
    """m² = 2 pT² (cosh Δη + 1)."""
    log_pt, one, two = torch.unbind(x * scale + mean, dim=-1)
    delta = 2.5 * (torch.tanh(one) - torch.tanh(two))
    return (log_pt.exp() + 10) * torch.sqrt(2 * (torch.cosh(delta) + 1))


@pytest.mark.parametrize("answer", [mass_of_four_momenta, mass_by_the_difference])
def test_mass_may_come_from_four_momenta(answer):
    for seed in range(3):
        events.check_pair_mass(answer, seed=seed)


def test_mass_is_that_of_the_events():
    data = load_drell_yan("validation")[:500]
    preprocessing = DrellYanPreprocessing().fit(data)
    x, mean, scale = (
        torch.as_tensor(values)
        for values in (preprocessing.transform(data), preprocessing.mean_, preprocessing.scale_)
    )
    right = kinematics.mass(data.reshape(-1, 2, 4).sum(axis=1))
    np.testing.assert_allclose(_events_mass.true_mass(x, mean, scale), right, rtol=1e-4)


def lorentzian(d, width):
    return width**2 / (d.square() + width**2)


def mmd_of_loops(x, y, kernel):
    """Pairs i < j, replica by replica."""
    rows = []
    for a, b in zip(x, y, strict=True):
        (i, j), (m, n) = (torch.triu_indices(len(v), len(v), 1) for v in (a, b))
        within = kernel(a[i] - a[j]).mean() + kernel(b[m] - b[n]).mean()
        rows.append(within - 2 * kernel(torch.cartesian_prod(a, b).diff(dim=1)).mean())
    return torch.stack(rows)


def mmd_with_a_mask(x, y, kernel):
    def off_diagonal(values):
        n = values.shape[-1]
        gram = kernel(values.unsqueeze(1) - values.unsqueeze(2))
        return gram[:, ~torch.eye(n, dtype=torch.bool)].mean(dim=1)

    return (
        off_diagonal(x) + off_diagonal(y) - 2 * kernel(x.unsqueeze(1) - y.unsqueeze(2)).mean((1, 2))
    )


@pytest.mark.parametrize("answer", [mmd_of_loops, mmd_with_a_mask])
def test_mmd_may_be_a_loop_over_pairs_or_a_mask(answer):
    events.check_mmd_term(lorentzian, answer, seed=4)
    events.check_mmd_term(lambda d, w: (1 + d**2 / w**2) ** -1.0, answer, seed=5)
