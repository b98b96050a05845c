"""Rubrics: read as the lecturer wrote them, refused when they do not fit the task."""

from pathlib import Path

import pytest
from courses import tiny

from course_grader.console import Silent
from course_grader.course import Course
from course_grader.defaults import fair_defaults
from course_grader.errors import CourseError
from course_grader.release.release import release, said_of_rubrics
from course_grader.release.rubrics import Criterion, RubricError, read_rubric, rubric_of
from course_grader.results.formgrader import demo_course, serve
from course_grader.results.rubric_view import ShowRubrics

BEGIN, END = "<!-- ### BEGIN SOLUTION -->", "<!-- ### END SOLUTION -->"
LIST = """**Rubric for the tutor (1 point).**

- 0.75: the reason is named ($a + b$),
  in words or in an equation
- 0.25: an example
- *Common mistakes:* "it is obvious"."""
TABLE = """**Rubric for the tutor** (1 point)

| points | for |
| --: | :-- |
| 0.75 | the reason is named ($a + b$), in words or in an equation |
| 0.25 | an example |

*Common mistakes*: "it is obvious"."""


def cell(solution: str, points: float = 1, after: str = ""):
    made = tiny.written("", "", "written-1", points)
    made.source = f"Why?\n\n{BEGIN}\n{solution}\n{END}{after}"
    return made


@pytest.mark.parametrize("text", [LIST, TABLE])
def test_a_list_and_a_table_say_the_same(text):
    rubric = rubric_of(cell(f"Because $a$ is.\n\n| a | b |\n\n---\n\n{text}"))
    assert rubric.criteria == (
        Criterion(0.75, "the reason is named ($a + b$), in words or in an equation"),
        Criterion(0.25, "an example"),
    )
    assert "it is obvious" in rubric.notes
    assert "points" not in rubric.notes
    assert rubric.answer == "Because $a$ is.\n\n| a | b |"


def test_a_code_cell_has_its_rubric_in_comments():
    made = tiny.code("", "code-1", grade=True, solution=True, locked=False, points=1)
    made.source = "### BEGIN SOLUTION\nx = 1\n# **Rubric.**\n# - 1: x is one\n### END SOLUTION"
    rubric = rubric_of(made)
    assert rubric.criteria == (Criterion(1, "x is one"),)
    assert rubric.answer == "x = 1"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (cell("Because."), "its solution has no rubric; add, before END SOLUTION"),
        (cell(f"Because.\n\n{LIST}", points=2), "gives 1 points and the task is worth 2"),
        (cell("Because.\n\n**Rubric.** All or nothing."), "its rubric names no points"),
        (cell(f"Because.\n\n{LIST}", after=f"\n\n{LIST}"), "outside of the solution"),
    ],
)
def test_a_release_refuses_a_rubric_that_does_not_fit(course_root, written, says):
    tiny.write(course_root, "adding", tiny.notebook(written))
    demand(course_root)
    with pytest.raises(CourseError, match=r"adding\.ipynb: written-1: ") as caught:
        release(Course.open(course_root), tiny.SHEET)
    assert says in str(caught.value)


def demand(course_root):
    """Lets the course ask for rubrics."""
    path = course_root / "pyproject.toml"
    table = '[tool.genlhc]\nrubrics = "required"'
    path.write_text(path.read_text().replace("[tool.genlhc]", table))


def test_elsewhere_a_rubric_is_wanted(course_root):
    tiny.write(course_root, "adding", tiny.notebook(cell("Because.")))
    course = Course.open(course_root)
    release(course, tiny.SHEET)
    (said,) = said_of_rubrics(course, tiny.SHEET)
    assert said.endswith("would see beside the answers: adding: written-1")
    tiny.write(course_root, "adding", tiny.notebook(cell(f"Because.\n\n{LIST}")))
    assert said_of_rubrics(course, tiny.SHEET) == []


def test_an_unknown_task_is_named(course):
    with pytest.raises(RubricError, match=r"adding\.ipynb has no task check-1-add"):
        read_rubric(course, tiny.SHEET, "adding", "check-1-add")


def shown(root: Path, **resources: str) -> str:
    """Sources of the cells that a page gets."""
    place = {"metadata": {"path": str(root / "autograded" / "group-01" / tiny.SHEET)}}
    about = {"assignment_id": tiny.SHEET, "notebook_id": "adding", **place, **resources}
    notebook, _ = ShowRubrics(config=fair_defaults()).preprocess(tiny.adding(), about)
    return "\n".join(one.source for one in notebook.cells)


def test_only_the_formgrader_shows_rubrics(course_root):
    assert "tutor-rubric" in shown(course_root, submission_id="1")
    assert "tutor-rubric" not in shown(course_root)
    assert "tutor-rubric" not in shown(Path("/"), submission_id="1")


def test_a_rubric_that_is_gone_does_not_keep_the_page_from_opening(course_root):
    (course_root / "solutions" / tiny.SHEET / "adding.ipynb").unlink()
    assert "No rubric: written-3-why" in shown(course_root, submission_id="1")


def test_the_formgrader_says_what_has_to_come_first(course):
    with pytest.raises(CourseError, match=f"run `genlhc grade {tiny.SHEET}` there first"):
        serve(course, Silent(), browser=False)
    with pytest.raises(CourseError, match="run `genlhc demo` first"):
        demo_course(course)
