"""Sheet 2 is what the lecture needs: its points."""

from pathlib import Path

from course_grader.course import Course
from course_grader.lecturer.points import points_of

COURSE = Course.open(Path(__file__).parents[2])
POINTS = {"distances": 7, "toy_gans": 8, "event_gan": 6.25}  # as taught


def test_points_are_those_of_the_sheet():
    found = points_of(COURSE, "sheet02")
    assert [(one.name, one.total) for one in found] == list(POINTS.items())
