"""Distances between samples, against distributions whose distances are known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf
from scipy.stats import chi2 as chi2_distribution
from scipy.stats import kstest, norm, wasserstein_distance

from course_utils.metrics import (
    MetricError,
    chi2,
    classifier_test,
    kl_divergence,
    mmd,
    sliced_wasserstein,
    total_variation,
    wasserstein,
)

SEEDS = st.integers(0, 2**32 - 1)


def normal(n_events, mean=0.0, width=1.0, seed=0, n_features=None):
    size = n_events if n_features is None else (n_events, n_features)
    return np.random.default_rng(seed).normal(mean, width, size)


# --- Wasserstein distances ---------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.1, -2.0, 30.0])
def test_wasserstein_of_a_shift_is_the_shift(shift):
    x = normal(1000)
    assert wasserstein(x, x + shift) == pytest.approx(abs(shift))


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_wasserstein_of_two_widths_of_a_gaussian(width):
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    expected = abs(width - 1) * np.sqrt(2 / np.pi)
    assert wasserstein(quantiles, width * quantiles) == pytest.approx(expected, rel=1e-3)
    x, y = normal(50_000, seed=1), normal(40_000, width=width, seed=2)
    assert wasserstein(x, y) == pytest.approx(expected, abs=0.02)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_wasserstein_with_weights_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=rng.integers(1, 30)), rng.normal(size=rng.integers(1, 30))
    x_weights, y_weights = rng.uniform(0.1, 1, x.size), rng.uniform(0.1, 1, y.size)
    expected = wasserstein_distance(x, y, x_weights, y_weights)
    assert wasserstein(x, y, x_weights, y_weights) == pytest.approx(expected, abs=1e-9)
    assert wasserstein(y, x, y_weights, x_weights) == pytest.approx(expected, abs=1e-9)


def test_an_integer_weight_is_as_good_as_copies_of_the_event():
    x, y, copies = normal(50), normal(60, 1.0, seed=1), np.arange(50) % 4
    expected = wasserstein(np.repeat(x, copies), y)
    assert wasserstein(x, y, x_weights=copies) == pytest.approx(expected)
    features, others = normal(50, n_features=3), normal(60, n_features=3, seed=1)
    expected = sliced_wasserstein(np.repeat(features, copies, axis=0), others)
    assert sliced_wasserstein(features, others, x_weights=copies) == pytest.approx(expected)


def test_exact_weights_close_the_distance():
    x, y = normal(100_000), normal(100_000, 0.5, seed=1)
    weights = np.exp(0.5 * x - 0.125)  # ratio of the densities
    assert wasserstein(x, y) == pytest.approx(0.5, abs=0.02)
    assert wasserstein(x, y, x_weights=weights) < 0.02


@pytest.mark.parametrize(("n_features", "mean_cosine"), [(1, 1.0), (2, 2 / np.pi), (3, 0.5)])
def test_sliced_wasserstein_of_a_shift(n_features, mean_cosine):
    # Along a direction at angle a to the shift s the distance is |s cos a|.
    x, shift = normal(500, n_features=n_features), np.eye(n_features)[0] * 3.0
    distance = sliced_wasserstein(x, x + shift, n_projections=1000)
    assert distance == pytest.approx(3.0 * mean_cosine, rel=0.06)
    squared = sliced_wasserstein(x, x + shift, n_projections=1000, p=2) ** 2
    assert squared == pytest.approx(9.0 / n_features, rel=0.1)


def test_sliced_wasserstein_repeats_for_a_seed_and_is_symmetric():
    x, y = normal(300, n_features=4), normal(200, 0.3, seed=1, n_features=4)
    assert sliced_wasserstein(x, y, seed=3) == sliced_wasserstein(x, y, seed=3)
    assert sliced_wasserstein(x, y, seed=3) != sliced_wasserstein(x, y, seed=4)
    assert sliced_wasserstein(x, y) == pytest.approx(sliced_wasserstein(y, x))


def test_sliced_wasserstein_of_a_subsample_is_close():
    x, y = normal(8000, n_features=3), normal(8000, 0.5, seed=1, n_features=3)
    whole, part = sliced_wasserstein(x, y), sliced_wasserstein(x, y, max_events=4000)
    assert part != whole
    assert part == pytest.approx(whole, rel=0.05)


# --- histograms --------------------------------------------------------------------------------

EDGES = np.linspace(-12, 12, 2401)


def gaussian_bins(mean, width):
    return np.diff(norm.cdf(EDGES, mean, width))


@pytest.mark.parametrize(("mean", "width"), [(0.5, 1.0), (0.0, 1.3), (-1.0, 1.5)])
def test_kl_of_fine_histograms_is_that_of_gaussians(mean, width):
    p, q = gaussian_bins(0, 1), gaussian_bins(mean, width)
    expected = np.log(width) + (1 + mean**2) / (2 * width**2) - 0.5
    assert kl_divergence(1000 * p, 7 * q) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("shift", [0.1, 1.0, 3.0])
def test_total_variation_of_shifted_gaussians(shift):
    p, q = gaussian_bins(0, 1), gaussian_bins(shift, 1)
    expected = erf(shift / (2 * np.sqrt(2)))
    assert total_variation(p, 5 * q) == pytest.approx(expected, rel=1e-3)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_divergences_keep_their_bounds(seed):
    rng = np.random.default_rng(seed)
    p, q = rng.uniform(0.01, 1, (2, 12))
    distance = total_variation(p, q)
    assert 0 <= distance <= 1
    assert distance == pytest.approx(total_variation(q, p))
    assert kl_divergence(p, q) >= 2 * distance**2 - 1e-12  # Pinsker
    assert kl_divergence(p, 3 * p) == pytest.approx(0, abs=1e-12)
    assert total_variation(p, 3 * p) == pytest.approx(0, abs=1e-12)


def test_empty_bins_of_divergences():
    assert kl_divergence([1, 0, 1], [1, 1, 2]) == pytest.approx(np.log(2) - 0.5 * np.log(2))
    assert kl_divergence([1, 1], [1, 0]) == np.inf
    assert total_variation([1, 0], [0, 1]) == 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
def test_chi2_of_toys_follows_its_distribution(weighted, normalised):
    rng = np.random.default_rng(1)
    edges = np.linspace(0, 1, 11)
    p_values = []
    for _ in range(800):
        columns = []
        for n_expected in (2000, 1500):
            x = rng.uniform(size=n_expected if normalised else rng.poisson(n_expected))
            weights = rng.choice([0.5, 1.0, 1.5], x.size) if weighted else np.ones(x.size)
            scale = 1 / weights.sum() if normalised else 1 / n_expected
            values = np.histogram(x, edges, weights=weights)[0]
            variances = np.histogram(x, edges, weights=weights**2)[0]
            columns += [values * scale, variances * scale**2]
        result, ndf = chi2(columns[0], columns[2], columns[1], columns[3], normalised=normalised)
        assert ndf == (9 if normalised else 10)
        p_values.append(chi2_distribution.sf(result, ndf))
    assert kstest(p_values, "uniform").pvalue > 1e-3


def test_chi2_leaves_out_bins_that_are_empty_in_both():
    assert chi2([4, 0, 9], [1, 0, 9], [4, 0, 9], [1, 0, 9]) == (pytest.approx(9 / 5), 2)
    assert chi2([4, 0], [0, 5], [4, 0], [0, 5]) == (9.0, 2)
    assert chi2([4, 0, 9], [1, 0, 9], [4, 0, 9], [1, 0, 9], normalised=True)[1] == 1


# --- maximum mean discrepancy ------------------------------------------------------------------


def mean_kernel(shift, variance, bandwidth, n_features):
    """Mean Gaussian kernel of two independent Gaussians with summed variance `variance`."""
    total = bandwidth**2 + variance
    return (bandwidth**2 / total) ** (n_features / 2) * np.exp(-(shift**2) / (2 * total))


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize(("shift", "width"), [(0.5, 1.0), (0.0, 2.0), (1.0, 1.5)])
def test_mmd_of_gaussians_has_its_closed_form(n_features, shift, width):
    bandwidths = (0.7, 2.0)
    rng, results = np.random.default_rng(1), []
    for _ in range(200):  # unbiased: the mean of many small samples meets the exact value
        x, y = rng.normal(size=(200, n_features)), width * rng.normal(size=(150, n_features))
        y[:, 0] += shift
        results.append(mmd(x, y, bandwidths=bandwidths))
    expected = np.mean(
        [
            mean_kernel(0, 2, h, n_features)
            + mean_kernel(0, 2 * width**2, h, n_features)
            - 2 * mean_kernel(shift, 1 + width**2, h, n_features)
            for h in bandwidths
        ]
    )
    assert abs(np.mean(results) - expected) < 4 * np.std(results) / np.sqrt(200)
    assert np.std(results) / np.sqrt(200) < 0.05 * expected


def test_mmd_is_unbiased():
    rng = np.random.default_rng(1)
    null = [mmd(rng.normal(size=(40, 2)), rng.normal(size=(30, 2)), seed=k) for k in range(400)]
    assert abs(np.mean(null)) < 4 * np.std(null) / np.sqrt(400)
    assert min(null) < 0


def test_mmd_in_blocks_equals_the_whole_matrix():
    x, y = normal(700, n_features=2), normal(600, 0.3, seed=1, n_features=2)

    def kernel(a, b):
        return np.exp(-0.5 * ((a[:, None] - b[None]) ** 2).sum(-1))

    expected = (
        (kernel(x, x).sum() - 700) / (700 * 699)
        + (kernel(y, y).sum() - 600) / (600 * 599)
        - 2 * kernel(x, y).mean()
    )
    assert mmd(x, y, bandwidths=[1.0]) == pytest.approx(expected, rel=1e-9)


def test_mmd_does_not_depend_on_the_unit():
    x, y = normal(500), normal(500, 0.5, seed=1)
    assert mmd(1000 * x, 1000 * y) == pytest.approx(mmd(x, y))


# --- classifier test ---------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_auc_of_shifted_gaussians(shift):
    result = classifier_test(normal(20_000), normal(20_000, shift, seed=1))
    assert result.auc == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.015)
    assert result.p_value is None
    assert result.null_auc.shape == (0,)


def test_equal_distributions_are_within_the_null():
    x, y = normal(4000, n_features=3), normal(4000, n_features=3, seed=1)
    result = classifier_test(x, y, n_null=5)
    assert result.auc == pytest.approx(0.5, abs=0.025)
    assert result.null_auc == pytest.approx(np.full(5, 0.5), abs=0.035)
    assert result.p_value > 1 / 6


def test_a_difference_in_correlation_alone_is_found():
    x, y = normal(6000, n_features=2), normal(6000, n_features=2, seed=1)
    y[:, 1] = 0.8 * y[:, 0] + 0.6 * y[:, 1]
    result = classifier_test(x, y, n_null=5)
    assert result.auc > 0.65
    assert result.p_value == pytest.approx(1 / 6)


def test_exact_weights_bring_the_auc_to_one_half():
    x_model, x_data = normal(20_000), normal(15_000, 0.7, seed=1)
    weights = np.exp(0.7 * x_model - 0.245)
    before = classifier_test(x_data, x_model)
    after = classifier_test(x_data, x_model, weights_model=weights, n_null=3)
    assert before.auc > 0.65
    assert after.auc == pytest.approx(0.5, abs=0.02)
    assert abs(after.auc - 0.5) < 4 * max(np.std(after.null_auc), 0.004)
    swapped = classifier_test(x_model, x_data, weights_data=weights)
    assert swapped.auc == pytest.approx(0.5, abs=0.02)


def test_only_shapes_count_not_rates_or_the_scale_of_weights():
    x, y = normal(6000), normal(1500, seed=1)
    assert classifier_test(x, y).auc == pytest.approx(0.5, abs=0.035)
    result = classifier_test(x, y, weights_model=np.full(1500, 0.25), seed=2)
    assert result.auc == pytest.approx(classifier_test(x, y, seed=2).auc, abs=1e-9)


def test_more_folds_and_fewer_events_are_possible():
    x, y = normal(3000), normal(3000, 2.0, seed=1)
    assert classifier_test(x, y, n_folds=5, max_events=1000).auc == pytest.approx(0.92, abs=0.03)


def test_a_seed_repeats_the_classifier_test():
    x, y = normal(1000), normal(1000, 0.5, seed=1)
    first, second = (classifier_test(x, y, n_null=2, seed=3) for _ in range(2))
    other = classifier_test(x, y, n_null=2, seed=4)
    assert first.auc == second.auc != other.auc
    np.testing.assert_array_equal(first.null_auc, second.null_auc)


def test_the_classifier_test_sees_the_order_of_values_not_their_scale():
    x, y = normal(3000, n_features=2), normal(3000, 0.3, n_features=2, seed=1)
    stretched = classifier_test(np.exp(5 * x), np.exp(5 * y))
    assert stretched.auc == classifier_test(x, y).auc > 0.55


def test_tensors_are_welcome():
    x, y = torch.randn(500, 2, generator=torch.Generator().manual_seed(1)), normal(500, seed=1)
    assert sliced_wasserstein(x, x) == 0
    assert 0 <= classifier_test(x[:, 0], y).auc <= 1
    assert mmd(x, x.numpy() + 1) > 0.1


# --- mistakes of the caller --------------------------------------------------------------------

X = normal(100, n_features=2)
COUNTS = np.ones(5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein(X, X), r"`x` must have shape \(n_events,\).*got \(100, 2\)"),
        (lambda: wasserstein([], [1.0]), r"`x`.*at least one event, got \(0,\)"),
        (lambda: wasserstein([1.0, np.nan], [1.0]), "`x` has 1 NaN or infinite entries of 2"),
        (lambda: wasserstein([1.0], [2.0], [1.0, 2.0]), r"`x_weights`.*shape \(1,\), got \(2,\)"),
        (lambda: wasserstein([1.0, 2.0], [2.0], [1, -2]), "`x_weights`.*positive sum, got -1"),
        (lambda: wasserstein([1.0, 2.0], [2.0], [3, -2]), "must not be negative.*-2"),
        (lambda: wasserstein([1.0], [2.0], None, [np.inf]), "`y_weights` has 1 NaN or infinite"),
        (lambda: sliced_wasserstein(X, X[:, :1]), "same features, got 2 and 1"),
        (lambda: sliced_wasserstein(X, X, n_projections=0), "`n_projections`.*got 0"),
        (lambda: sliced_wasserstein(X[None], X), r"`x` must have shape .*got \(1, 100, 2\)"),
        (lambda: mmd(X[:1], X), "at least two events, got 1 and 100"),
        (lambda: mmd(X, X, bandwidths=[1.0, 0.0]), "`bandwidths` must be positive"),
        (lambda: mmd(np.ones(9), np.ones(9)), "median distance between events is zero"),
        (lambda: classifier_test(X, X[:, :1]), "`x_data` and `x_model`.*got 2 and 1"),
        (lambda: classifier_test(X, X[:30]), "got 100 data and 30 model events"),
        (lambda: classifier_test(X, X, n_folds=1), "`n_folds` must be at least 2"),
        (lambda: classifier_test(X, X, weights_model=-np.ones(100)), "positive sum, got -100"),
        (lambda: kl_divergence(COUNTS, np.ones(4)), r"same bins, got shapes \(5,\) and \(4,\)"),
        (lambda: kl_divergence(COUNTS, -COUNTS), "`counts_q` must not be negative, got -1"),
        (lambda: total_variation(0 * COUNTS, COUNTS), "`counts_p` must have a positive sum"),
        (lambda: chi2(COUNTS, COUNTS, COUNTS, np.ones(4)), "one entry per bin"),
        (lambda: chi2(COUNTS, COUNTS, -COUNTS, COUNTS), "variances must not be negative"),
        (lambda: chi2(COUNTS, 0 * COUNTS, 0 * COUNTS, 0 * COUNTS), "no chi-square exists"),
        (lambda: chi2([0.0], [0.0], [0.0], [0.0]), "got 0 filled bins, expected at least 1"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(MetricError, match=message):
        call()
