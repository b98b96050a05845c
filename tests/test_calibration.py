"""Checks are proved on right and wrong answers; thresholds follow from the kept calibration."""

import inspect
import json
from pathlib import Path

import pytest

from autograde_tests import calibration, calibration_report, cases, reference, scoring

ROOT = Path(__file__).parents[1]
SHEETS = sorted(cases.NOTEBOOK_MODULES)
CHECKS = [(sheet, case) for sheet in SHEETS for case in cases.cases(sheet) if not case.trained]


@pytest.fixture(scope="module")
def answers():
    loaded = {}

    def load(sheet, notebook):
        if (sheet, notebook) not in loaded:
            loaded[sheet, notebook] = reference.load(notebook, sheet=sheet)
        return loaded[sheet, notebook]

    return load


@pytest.mark.parametrize(("sheet", "case"), CHECKS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.filterwarnings("ignore")  # wrong answers may warn
def test_right_answer_passes_and_mutants_fail_for_their_reason(sheet, case, answers):
    marked_with = inspect.signature(case.check).parameters["seed"].default
    for seeds in (range(40), range(101, 102), range(marked_with, marked_with + 1)):
        verdict = calibration.judge(case, answers(sheet, case.notebook), seeds)
        assert verdict.sound, verdict


@pytest.mark.parametrize("sheet", SHEETS)
def test_calibration_covers_every_check_over_twenty_seeds(sheet):
    data = json.loads((scoring.CALIBRATION / f"{sheet}.json").read_text())
    n_seeds = {row["check"]: row["n_seeds"] for row in data["checks"]}
    assert set(n_seeds) == {case.name for case in cases.cases(sheet)}
    assert all(n_seeds[case.name] >= 20 for case in cases.cases(sheet) if not case.trained)
    assert all(row["n_passed"] == row["n_seeds"] for row in data["checks"])
    assert all(
        len(row["mutants"]) >= 3 and set(row["mutants"].values()) == {"refused"}
        for row in data["checks"]
    )
    assert all(len(row["values"]) >= 20 for row in data["metrics"].values())


@pytest.mark.parametrize("sheet", SHEETS)
def test_page_is_in_step_with_the_calibration(sheet):
    data = json.loads((scoring.CALIBRATION / f"{sheet}.json").read_text())
    page = (ROOT / "docs" / "calibration" / f"{sheet}.md").read_text()
    assert page == calibration_report.page(sheet, data)


@pytest.mark.parametrize("sheet", SHEETS)
def test_weak_answer_earns_nothing_and_reference_everything(sheet):
    data = json.loads((scoring.CALIBRATION / f"{sheet}.json").read_text())
    for metric in calibration_report.metrics(data).values():
        assert metric.credit(metric.weak, 1.0) == 0.0
        assert all(metric.credit(value, 1.0) == 1.0 for value in metric.values)
        assert metric.credit(float("nan"), 1.0) == 0.0
        assert 0.0 < metric.credit((metric.weak + metric.full) / 2, 1.0) < 1.0


def test_a_useless_metric_is_refused():
    useless = scoring.Metric("auc", 0.51, "unit weights", 0.5, (0.50, 0.51, 0.53, 0.52))
    with pytest.raises(ValueError, match="not better than the weak answer"):
        useless.credit(0.5, 1.0)
