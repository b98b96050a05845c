"""Checks are proved on right and wrong answers; thresholds follow from the kept calibration."""

import dataclasses
import inspect
import math
import statistics

import numpy as np
import pytest
from scipy import stats

from autograde_tests import calibration_report, judging, measuring, reference, scoring
from autograde_tests.calibration_report import metrics
from autograde_tests.sheets import ROOM, cases, metric_cases, sheets, variants

PAGES = ROOM.parent / "docs" / "calibration"
KEPT = {sheet: scoring.Calibration(ROOM / sheet) for sheet in sheets()}
MEASURED = [sheet for sheet in sheets() if metric_cases(sheet)]
CALIBRATED = [sheet for sheet in sheets() if sheet in MEASURED or KEPT[sheet].file.exists()]
CHECKS = [(sheet, case) for sheet in sheets() for case in cases(sheet) if not case.trained]


@pytest.fixture(scope="module")
def answers():
    loaded = {}

    def load(sheet, notebook):
        if (sheet, notebook) not in loaded:
            loaded[sheet, notebook] = reference.load(sheet, notebook)
        return loaded[sheet, notebook]

    return load


@pytest.mark.parametrize(("sheet", "case"), CHECKS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.filterwarnings("ignore")  # wrong answers may warn
def test_right_answer_passes_and_mutants_fail_for_their_reason(sheet, case, answers):
    marked_with = inspect.signature(case.check).parameters["seed"].default
    for seeds in (range(40), range(101, 102), range(marked_with, marked_with + 1)):
        verdict = judging.judge(case, answers(sheet, case.notebook), seeds)
        assert not verdict.complaints, verdict


@pytest.mark.parametrize("sheet", sheets())
def test_trained_answers_have_stand_ins_for_the_visible_checks(sheet):
    for case in cases(sheet):
        assert set(case.stand_ins) == (set(case.answers) if case.trained else set()), case.name


@pytest.mark.parametrize("sheet", CALIBRATED)
def test_calibration_covers_every_check_over_twenty_seeds(sheet):
    data = KEPT[sheet].read()
    n_seeds = {row["check"]: row["n_seeds"] for row in data["checks"]}
    again = f"run `genlhc calibrate {sheet}`, where nothing new is measured with --checks-only"
    assert set(n_seeds) == {case.name for case in cases(sheet)}, again
    assert all(n_seeds[case.name] >= 20 for case in cases(sheet) if not case.trained)
    assert all(row["n_passed"] == row["n_seeds"] for row in data["checks"])
    assert all(
        len(row["mutants"]) >= 3 and set(row["mutants"].values()) == {judging.OK}
        for row in data["checks"]
    )
    assert bool(data["metrics"]) == (sheet in MEASURED), again
    assert all(len(row["values"]) >= 20 for row in data["metrics"].values())


@pytest.mark.parametrize("sheet", CALIBRATED)
def test_page_is_in_step_with_the_calibration(sheet):
    page = (PAGES / f"{sheet}.md").read_text(encoding="utf-8")
    assert page == calibration_report.page(sheet, KEPT[sheet].read())
    assert (PAGES / f"{sheet}.png").exists() == (sheet in MEASURED)


@pytest.mark.parametrize("sheet", MEASURED)
def test_weak_answer_earns_nothing_and_reference_everything(sheet):
    for metric in metrics(KEPT[sheet].read()).values():
        assert metric.credit(metric.weak, 1.0) == 0.0
        honest = [value for values in metric.variants.values() for value in values]
        assert all(metric.credit(value, 1.0) == 1.0 for value in (*metric.values, *honest))
        assert metric.credit(float("nan"), 1.0) == 0.0
        assert 0.0 < metric.credit((metric.weak + metric.full) / 2, 1.0) < 1.0


@pytest.mark.parametrize("sheet", MEASURED)
def test_every_variant_was_measured(sheet):
    for name, row in KEPT[sheet].read()["metrics"].items():
        known = {variant.name for variant in variants(sheet, row["notebook"])}
        assert set(row["variants"]) == known, f"{name}: run `genlhc calibrate {sheet}`"
        assert all(len(values) >= measuring.SEEDS_VARIANT for values in row["variants"].values())


def test_full_points_are_the_bound_of_the_worst_honest_solution():
    """By hand: the pooled spread, and the prediction bound of Student's t for each mean."""
    values, others = (1.0, 2.0, 3.0, 4.0), {"better": (0.0, 1.0), "worse": (4.0, 6.0)}
    alone = scoring.Metric("loss", 50.0, "none", 0.0, values)
    spread = statistics.stdev(values)
    bound = 2.5 + stats.t.ppf(0.999, 3) * spread * math.sqrt(1 + 1 / 4)
    assert alone.full == pytest.approx(bound)
    pooled = math.sqrt((3 * spread**2 + 0.5 + 2.0) / 5)
    bound = 5.0 + stats.t.ppf(0.999, 5) * pooled * math.sqrt(1 + 1 / 2)
    assert dataclasses.replace(alone, variants=others).full == pytest.approx(bound)
    upwards = scoring.Metric("auc", -50.0, "none", 0.0, values, {"worse": (0.0, 2.0)})
    pooled = math.sqrt((3 * spread**2 + 2.0) / 4)
    bound = 1.0 - stats.t.ppf(0.999, 4) * pooled * math.sqrt(1 + 1 / 2)
    assert upwards.full == pytest.approx(bound)


def test_an_equal_training_misses_the_bound_as_rarely_as_it_says():
    """The rate of false failures of an equal variant, from many made-up calibrations."""
    rng = np.random.default_rng(1)
    n_missed, n_tried = 0, 20_000
    for values in rng.normal(size=(n_tried, 8)):
        metric = scoring.Metric("loss", 100.0, "", 0.0, tuple(values[:4]), {"a": tuple(values[4:])})
        n_missed += rng.normal() > metric.full
    assert n_missed < 2 * scoring.FALSE_FAIL_RATE * n_tried


def test_a_useless_metric_is_refused():
    useless = scoring.Metric("auc", 0.51, "unit weights", 0.5, (0.50, 0.51, 0.53, 0.52))
    with pytest.raises(ValueError, match="not better than the weak answer"):
        useless.credit(0.5, 1.0)


@pytest.fixture
def calibration(tmp_path):
    """Of a sheet with one metric: full points below 0.53 or so, none from 0.63."""
    kept = scoring.Calibration(tmp_path / "sheet09")
    kept.folder.mkdir()
    row = {"weak": 0.63, "weak_name": "nothing", "floor": 0.5, "values": [0.505, 0.506, 0.507]}
    kept.write({"checks": [], "metrics": {"auc": row, "bce": row}})
    return kept


def test_credit_adds_up_and_says_for_each_value_what_it_earns(calibration, capsys):
    assert calibration.credit({"auc": 0.5, "bce": 0.64}, {"auc": 0.75, "bce": 0.25}) == 0.75
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("measured: auc = 0.5 (full points from 0.5318")
    assert first.endswith(": 0.750 of 0.75 points")
    assert second.endswith(": 0.000 of 0.25 points")


def test_a_metric_that_was_never_calibrated_says_what_to_run(calibration, tmp_path):
    with pytest.raises(KeyError, match=r"no metric 'w1', only \['auc', 'bce'\]: run `genlhc cali"):
        calibration.metric("w1")
    with pytest.raises(FileNotFoundError, match="run `genlhc calibrate sheet08` first"):
        scoring.Calibration(tmp_path / "sheet08").metric("auc")


def test_a_page_without_measured_tasks_has_no_figure(calibration, tmp_path):
    data = calibration.read()
    written = calibration_report.write("sheet09", data, tmp_path / "docs")
    assert [path.name for path in written] == ["sheet09.md", "sheet09.png"]
    assert "## Measured" in written[0].read_text()
    written = calibration_report.write("sheet09", data | {"metrics": {}}, tmp_path / "docs")
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["sheet09.md"]
    assert not {"Measured", ".png"} & set(written[0].read_text().split())
