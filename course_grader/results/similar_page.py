"""The page of similar submissions: one file, no network."""

from pathlib import Path

from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.results.normal_form import MAX_SOURCE
from course_grader.results.pages import render
from course_grader.results.similar import Pair

MOST_PAIRS = 50


def write_similar_page(course: Course, sheet: str, pairs: list[Pair]) -> Path:
    """Writes `build/report/<sheet>-similar.html`; it names groups and is for tutors only."""
    page = render(
        "similar.html", sheet=sheet, pairs=pairs[:MOST_PAIRS], n_pairs=len(pairs), most=MAX_SOURCE
    )
    path = course.build / "report" / f"{sheet}-similar.html"
    write_whole(path, page)
    return path
