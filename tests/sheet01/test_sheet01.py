"""Sheet 1 is what the lecture needs: its points, and a moving figure in each notebook."""

from pathlib import Path

from autograde_tests.sheets import metric_cases, variants
from course_grader.course import Course
from course_grader.files import read_notebook
from course_grader.lecturer.points import points_of
from course_grader.markers import LECTURE_DEMO

COURSE = Course.open(Path(__file__).parents[2])
POINTS = {"gan_convergence": 3, "classifier_reweighting": 5, "drell_yan_vae": 11}  # as taught


def test_points_are_those_of_the_sheet():
    found = points_of(COURSE, "sheet01")
    assert [(one.name, one.total) for one in found] == list(POINTS.items())


def test_every_notebook_has_a_lecture_demo():
    for name in POINTS:
        cells = read_notebook(COURSE.source / "sheet01" / f"{name}.ipynb").cells
        demo = [cell for cell in cells if LECTURE_DEMO in cell.metadata.get("tags", [])]
        assert [cell.cell_type for cell in demo] == ["markdown", "code"], name


def test_six_other_honest_solutions_of_each_training_set_what_full_points_are():
    for name in {case.notebook for case in metric_cases("sheet01")}:
        assert len(variants("sheet01", name)) >= 6, name
