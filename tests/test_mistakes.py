"""The demo class makes typical mistakes; each applies to the solution and costs points."""

import tomllib

import nbformat
import pytest

from autograde_tests import judging, reference
from autograde_tests.sheets import ROOM, cases

SHEETS = sorted(path.parent.name for path in ROOM.glob("*/mistakes.toml"))
MISTAKES = [
    (sheet, mistake)
    for sheet in SHEETS
    for mistake in tomllib.loads((ROOM / sheet / "mistakes.toml").read_text("utf-8"))["mistake"]
]


@pytest.mark.parametrize(
    ("sheet", "mistake"), MISTAKES, ids=[f"{sheet}: {m['says']}" for sheet, m in MISTAKES]
)
@pytest.mark.filterwarnings("ignore")  # wrong answers may warn
def test_mistake_applies_and_is_refused(sheet, mistake):
    path = reference.SOLUTIONS / sheet / f"{mistake['notebook']}.ipynb"
    (cell,) = (
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == mistake["grade_id"]
    )
    assert cell.metadata.nbgrader.solution
    assert cell.source.count(mistake["replace"]) == 1
    answers = reference.load(sheet, mistake["notebook"])
    exec(cell.source.replace(mistake["replace"], mistake["by"]), answers)
    verdicts = [
        judging.judge(case, answers, range(1, 2)).n_passed
        for case in cases(sheet)
        if case.notebook == mistake["notebook"] and not case.trained
    ]
    assert 0 in verdicts


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_notebook_with_checks_has_a_mistake(sheet):
    with_mistakes = {mistake["notebook"] for of, mistake in MISTAKES if of == sheet}
    assert with_mistakes == {case.notebook for case in cases(sheet)}
