"""Checks of `distances`: right answers pass however they are written, typical mistakes fail."""

import numpy as np
import ot
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment, linprog, minimize
from scipy.stats import ks_2samp, mannwhitneyu, norm, wasserstein_distance
from sklearn.metrics import roc_auc_score

from autograde_tests import reference
from autograde_tests.sheet02 import distances
from autograde_tests.sheet02._distances_divergences import gaussian_kl
from autograde_tests.sheet02.mutants.distances import CASES
from course_utils import checks

SEEDS = range(5)


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet02", "distances")


def test_every_check_has_mutants():
    assert {case.name for case in CASES} == set(distances.__all__)
    assert min(len(case.mutants) for case in CASES) >= 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("nonsense", [None, "seven", object(), float("nan"), [], {}])
def test_nonsense_is_a_failed_check_and_not_a_crash(case, nonsense):
    with pytest.raises(checks.CheckFailed):
        case.check(*[lambda *_: nonsense] * len(case.answers))


# --- right answers, written differently -----------------------------------------------------------


def kl_by_masks(p, q, dx):
    if np.any((q == 0) & (p > 0)):
        return np.inf
    some = p > 0
    return dx * (p[some] * (np.log(p[some]) - np.log(q[some]))).sum()


def kl_in_torch(p, q, dx):
    p, q = torch.as_tensor(p), torch.as_tensor(q)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum() * dx


def js_by_entropies(p, q, dx):
    def entropy(r):
        return -dx * np.sum(r * np.log(np.where(r > 0, r, 1.0)))

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def tv_by_the_overlap(p, q, dx):
    return dx * (np.maximum(p, q) - np.minimum(p, q)).sum() / 2


def tv_in_torch(p, q, dx):
    return torch.nn.functional.l1_loss(torch.as_tensor(p), torch.as_tensor(q)) * len(p) * dx / 2


@pytest.mark.parametrize("kl", [kl_by_masks, kl_in_torch])
@pytest.mark.parametrize("tv", [tv_by_the_overlap, tv_in_torch])
def test_divergences_may_be_masked_or_torch(kl, tv):
    for seed in SEEDS:
        distances.check_divergences(kl, tv, js_by_entropies, seed=seed)


def forward_by_minimising(p, x, dx):
    def objective(at):
        return -dx * np.sum(p * norm.logpdf(x, at[0], np.exp(at[1])))

    found = minimize(objective, [0.0, 0.5], method="BFGS").x
    return found[0], np.exp(found[1])


def reverse_in_torch(p, x, dx, mean, sigma):
    at = torch.tensor([mean, np.log(sigma)], dtype=torch.float64, requires_grad=True)
    x, log_p = torch.as_tensor(x), torch.as_tensor(np.log(p))
    optimiser = torch.optim.Adam([at], lr=0.02)
    for _ in range(500):
        log_q = torch.distributions.Normal(at[0], at[1].exp()).log_prob(x)
        loss = (log_q.exp() * (log_q - log_p)).sum() * dx
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return torch.stack((at[0], at[1].exp()))


def reverse_by_gradient(p, x, dx, mean, sigma):
    def objective(at):
        q = norm.pdf(x, at[0], at[1])
        return dx * np.sum(q * (norm.logpdf(x, at[0], at[1]) - np.log(p)))

    found = minimize(objective, [mean, sigma], bounds=[(None, None), (0.05, None)])
    return list(found.x)


@pytest.mark.parametrize("reverse", [reverse_in_torch, reverse_by_gradient])
def test_fits_may_be_minimised_in_other_ways(reverse):
    for seed in range(2):
        distances.check_fits(forward_by_minimising, reverse, seed=seed)


def bound_from_sums(kind, T_p, T_q):
    if kind == "KL":
        second = torch.sum(torch.e ** (T_q - 1)) / len(T_q)
    elif kind == "reverse KL":
        second = -1 - torch.log(T_q.abs()).mean()
    else:
        second = torch.log((2 - T_q.exp() ** 2) ** -0.5).mean()
    return torch.sum(T_p) / len(T_p) - second


def slope_by_autograd(kind, ratio):
    f = {
        "KL": lambda u: u * torch.log(u),
        "reverse KL": lambda u: -torch.log(u),
        "JSD": lambda u: (u * torch.log(2 * u / (1 + u)) + torch.log(2 / (1 + u))) / 2,
    }[kind]
    u = ratio.clone().requires_grad_()
    return torch.autograd.grad(f(u).sum(), u)[0]


def slope_in_numpy(kind, ratio):
    u = np.asarray(ratio)
    if kind == "JSD":
        return (np.log(2 * u) - np.log1p(u)) / 2
    return np.log(u) + 1 if kind == "KL" else -(u**-1)


@pytest.mark.parametrize("best", [slope_by_autograd, slope_in_numpy])
def test_bound_may_be_summed_and_its_function_differentiated(best):
    for seed in SEEDS:
        distances.check_bound(bound_from_sums, best, seed=seed)


def transport_by_pot(x, y, a, b):
    costs = ot.dist(x, y, metric="euclidean")
    plan = ot.emd(a, b, costs)
    return (plan * costs).sum(), torch.as_tensor(plan)


def transport_row_by_row(x, y, a, b):
    n, m = len(a), len(b)
    costs = np.array([[np.hypot(*(one - other)) for other in y] for one in x])
    conditions, values = [], []
    for i in range(n):
        row = np.zeros((n, m))
        row[i] = 1
        conditions.append(row.ravel())
        values.append(a[i])
    for j in range(m - 1):  # the last one follows from the others
        column = np.zeros((n, m))
        column[:, j] = 1
        conditions.append(column.ravel())
        values.append(b[j])
    found = linprog(costs.ravel(), A_eq=conditions, b_eq=values)
    return [found.fun, found.x.reshape(n, m)]


@pytest.mark.parametrize("transport", [transport_by_pot, transport_row_by_row])
def test_transport_may_be_solved_in_other_ways(transport):
    for seed in SEEDS:
        distances.check_transport(transport, seed=seed)


def w1_by_quantiles(x, y):
    n, m = len(x), len(y)
    return np.abs(np.repeat(np.sort(x), m) - np.repeat(np.sort(y), n)).mean()


def w1_by_assignment(x, y):
    first, second = np.repeat(x, len(y)), np.repeat(y, len(x))
    if len(x) == len(y):
        first, second = x, y
        costs = np.abs(first[:, None] - second[None])
        return costs[linear_sum_assignment(costs)].mean()
    return wasserstein_distance(x, y)


def w2_by_eigenvalues(mean, cov, other_mean, other_cov):
    mixed = np.sqrt(np.linalg.eigvals(cov @ other_cov).real).sum()
    shift = (mean - other_mean) @ (mean - other_mean)
    return shift + np.trace(cov) + np.trace(other_cov) - 2 * mixed


def w2_by_pot(mean, cov, other_mean, other_cov):
    return ot.gaussian.bures_wasserstein_distance(mean, other_mean, cov, other_cov) ** 2


@pytest.mark.parametrize("w1", [w1_by_quantiles, w1_by_assignment])
@pytest.mark.parametrize("w2", [w2_by_eigenvalues, w2_by_pot])
def test_closed_forms_may_come_from_elsewhere(w1, w2):
    for seed in SEEDS:
        distances.check_closed_forms(w1, w2, seed=seed)


def along_the_line(x, a, b):
    return x @ (a - b) / np.linalg.norm(a - b)


def half_of_both(x, a, b):
    return (np.linalg.norm(x - b, axis=1) - np.linalg.norm(x - a, axis=1)) / 2


def line_by_a_program(x, p, q):
    steps = np.diff(np.eye(len(x)), axis=0)
    found = linprog(
        q - p,
        A_ub=np.concatenate((steps, -steps)),
        b_ub=np.tile(np.diff(x), 2),
        bounds=[(0, 0), *[(None, None)] * (len(x) - 1)],
    )
    return found.x


def line_from_the_right(x, p, q):
    f = [0.0]
    for k in range(len(x) - 2, -1, -1):
        rising = np.sum(p[: k + 1]) < np.sum(q[: k + 1])
        f.insert(0, f[0] - (x[k + 1] - x[k]) * (1 if rising else -1))
    return torch.tensor(f)


@pytest.mark.parametrize("points", [along_the_line, half_of_both])
@pytest.mark.parametrize("line", [line_by_a_program, line_from_the_right])
def test_any_best_potential_is_right(points, line):
    for seed in SEEDS:
        distances.check_potentials(points, line, seed=seed)


def boxes_by_cases(theta):
    far = np.abs(theta) > 1
    tv = np.where(far, 1.0, np.abs(theta))
    return np.stack((tv, np.where(far, np.log(2), tv * np.log(2)), np.sqrt(theta**2)))


def slopes_by_differences(theta):
    return (boxes_by_cases(theta + 1e-6) - boxes_by_cases(theta - 1e-6)) / 2e-6


def slopes_by_autograd(theta):
    def slope(distance):
        t = torch.tensor(theta, requires_grad=True)
        return torch.autograd.grad(distance(t).sum(), t)[0]

    tv = slope(lambda t: t.abs().clamp(max=1))
    return tv, np.log(2) * tv, slope(torch.abs)


@pytest.mark.parametrize("slopes", [slopes_by_differences, slopes_by_autograd])
def test_slopes_may_be_differentiated(slopes):
    for seed in SEEDS:
        distances.check_shifted_boxes(boxes_by_cases, slopes, seed=seed)


def gaussian_by_cdist(x, y, h):
    return torch.exp(-0.5 * (torch.cdist(x, y) / h) ** 2)


def breit_wigner_by_cdist(x, y, h):
    return 1 / (1 + (torch.cdist(x, y) / h) ** 2)


def squares_by_products(x, y):
    return (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T


def mmd_without_the_diagonal(k_xx, k_yy, k_xy, unbiased):
    def mean(k):
        return k[~torch.eye(len(k), dtype=torch.bool)].mean() if unbiased else k.mean()

    return mean(k_xx) - 2 * torch.mean(k_xy) + mean(k_yy)


def mmd_by_weights(k_xx, k_yy, k_xy, unbiased):
    n, m = k_xy.shape
    total = -2 * torch.einsum("ij->", k_xy) / (n * m)
    for k, size in ((k_xx, n), (k_yy, m)):
        weights = torch.ones(size, size) - unbiased * torch.eye(size)
        total = total + (weights * k).sum() / weights.sum()
    return total


@pytest.mark.parametrize(
    ("gaussian", "breit_wigner"),
    [
        (gaussian_by_cdist, breit_wigner_by_cdist),
        (
            lambda x, y, h: torch.exp(-squares_by_products(x, y) / 2 / h**2),
            lambda x, y, h: (1 + squares_by_products(x, y) / h**2) ** -1,
        ),
    ],
    ids=["cdist", "products"],
)
@pytest.mark.parametrize("mmd", [mmd_without_the_diagonal, mmd_by_weights])
def test_kernels_and_discrepancy_may_be_written_in_other_ways(gaussian, breit_wigner, mmd):
    for seed in SEEDS:
        distances.check_kernels(gaussian, breit_wigner, seed=seed)
        distances.check_mmd(mmd, seed=seed)


def p_by_a_loop(observed, null):
    count = 1
    for value in null:
        count += value >= observed
    return count / (len(null) + 1)


def p_of_all_together(observed, null):
    together = np.append(null, observed)
    return np.mean(together >= observed)


def null_by_indices(statistic, x, y, n_null, seed):
    rng, pool = np.random.default_rng(seed), np.vstack((x, y))
    order = [rng.permutation(len(pool)) for _ in range(n_null)]
    return [statistic(pool[i[: len(x)]], pool[i[len(x) :]]) for i in order]


def null_by_shuffling_in_torch(statistic, x, y, n_null, seed):
    generator = torch.Generator().manual_seed(seed)
    pool = torch.as_tensor(np.concatenate((y, x)))
    values = torch.empty(n_null)
    for k in range(n_null):
        pool = pool[torch.randperm(len(pool), generator=generator)]
        values[k] = statistic(pool[: len(x)].numpy(), pool[len(x) :].numpy())
    return values


@pytest.mark.parametrize("p_value", [p_by_a_loop, p_of_all_together])
@pytest.mark.parametrize("null", [null_by_indices, null_by_shuffling_in_torch])
def test_nulls_may_be_dealt_in_other_ways(p_value, null):
    for seed in SEEDS:
        distances.check_null(p_value, null, seed=seed)


def chi2_by_a_loop(x, y, edges):
    total = 0.0
    for h, g in zip(np.histogram(x, edges)[0], np.histogram(y, edges)[0], strict=True):
        if h or g:
            total += (h / len(x) - g / len(y)) ** 2 / (h / len(x) ** 2 + g / len(y) ** 2)
    return total


def chi2_scaled(x, y, edges):
    h, g = np.histogram(x, edges)[0], np.histogram(y, edges)[0]
    scale = len(x) / len(y)
    return np.nansum((h - g * scale) ** 2 / np.where(h + g > 0, h + g * scale**2, np.nan))


@pytest.mark.parametrize("chi2", [chi2_by_a_loop, chi2_scaled])
def test_statistics_of_the_mass_may_come_from_scipy(chi2):
    for seed in SEEDS:
        distances.check_mass_statistics(lambda x, y: ks_2samp(x, y).statistic, chi2, seed=seed)


def auc_by_scikit_learn(data, model):
    labels = np.repeat([0, 1], [len(data), len(model)])
    return roc_auc_score(labels, np.concatenate((data, model)))


@pytest.mark.parametrize(
    "auc",
    [
        auc_by_scikit_learn,
        lambda d, m: mannwhitneyu(m, d).statistic / (len(d) * len(m)),
        lambda d, m: 0.5 + 0.5 * np.sign(m[:, None] - d).mean(),
    ],
)
def test_auc_may_come_from_elsewhere(auc):
    for seed in SEEDS:
        distances.check_auc(
            auc, lambda n, m: (1 / n + 1 / m + 1 / n / m) ** 0.5 / 12**0.5, seed=seed
        )


def power_by_loops(observed, null, alpha):
    R, n_faults, n_metrics = observed.shape
    k = np.zeros((n_faults, n_metrics))
    for r, i, j in np.ndindex(R, n_faults, n_metrics):
        k[i, j] += (1 + (null[:, j] >= observed[r, i, j]).sum()) / (len(null) + 1) <= alpha
    mean = (k + 1) / (R + 2)
    return k / R, np.sqrt(mean * (1 - mean) / (R + 3))


def power_by_order_statistics(observed, null, alpha):
    R = len(observed)
    most = int(np.floor(alpha * (1 + len(null)) + 1e-9)) - 1  # null values that may be above
    limits = np.sort(null, axis=0)[len(null) - 1 - most]
    k = (torch.as_tensor(observed) > torch.as_tensor(limits)).double().sum(0)
    return k / R, torch.sqrt((k + 1) * (R - k + 1)) / ((R + 2) * (R + 3) ** 0.5)


@pytest.mark.parametrize("power", [power_by_loops, power_by_order_statistics])
def test_power_may_be_counted_in_other_ways(power):
    for seed in SEEDS:
        distances.check_power(power, seed=seed)


# --- the truths of the checks and of the texts ----------------------------------------------------


def test_kl_of_gaussians_is_the_integral():
    def integrand(x):
        return norm.pdf(x, 0.3, 0.8) * (norm.logpdf(x, 0.3, 0.8) - norm.logpdf(x, -0.5, 1.2))

    assert gaussian_kl(0.3, 0.8, -0.5, 1.2) == pytest.approx(quad(integrand, -9, 9)[0])


def test_discrepancy_of_gaussians_has_no_bias(solution):
    """The closed form (12) of the notebook, from the solution's own functions."""
    rng = np.random.default_rng(1)
    h, distance = 1.3, 0.9
    exact = 2 * h / np.sqrt(h**2 + 2) * (1 - np.exp(-(distance**2) / 2 / (h**2 + 2)))
    kernel, mmd = solution["gaussian_kernel"], solution["mmd_squared"]
    values = []
    for _ in range(800):
        x, y = (torch.as_tensor(rng.normal(mean, 1, (8, 1))) for mean in (0, distance))
        values.append(float(mmd(kernel(x, x, h), kernel(y, y, h), kernel(x, y, h), True)))
    assert abs(np.mean(values) - exact) < 4 * np.std(values) / np.sqrt(len(values))


def test_bound_stays_below_the_divergence_and_reaches_it(solution):
    x, dx = np.linspace(-9, 9, 4001, retstep=True)
    p, q = norm.pdf(x, 0.5, 1), norm.pdf(x, -0.3, 1.2)
    ratio = torch.as_tensor(p / q)
    truths = {"KL": solution["kl"](p, q, dx), "reverse KL": solution["kl"](q, p, dx)}
    truths["JSD"] = solution["js"](p, q, dx)
    points = (np.arange(200_000) + 0.5) / 200_000
    for kind, truth in truths.items():
        best = np.asarray(solution["best_function"](kind, ratio))
        T_p, T_q = (
            torch.as_tensor(np.interp(norm.ppf(points, *of), x, best))
            for of in ((0.5, 1), (-0.3, 1.2))
        )
        assert float(solution["bound"](kind, T_p, T_q)) == pytest.approx(truth, abs=2e-3)
        assert float(solution["bound"](kind, 1.1 * T_p - 0.05, 1.1 * T_q - 0.05)) < truth


def test_no_dual_is_above_the_primal(solution):
    rng = np.random.default_rng(2)
    x = np.sort(rng.uniform(size=30))
    p, q = rng.dirichlet(np.ones(30), 2)
    primal, _ = solution["transport"](x[:, None], x[:, None], p, q)
    assert solution["line_potential"](x, p, q) @ (p - q) == pytest.approx(primal)
    for _ in range(50):
        steps = rng.uniform(-1, 1, 29) * np.diff(x)
        f = np.concatenate(([0.0], np.cumsum(steps)))
        assert f @ (p - q) <= primal


def test_transport_is_a_metric_and_does_not_turn(solution):
    rng = np.random.default_rng(3)
    clouds = rng.normal(size=(3, 9, 2))
    equal = np.full(9, 1 / 9)

    def cost(x, y):
        return solution["transport"](x, y, equal, equal)[0]

    ab, bc, ac = cost(*clouds[:2]), cost(*clouds[1:]), cost(*clouds[::2])
    assert ac <= ab + bc
    assert cost(clouds[0], clouds[0]) == pytest.approx(0, abs=1e-9)
    assert cost(clouds[1], clouds[0]) == pytest.approx(ab)
    turn, _ = np.linalg.qr(rng.normal(size=(2, 2)))
    assert cost(clouds[0] @ turn, clouds[1] @ turn) == pytest.approx(ab)


def test_permutation_p_values_are_uniform(solution):
    rng = np.random.default_rng(4)

    def statistic(first, second):
        return abs(first.mean() - second.mean())

    p = []
    for seed in range(300):
        x, y = rng.exponential(size=(12, 1)), rng.exponential(size=(20, 1))
        null = solution["permutation_null"](statistic, x, y, 19, seed)
        p.append(solution["p_value"](statistic(x, y), null))
    counts = np.bincount(np.round(20 * np.array(p)).astype(int), minlength=21)[1:]
    assert np.sum((counts - 15) ** 2) / 15 < 43.8  # 1 in 1,000 for 19 degrees of freedom
