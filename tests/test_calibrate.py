"""`genlhc calibrate` for a lecturer with a new sheet: it works, or says why it does not."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner, Result

import autograde_tests
from autograde_tests import reference, sheets
from autograde_tests.cli import app

ROOT = Path(__file__).parents[1]
SETUP = "import numpy as np"
ANSWER = "def half(x):\n    return np.asarray(x) / 2"
TRAINING = "rng = np.random.default_rng(SEED)\nerror = 0.1 + 0.001 * rng.normal()\n"
CHECKS = """
import numpy as np

from autograde_tests.answers import given_copies
from course_utils import checks


@given_copies
def check_half(half, *, seed=1):
    x = np.random.default_rng(seed).uniform(1, 2, 5)
    checks.shape(half(x), (5,), name="half(x)")
    checks.close(half(x), x / 2, rtol=1e-6, name="half(x)", reveal=False)


def measure_error(half, *, seed=1):
    return {"error": float(half.error)}
"""
MUTANTS = """
from autograde_tests.cases import Case, MetricCase, wrong
from autograde_tests.{sheet} import check_half, measure_error

HALF = ("half",)
CASES = (
    Case(
        check_half,
        "first",
        HALF,
        1.0,
        {{
            "double": wrong(0, HALF, lambda f, x: 4 * f(x), "half"),
            "sum": wrong(0, HALF, lambda f, x: f(x).sum(), "shape"),
            "nothing": wrong(0, HALF, lambda f, x: None, "None"),
        }},
    ),
)
"""
METRICS = """
class Answer:
    def __init__(self, error):
        self.error = error

METRICS = (
    MetricCase(
        measure_error,
        "first",
        ("trained",),
        lambda _: (Answer(0.5),),
        "a guess",
        lambda seed: {"error": 0.0},
    ),
)
"""
VARIANTS = """
from autograde_tests.cases import Variant

VARIANTS = (Variant("first", "worse", (("error = 0.1", "error = 0.2"),)),)
"""
TRAINED = "class trained:\n    error = error\n"


CHECK_CELL = """
from course_utils import checks

with checks.when_done("1"):
    checks.{visible}

### BEGIN HIDDEN TESTS
from autograde_tests import sheet09

sheet09.check_half(half)
### END HIDDEN TESTS
"""


class Sheet:
    """A sheet of a course of its own, with the command to calibrate it."""

    def __init__(self, course: Path, name: str = "sheet09"):
        self.course, self.name = course, name
        self.checks = course / "autograde_tests" / name
        self.kept = self.checks / "calibration.json"
        self.mutants = self.checks / "mutants" / "first.py"
        self.mutants.parent.mkdir(parents=True)
        (self.checks / "__init__.py").write_text(CHECKS)
        (self.mutants.parent / "__init__.py").write_text("")
        self.mutants.write_text(MUTANTS.format(sheet=name))
        self.notebook = course / "solutions" / name / "first.ipynb"
        self.notebook.parent.mkdir(parents=True)
        self.write(SETUP, ANSWER)

    def write(self, *cells: str) -> None:
        """The solution notebook; its second cell is the student's."""
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        notebook.cells[1].metadata["nbgrader"] = {"solution": True, "grade": False}
        for cell in notebook.cells:
            if "BEGIN HIDDEN TESTS" in cell.source:
                cell.metadata["nbgrader"] = {"solution": False, "grade": True}
        nbformat.write(notebook, self.notebook)

    def calibrate(self, *options: str) -> Result:
        """Runs the command for this course."""
        return CliRunner().invoke(app, [self.name, f"--course={self.course}", *options])

    def refused(self) -> str:
        """What is said where nothing can be started; nothing is written either."""
        result = self.calibrate()
        assert result.exit_code == 2, result.output
        assert isinstance(result.exception, SystemExit)  # no traceback
        assert result.stdout == ""
        assert not self.kept.exists()
        return result.stderr


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    """A sheet whose checks this process takes for its own."""
    room = tmp_path / "autograde_tests"
    monkeypatch.setattr(autograde_tests, "__path__", [*autograde_tests.__path__, str(room)])
    monkeypatch.setattr(sheets, "ROOM", room)
    monkeypatch.setattr(reference, "SOLUTIONS", tmp_path / "solutions")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    sheet = Sheet(tmp_path)
    (room / "__init__.py").write_text("")
    yield sheet
    for name in [name for name in sys.modules if name.startswith("autograde_tests.sheet09")]:
        del sys.modules[name]


def test_a_sheet_without_measured_tasks_needs_no_seed_and_gets_its_page(sheet):
    result = sheet.calibrate()
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(sheet.kept.read_text())["metrics"] == {}
    (row,) = json.loads(sheet.kept.read_text())["checks"]
    assert (row["check"], row["n_passed"], row["n_seeds"]) == ("check_half", 20, 20)
    page = (sheet.course / "docs" / "calibration" / "sheet09.md").read_text()
    assert "`check_half` | 1 | 20 of 20 | 3 of 3: double, sum, nothing" in page
    assert "autograde_tests/sheet09/calibration.json" in page
    assert "Measured" not in page
    assert sheet.calibrate("--checks-only").exit_code == 0


@pytest.fixture
def copy(tmp_path):
    """The checks of this course in another folder, with another sheet."""
    shutil.copytree(
        ROOT / "autograde_tests",
        tmp_path / "autograde_tests",
        ignore=lambda *_: ["__pycache__", "data", *sheets.sheets()],
    )
    return Sheet(tmp_path)


def genlhc(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    run = "from course_grader.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", run, *arguments],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
    )


def test_a_copy_of_the_course_is_measured_with_its_own_checks(copy, tmp_path_factory):
    copy.mutants.write_text(copy.mutants.read_text() + METRICS + VARIANTS)
    copy.write(SETUP + "\nSEED = 1", ANSWER, TRAINING + TRAINED)
    options = ("--seeds=3", "--workers=1", f"--course={copy.course}")
    result = genlhc("calibrate", *options, "sheet09", cwd=tmp_path_factory.mktemp("elsewhere"))
    assert result.returncode == 0, result.stderr
    kept = json.loads(copy.kept.read_text())
    metric = kept["metrics"]["error"]
    assert len(set(metric["values"])) == 3
    assert (metric["weak"], metric["floor"], metric["seeds"]) == (0.5, 0.0, [1, 2, 3])
    assert metric["variants"]["worse"] == pytest.approx([value + 0.1 for value in metric["values"]])
    page = (copy.course / "docs" / "calibration" / "sheet09.md").read_text()
    assert re.search(r"\| worse \| 0\.2\d* \|", page)
    assert (copy.course / "docs" / "calibration" / "sheet09.png").is_file()
    assert not (ROOT / "autograde_tests" / "sheet09").exists()
    result = genlhc("calibrate", "sheet09", "--checks-only", "--seeds=3", cwd=copy.course)
    assert result.returncode == 0, result.stderr
    assert json.loads(copy.kept.read_text()) == kept


def test_nothing_is_kept_of_checks_alone_before_measured_tasks_were_trained(sheet):
    sheet.mutants.write_text(sheet.mutants.read_text() + METRICS)
    result = sheet.calibrate("--checks-only")
    assert result.exit_code == 0
    assert "Nothing is written: the measured tasks were never trained" in result.stdout
    assert not sheet.kept.exists()


def test_a_measured_task_without_a_place_for_seeds_is_told_what_to_write_and_where(sheet):
    sheet.mutants.write_text(sheet.mutants.read_text() + METRICS)
    sheet.write(SETUP, ANSWER, TRAINED)
    said = sheet.refused()
    assert "solutions/sheet09/first.ipynb" in said
    assert "the first code cell (cell 1) needs one line `SEED = 1`" in said


def test_a_variant_whose_text_is_not_there_is_refused(sheet):
    sheet.mutants.write_text(sheet.mutants.read_text() + METRICS + VARIANTS)
    sheet.write(SETUP + "\nSEED = 1", ANSWER, TRAINING.replace("0.1", "0.3") + TRAINED)
    said = sheet.refused()
    assert "a variant replaces 'error = 0.1', which must stand in one place" in said
    assert "solutions/sheet09/first.ipynb" in said


def broken_module(sheet):
    sheet.mutants.write_text("import numpy as np\nCASES = np.nothing\n")


def broken_check(sheet):
    (sheet.checks / "__init__.py").write_text("def check_half(:\n")


def no_cases(sheet):
    sheet.mutants.write_text("MUTANTS = ()\n")


def no_tuple_of_cases(sheet):
    sheet.mutants.write_text("CASES = ('half',)\n")


def empty(sheet):
    sheet.mutants.write_text("CASES = ()\n")


def missing_notebook(sheet):
    sheet.notebook.rename(sheet.notebook.with_name("second.ipynb"))


def missing_answer(sheet):
    sheet.write(SETUP, ANSWER.replace("half", "third"))


def failing_notebook(sheet):
    sheet.write("", ANSWER + "\nhalf(1)")


def no_mutants(sheet):
    shutil.rmtree(sheet.mutants.parent)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            broken_module,
            "autograde_tests/sheet09/mutants/first.py, line 2 cannot be imported: Attr",
        ),
        (broken_check, "autograde_tests/sheet09/__init__.py, line 1 cannot be read: SyntaxError"),
        (no_cases, "autograde_tests/sheet09/mutants/first.py gives neither CASES nor METRICS"),
        (no_tuple_of_cases, "first.py: CASES must be a tuple of Case"),
        (empty, "autograde_tests/sheet09/mutants/ holds no case"),
        (missing_notebook, "solutions/sheet09/first.ipynb, which is not there; .*: second"),
        (missing_answer, "check_half asks for half, but the solution cells of first.ipynb"),
        (failing_notebook, "first.ipynb: cell 2 ends with NameError: name 'np' is not defined"),
        (no_mutants, "autograde_tests/sheet09/mutants/ is missing or no package"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_keeps_checks_from_being_tried_is_named(sheet, spoil, says):
    spoil(sheet)
    assert re.search(says, sheet.refused())


@pytest.mark.parametrize(
    ("mutant", "says"),
    [
        ("lambda f, x: f(x)", "the mutant 'double' passes, but it is wrong"),
        ("lambda f, x: 1 / 0", "it ended with ZeroDivisionError instead of a CheckFailed"),
        ("lambda f, x: None", "the mutant 'double' is refused for another reason than 'entries'"),
    ],
    ids=["right", "raises", "other reason"],
)
def test_an_unsound_check_is_named_with_its_mutant_and_nothing_is_written(sheet, mutant, says):
    text = sheet.mutants.read_text()
    sheet.mutants.write_text(text.replace('lambda f, x: 4 * f(x), "half"', f'{mutant}, "entries"'))
    result = sheet.calibrate()
    assert result.exit_code == 1
    assert says in result.stdout
    assert "These checks are unsound: check_half. Mend them first." in result.stderr
    assert not sheet.kept.exists()


def test_a_check_that_compares_with_what_an_answer_left_of_its_inputs_is_unsound(sheet):
    (sheet.checks / "__init__.py").write_text(CHECKS.replace("@given_copies\n", ""))
    result = sheet.calibrate()
    assert result.exit_code == 1
    for verb in ("empties", "overwrites", "sorts", "scales"):
        assert f"`half` {verb} its inputs first and passes, though the same on co" in result.stdout
    assert "decorate it with `answers.given_copies`" in result.stdout
    assert not sheet.kept.exists()


def test_a_check_that_refuses_a_right_answer_for_its_changed_inputs_is_unsound(sheet):
    text = CHECKS.replace("@given_copies\n", "")
    text = text.replace("    checks.shape(", "    truth = x / 2\n    checks.shape(")
    text = text.replace("checks.close(half(x), x / 2,", "checks.close(half(x), truth,")
    (sheet.checks / "__init__.py").write_text(text)
    result = sheet.calibrate()
    assert result.exit_code == 1
    assert "`half` scales its inputs at the end and is refused, though the same on" in result.stdout


def test_what_the_visible_part_says_of_each_mutant_is_reported(sheet):
    visible = 'close(half(np.ones(1)).sum(), 0.5, name="half(1)")'
    sheet.write(SETUP, ANSWER, CHECK_CELL.format(visible=visible))
    mutants = sheet.mutants.read_text()
    sheet.mutants.write_text(
        mutants.replace('"nothing": w', '"attack": w').replace('"None")', '"None", is_slip=False)')
    )
    result = sheet.calibrate()
    assert result.exit_code == 0, result.output
    assert "visible part of check_half:\n  double: ✗ `half(1)` is 2, expected 0.5" in result.stdout
    assert "\n  sum: passes\n  attack (no slip): ✗ Task 1" in result.stdout
    assert "visible parts refuse 1 of 2 slips" in result.stdout
    page = (sheet.course / "docs" / "calibration" / "sheet09.md").read_text()
    assert "3 of 3: double, *sum*, attack" in page


CONTROL = """
from autograde_tests.cases import Control

CONTROLS = (Control("spread", "twice as wide", lambda s: {deformed}, lambda s: 1.0 + s / 100, 1.5),)
"""


def test_a_control_is_kept_and_shown(sheet):
    mutants = sheet.mutants.read_text()
    sheet.mutants.write_text(mutants + CONTROL.format(deformed="2.0 + s / 100"))
    assert sheet.calibrate().exit_code == 0
    page = (sheet.course / "docs" / "calibration" / "sheet09.md").read_text()
    assert "| spread | twice as wide | 2.01 to 2.03 | 1.01 to 1.03 | 1.5 |" in page


def test_a_metric_that_does_not_see_its_control_is_unsound(sheet):
    sheet.mutants.write_text(sheet.mutants.read_text() + CONTROL.format(deformed="1.4"))
    result = sheet.calibrate()
    assert (result.exit_code, sheet.kept.exists()) == (2, False)
    assert (
        "the control of spread fails (twice as wide): 1.4 at least must be above 1.5"
        in result.stderr
    )


def test_a_visible_part_that_refuses_the_solution_is_named(sheet):
    sheet.write(SETUP, ANSWER, CHECK_CELL.format(visible="close(half(1.0), 2.0, name='half(1)')"))
    said = sheet.calibrate()
    assert said.exit_code == 2
    assert "visible part of check_half refuses the solution: ✗ `half(1)` is 0.5" in said.stderr
    assert not sheet.kept.exists()


def test_a_check_that_refuses_the_solution_says_why(sheet):
    sheet.write(SETUP, ANSWER.replace("/ 2", "/ 3"))
    result = sheet.calibrate()
    assert result.exit_code == 1
    assert "refuses the solution: `half(x)`" in result.stdout


def test_no_course_and_unknown_sheets_are_usage_errors(tmp_path):
    for course, says in ((tmp_path, "has no package autograde_tests/"), (ROOT, "sheet01")):
        result = CliRunner().invoke(app, ["sheet09", "--course", str(course), "--checks-only"])
        assert result.exit_code == 2
        assert says in result.output
    assert list(tmp_path.iterdir()) == []


def test_options_may_stand_before_and_after_the_sheet(monkeypatch):
    given = []
    monkeypatch.setattr("autograde_tests.cli._room", lambda course, sheet: Path("elsewhere"))
    monkeypatch.setattr(
        "autograde_tests.cli._with_checks_of", lambda *arguments: given.append(arguments) or 0
    )
    for arguments in (["sheet01", "--checks-only"], ["--checks-only", "sheet01"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0
    assert given == [(Path(), "sheet01", 20, 2, True)] * 2
