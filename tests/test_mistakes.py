"""The demo class makes typical mistakes; each applies to the solution and costs points."""

import tomllib
from pathlib import Path

import nbformat
import pytest

from autograde_tests import calibration, reference
from autograde_tests.cases import cases

SHEET = "sheet01"
FILE = Path(__file__).parents[1] / "autograde_tests" / SHEET / "mistakes.toml"
MISTAKES = tomllib.loads(FILE.read_text(encoding="utf-8"))["mistake"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["says"])
@pytest.mark.filterwarnings("ignore")  # wrong answers may warn
def test_mistake_applies_and_is_refused(mistake):
    path = reference.SOLUTIONS / SHEET / f"{mistake['notebook']}.ipynb"
    (cell,) = (
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == mistake["grade_id"]
    )
    assert cell.metadata.nbgrader.solution
    assert cell.source.count(mistake["replace"]) == 1
    answers = reference.load(mistake["notebook"], sheet=SHEET)
    exec(cell.source.replace(mistake["replace"], mistake["by"]), answers)
    verdicts = [
        calibration.judge(case, answers, range(1, 2)).n_passed
        for case in cases(SHEET)
        if case.notebook == mistake["notebook"] and not case.trained
    ]
    assert 0 in verdicts


def test_every_notebook_has_a_mistake():
    assert {mistake["notebook"] for mistake in MISTAKES} == {
        "gan_convergence",
        "classifier_reweighting",
        "drell_yan_vae",
    }
