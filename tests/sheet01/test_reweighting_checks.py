"""Checks of exercise 2: right answers pass however they are written, typical mistakes fail."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.class_weight import compute_class_weight

from autograde_tests import reference, scoring
from autograde_tests.sheet01 import _reweighting_quality as quality
from autograde_tests.sheet01 import reweighting
from autograde_tests.sheet01.mutants import reweighting as mutants
from autograde_tests.sheet01.mutants.reweighting import CASES, METRICS
from course_utils import checks, plotting
from course_utils.data import load_ttbarj
from course_utils.kinematics import ttbarj_features
from course_utils.plotting.samples import binned

UNTRAINED = [case for case in CASES if not case.trained]
TRAINED = [case for case in CASES if case.trained]


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet01", "classifier_reweighting")


@pytest.fixture(scope="module")
def trees():
    """Another right answer: boosted trees on the students' events instead of a network."""
    x = ttbarj_features(np.concatenate([load_ttbarj("lo"), load_ttbarj("nlo")]))
    model = HistGradientBoostingClassifier(max_iter=200, min_samples_leaf=100, random_state=1)
    model.fit(x, np.repeat([0, 1], len(x) // 2))

    def logit(x):
        return model.decision_function(ttbarj_features(x))

    return {"classifier_logit": logit, "lo_to_nlo_weights": lambda x: np.exp(logit(x))}


@pytest.fixture
def once(monkeypatch):
    """One classifier test where marks take the mean of three: quick, and good enough here."""
    monkeypatch.setattr(quality, "N_REPEATS", 1)


@pytest.fixture
def calibration(monkeypatch):
    """A made-up calibration, so that points do not depend on the kept one."""
    made_up = {
        "classifier_auc": (0.53, [0.629, 0.63, 0.631]),
        "classifier_bce": (0.692, [0.666, 0.6665, 0.667]),
        "reweighted_auc_physics": (0.61, [0.504, 0.505, 0.506]),
        "reweighted_auc_raw": (0.575, [0.504, 0.505, 0.506]),
        "reweighted_pt_mean": (0.127, [0.004, 0.006, 0.005]),
        "reweighted_pt_chi2": (9.0, [0.9, 1.0, 1.1]),
        "reweighted_mass_mean": (0.077, [0.004, 0.006, 0.005]),
        "reweighted_mass_chi2": (4.0, [0.9, 1.0, 1.1]),
    }
    monkeypatch.setattr(
        scoring.Calibration,
        "metric",
        lambda _, name: scoring.Metric(
            name, made_up[name][0], "weak", 0.5, tuple(made_up[name][1])
        ),
    )


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in TRAINED for name in case.mutants],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_answers_without_sense_are_refused_before_anything_is_measured(case, name, trees):
    mutant = case.mutants[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(checks.CheckFailed, match=f"(?s){mutant.reason}"):
            case.check(*mutant.answers(trees))


def test_every_check_has_mutants_and_measured_points_add_up():
    assert {case.name for case in CASES} == {
        name for name in reweighting.__all__ if name.startswith("check")
    }
    assert min(len(case.mutants) for case in CASES) >= 3
    points = {case.name: case.points for case in CASES}
    for name, shares in (
        ("check_classifier", quality.CLASSIFIER_POINTS),
        ("check_reweighting", quality.REWEIGHTING_POINTS),
    ):
        assert sum(shares.values()) == pytest.approx(points[name])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("nonsense", [None, "seven", object(), float("nan"), [], {}])
def test_nonsense_is_a_failed_check_and_not_a_crash(case, nonsense):
    with pytest.raises(checks.CheckFailed):
        case.check(*[lambda *_: nonsense] * len(case.answers))


def as_tensor(function, dtype):
    """The same answer, but returned as tensors."""

    def answer(*given):
        value = function(*given)
        if isinstance(value, tuple):
            return tuple(torch.as_tensor(part, dtype=dtype) for part in value)
        return torch.as_tensor(value, dtype=dtype)

    return answer


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("case", UNTRAINED, ids=lambda case: case.name)
def test_tensors_of_either_precision_are_right_answers(case, dtype, solution):
    for seed in range(5):
        case.check(*(as_tensor(a, dtype) for a in case.right_answers(solution)), seed=seed)


def test_loss_may_be_the_one_of_pytorch(solution):
    def loss(logits, labels, weights):
        name = "binary_cross_entropy_with_logits"
        bce = getattr(torch.nn.functional, name)
        return bce(logits, labels, weight=weights, reduction="sum") / weights.sum()

    for seed in range(10):
        reweighting.check_bce(loss, solution["class_weights"], seed=seed)


def test_loss_may_use_log_sigmoid_in_single_precision(solution):
    def loss(logits, labels, weights):
        logits, labels, weights = (v.float() for v in (logits, labels, weights))
        log = torch.nn.functional.logsigmoid
        return -(weights * (labels * log(logits) + (1 - labels) * log(-logits))).sum() / (
            weights.sum()
        )

    for seed in range(10):
        reweighting.check_bce(loss, solution["class_weights"], seed=seed)


def test_weights_may_be_computed_in_single_precision():
    def weights(logit, total_lo, total_nlo):
        logit = torch.as_tensor(logit, dtype=torch.float32)
        return torch.exp(logit + np.log(total_lo) - np.log(total_nlo))

    for seed in range(10):
        reweighting.check_weights_from_logit(weights, seed=seed)


def test_class_weights_may_come_from_scikit_learn(solution):
    def balanced(n_lo, n_nlo):
        labels = np.repeat([0, 1], [n_lo, n_nlo])
        return compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)

    for seed in range(10):
        reweighting.check_bce(solution["bce_with_logits"], balanced, seed=seed)


def test_calibration_points_may_come_from_a_loop(solution):
    def points(scores, labels, edges):
        rows = []
        for low, high in pairwise(edges):
            inside = (scores >= low) & (scores < high)
            if not inside.any():
                rows.append([np.nan] * 3)
                continue
            f = labels[inside].mean()
            rows.append([scores[inside].mean(), f, np.sqrt(f * (1 - f) / inside.sum())])
        return np.transpose(rows)

    for seed in range(10):
        reweighting.check_calibration_points(points, seed=seed)


def test_histogram_may_come_from_the_plotting_library():
    def histogram(values, weights, edges):
        result = binned(plotting.Sample(values, weights), edges)
        return result.density, result.uncertainty

    for seed in range(10):
        reweighting.check_weighted_histogram(histogram, seed=seed)


def test_leading_top_may_be_computed_in_single_precision_torch():
    def leading_top(x):
        tops = torch.as_tensor(x)[:, :24].reshape(-1, 2, 3, 4).sum(dim=2)
        pt = torch.hypot(tops[..., 1], tops[..., 2])
        first = pt.argmax(dim=1, keepdim=True)
        mass = (tops[..., 0] ** 2 - (tops[..., 1:] ** 2).sum(dim=-1)).sqrt()
        return pt.gather(1, first)[:, 0], mass.gather(1, first)[:, 0]

    for seed in range(10):
        reweighting.check_leading_top(leading_top, seed=seed)


def test_pulls_of_equal_densities_have_width_one(solution):
    rng = np.random.default_rng(1)
    edges, values = np.linspace(-2, 2, 21), []
    for _ in range(150):
        x, y = rng.normal(size=3000), rng.normal(size=2000)
        weights = rng.gamma(4.0, 0.25, 3000)
        a = solution["weighted_histogram"](x, weights, edges)
        b = solution["weighted_histogram"](y, np.ones(2000), edges)
        values.append(solution["pulls"](*a, *b))
    assert abs(np.std(values) - 1) < 0.05
    assert abs(np.mean(values)) < 0.05
    assert abs(solution["chi2_per_ndf"](np.ravel(values)) - 1) < 0.08


@pytest.mark.usefixtures("once")
def test_trees_are_a_right_answer_too(trees):
    classifier = reweighting.measure_classifier(trees["classifier_logit"])
    assert classifier["classifier_auc"] > 0.62
    assert classifier["classifier_bce"] < 0.672
    before = reweighting.measure_reweighting(mutants.unit_weights)
    after = reweighting.measure_reweighting(trees["lo_to_nlo_weights"])
    floor = quality.floor_reweighting(1)
    assert before["reweighted_auc_physics"] > 0.59
    assert before["reweighted_auc_raw"] > 0.56
    assert after["reweighted_auc_physics"] < 0.515
    assert after["reweighted_auc_raw"] < 0.52
    for name, value in before.items():
        assert value > 1.5 * after[name] - 0.3
        assert value > floor[name]


def test_weak_classifier_is_better_than_a_guess_and_worse_than_trees(trees):
    weak = reweighting.measure_classifier(mutants.linear_logit)
    right = reweighting.measure_classifier(trees["classifier_logit"])
    assert 0.5 < weak["classifier_auc"] < right["classifier_auc"] - 0.05
    assert right["classifier_bce"] + 0.01 < weak["classifier_bce"] < np.log(2) + 0.002


@pytest.mark.usefixtures("once", "calibration")
def test_points_grow_with_the_quality_and_are_reported(trees, capsys):
    full = reweighting.check_classifier(trees["classifier_logit"])
    weak = reweighting.check_classifier(mutants.linear_logit)
    overconfident = reweighting.check_classifier(lambda x: 4 * trees["classifier_logit"](x))
    assert weak < 0.1 < overconfident < full
    assert overconfident == pytest.approx(0.25)  # the AUC is right, the cross-entropy is not
    weights = trees["lo_to_nlo_weights"]
    whole = reweighting.check_reweighting(weights)
    assert whole > 0.6
    assert reweighting.check_reweighting(lambda x: 1 / weights(x)) < 0.05
    half = reweighting.check_reweighting(lambda x: np.sqrt(weights(x)))
    assert 0.1 < half < whole
    said = capsys.readouterr().out
    assert "reweighted_auc_physics = " in said
    assert " of 0.25 points" in said


@pytest.mark.usefixtures("once")
def test_a_metric_case_covers_every_metric_that_earns_points():
    names = {*quality.CLASSIFIER_POINTS, *quality.REWEIGHTING_POINTS}
    assert {name for case in METRICS for name in case.floor(1)} == names
