"""What students see of a wrong answer: a few lines of words that name the quantity.

Every wrong answer that proves a hidden check is also shown to the check cell that students have.
The visible checks need not catch all of them, attacks least of all, but what they say must help.
"""

import re
import tomllib

import pytest
import visible

from autograde_tests.sheets import ROOM, cases, sheets

CASES = [(sheet, case) for sheet in sheets() for case in cases(sheet)]
MISTAKES = [
    (path.parent.name, mistake)
    for path in sorted(ROOM.glob("*/mistakes.toml"))
    for mistake in tomllib.loads(path.read_text(encoding="utf-8"))["mistake"]
]
LEAST_CAUGHT = 0.9  # of the slips, by the visible part alone
pytestmark = pytest.mark.filterwarnings("ignore")  # wrong answers may warn

by_case = pytest.mark.parametrize(
    ("sheet", "case"), CASES, ids=[f"{sheet}: {case.name}" for sheet, case in CASES]
)


@by_case
def test_points_of_a_case_are_those_of_its_cell(sheet, case):
    cell = visible.grade_cell(sheet, case.notebook, case.name)
    assert case.points == cell.metadata.nbgrader.points


@by_case
def test_right_answers_pass_the_visible_check(sheet, case):
    text = visible.shown(sheet, case)[""]
    assert re.fullmatch(r"✓ Task .*: this cell ran as it should\.", text)


@by_case
def test_wrong_answers_are_told_in_words(sheet, case):
    texts = visible.shown(sheet, case)
    caught = {mutant: text for mutant, text in texts.items() if visible.is_caught(text)}
    assert caught
    assert not {
        mutant: (visible.complaints(text), text)
        for mutant, text in caught.items()
        if visible.complaints(text)
    }


@pytest.mark.parametrize("sheet", sheets())
def test_visible_checks_catch_most_slips(sheet, record_property):
    wrong = {
        f"{case.name}: {mutant}": text
        for case in cases(sheet)
        for mutant, text in visible.shown(sheet, case).items()
        if mutant and case.mutants[mutant].is_slip
    }
    missed = [name for name, text in wrong.items() if not visible.is_caught(text)]
    n_caught = len(wrong) - len(missed)
    record_property("caught", f"{n_caught} of {len(wrong)}")
    assert n_caught >= LEAST_CAUGHT * len(wrong), missed


@pytest.mark.parametrize(
    ("sheet", "mistake"), MISTAKES, ids=[f"{sheet}: {m['says']}" for sheet, m in MISTAKES]
)
def test_mistakes_of_the_demo_class_are_told_in_words(sheet, mistake):
    notebook, task = mistake["notebook"], mistake["grade_id"]
    answer = visible.cells("solutions", sheet, notebook)[task].source
    wrong = answer.replace(mistake["replace"], mistake["by"])
    (check,) = (
        visible.check_cell(sheet, notebook, case.name)
        for case in cases(sheet)
        if any(f"def {name}(" in answer for name in case.answers)
        and visible.is_called(sheet, notebook, case.name)
    )
    text = visible.run(visible.solutions(sheet)[notebook], wrong, check)
    assert not visible.is_caught(text) or not visible.complaints(text), text
