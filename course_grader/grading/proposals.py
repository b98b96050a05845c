"""What single tests say anew, and what is known of them before notebooks run."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nbgrader.preprocessors import AssignLatePenalties, Execute, SaveAutoGrades
from traitlets.utils.importstring import import_item

from course_grader.cells import is_test
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.execute import TrustedExecute
from course_grader.files import read_notebook
from course_grader.intake.submission import grade_id
from course_grader.marking.tester import TROUBLE


@dataclass(frozen=True)
class Proposal:
    """What a test says now about one group's answer.

    Attributes:
        group: whose.
        notebook: its name.
        task: the test's grade id.
        named: whether the task is one of those to be graded anew.
        before: automatic points in the gradebook.
        now: automatic points.
        given: a tutor's points, which count instead, or `None`.
        old: the cell of the marked notebook.
        new: the cell as it was run now.
    """

    group: str
    notebook: str
    task: str
    named: bool
    before: float | None
    now: float
    given: float | None
    old: Any
    new: Any

    @property
    def differs(self) -> bool:
        """Whether the automatic points change."""
        return self.before is None or abs(self.before - self.now) > 1e-9


def notebooks_of(course: Course, sheet: str, tasks: Iterable[str]) -> frozenset[str]:
    """The notebooks that hold the tests of these names."""
    tests: dict[str, str] = {}
    others = set()
    for name in course.notebooks(sheet):
        for cell in read_notebook(course.source / sheet / f"{name}.ipynb").cells:
            if is_test(cell):
                tests[grade_id(cell)] = name
            else:
                others.add(grade_id(cell))
    for task in sorted(tasks):
        if task not in tests:
            like = get_close_matches(task, tests, n=1, cutoff=0.5)
            hint = f"did you mean {like[0]}? " if like else ""
            what = "is no test but a cell that students fill in" if task in others else "is unknown"
            raise CourseError(
                f"the task {task!r} {what}; {hint}tests of {sheet}: {', '.join(sorted(tests))}"
            )
    return frozenset(tests[task] for task in tasks)


def steps(course: Course, kinds: tuple[type[Any], ...]) -> list[Any]:
    """The course's preprocessors for marked notebooks that are of these kinds."""
    found = [import_item(str(step)) for step in course.config.Autograde.autograde_preprocessors]
    return [step(config=course.config) for step in found if issubclass(step, kinds)]


def finished(course: Course, notebook: Any) -> Any:
    """A notebook that was run, as nbgrader would store it: points tidy, outputs harmless."""
    writers = (TrustedExecute, Execute, SaveAutoGrades, AssignLatePenalties)
    resources: dict[str, Any] = {"nbgrader": {}}
    done = copy.deepcopy(notebook)
    for name in course.config.Autograde.autograde_preprocessors:
        kind = import_item(str(name))
        if not issubclass(kind, writers):
            done, resources = kind(config=course.config)(done, resources)
    return done


def failed(test: Any) -> bool:
    """Whether a test broke down, which says nothing about the answer."""
    return any(out.output_type == "error" and out.ename == TROUBLE for out in test.outputs)
