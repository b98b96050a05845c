"""What the notebooks of sheet 1 are worth, in the order in which they are taught."""

from pathlib import Path

from course_grader.course import Course
from course_grader.lecturer.points import points_of

POINTS = {"gan_convergence": 3, "classifier_reweighting": 5, "drell_yan_vae": 11}


def test_points_are_those_of_the_sheet():
    found = points_of(Course.open(Path(__file__).parents[2]), "sheet01")
    assert [(one.name, one.total) for one in found] == list(POINTS.items())
