"""Grading some tasks anew after their checks were mended: first what would change, then the change.

The notebooks run as always, since an answer needs the cells before it, but nothing is entered
before somebody has agreed, and then only what the named tests say. All other points, outputs and
everything that a tutor gave stay as they are.
"""

import copy
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from nbgrader.preprocessors import AssignLatePenalties, Execute, SaveAutoGrades
from nbgrader.utils import compute_checksum, determine_grade
from traitlets.utils.importstring import import_item

from course_grader.cells import is_test
from course_grader.console import Console
from course_grader.converting import gradebook_held
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.execute import TrustedExecute
from course_grader.files import notebook_text, read_notebook, write_whole
from course_grader.grading.classroom import Classroom
from course_grader.grading.grade import Grading
from course_grader.grading.job import GroupResult, Job
from course_grader.grading.state import read_record, write_record
from course_grader.grading.timings import Outlook
from course_grader.intake.submission import GRADED, grade_id, lay_out
from course_grader.marking.kept_marks import enter
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


class Regrading(Grading):
    """One run over some tasks of a sheet: `propose`, then `write`.

    Args:
        course: the course.
        sheet: the assignment.
        tasks: grade ids of the tests.
        console: where progress is shown.

    Raises:
        CourseError: a task is unknown or is marked by a tutor.
    """

    def __init__(
        self, course: Course, sheet: str, tasks: Sequence[str], console: Console | None = None
    ) -> None:
        super().__init__(course, sheet, console)
        self.tasks = frozenset(tasks)
        self.notebooks = _notebooks_of(course, sheet, self.tasks)
        self.left: list[str] = []  # what could not be graded anew, and why
        self._proposals: list[Proposal] = []
        self._solved: dict[str, Any] = {}

    def propose(
        self, groups: Sequence[str] = (), *, workers: int | None = None, scheduler: str = ""
    ) -> list[Proposal]:
        """Runs the notebooks of the tasks; enters nothing.

        Args:
            groups: only these.
            workers: how many groups at a time.
            scheduler: address of a Dask scheduler.

        Returns:
            What every test of these notebooks says, in the order of groups.

        Raises:
            CourseError: as in `Grading.run`.
        """
        self.run(groups, workers=workers, scheduler=scheduler)
        self.left.sort()
        return sorted(self._proposals, key=lambda one: (one.group, one.notebook))

    def write(self, proposals: Iterable[Proposal]) -> None:
        """Enters the points of the named tasks, a notebook of a group at a time.

        If it is cut off, what is entered is whole, and the same command does the rest.

        Raises:
            CourseError: solutions or checks changed since `propose`.
        """
        digests = dict(self.digests)
        super()._learn(self._solutions())
        if digests != self.digests:
            raise CourseError(
                "solutions or checks changed while this waited; nothing was written: "
                "give the command again"
            )
        chosen: dict[tuple[str, str], list[Proposal]] = defaultdict(list)
        for one in proposals:
            if one.named:
                chosen[one.group, one.notebook].append(one)
        for (group, notebook), found in chosen.items():
            self._enter(group, notebook, found)

    def _learn(self, solutions: dict[str, Any]) -> None:
        """Makes the sheet as it is now, but leaves the gradebook alone."""
        course = self.course
        config = copy.deepcopy(course.config)
        with tempfile.TemporaryDirectory() as folder:
            config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
            self.course = replace(course, config=config)
            try:
                super()._learn(solutions)
            finally:
                self.course = course

    def _job(self, group: str, force: bool) -> Job:
        del force
        job = super()._job(group, force=True)
        job.record = copy.deepcopy(job.record)
        job.todo = []
        for one in job.handed:
            before = job.record.get(one.name)
            if one.name not in self.notebooks or one.status != GRADED:
                continue
            if (
                before is not None
                and (before.status, before.submitted) == (GRADED, one.digest)
                and self._marked(group, one.name).is_file()
            ):
                job.todo.append(one.name)
            else:
                self.left.append(
                    f"{group} {one.name}: was not graded as it is now in "
                    f"{self.course.submitted.name}/; run `genlhc grade {self.sheet}` for it"
                )
        return job

    def _grade(self, job: Job, room: Classroom, outlook: Outlook) -> GroupResult:
        result = GroupResult(job.group, job.record)
        if not job.todo:
            return result
        intake = lay_out(self.course, self.sheet, job.group, job.handed)
        ready = self._run(job, room, intake, result, outlook)
        for one in job.to_run():
            if one.name in ready:
                self._compare(job.group, one.name, ready[one.name])
        self.left += [
            f"{job.group} {one.name}: {one.reason}" for one in job.handed
            if one.name in job.todo and one.name not in ready
        ]  # fmt: skip
        return result

    def _lost(self, job: Job, reason: str) -> GroupResult:
        self.left.append(f"{job.group}: left as it was: {reason}")
        return GroupResult(job.group, job.record)

    def _compare(self, group: str, name: str, notebook: Any) -> None:
        """Notes what the tests of a notebook say now."""
        done = _finished(self.course, notebook)
        old = {grade_id(cell): cell for cell in read_notebook(self._marked(group, name)).cells}
        with gradebook_held(), self.course.gradebook() as gradebook:
            for cell in (cell for cell in done.cells if is_test(cell)):
                task = grade_id(cell)
                grade = gradebook.find_grade(task, name, self.sheet, group)
                points = float(determine_grade(cell)[0])
                if task in self.tasks and points < (grade.auto_score or 0.0) and _failed(cell):
                    self.left.append(
                        f"{group} {name}: left as it was, since the test {task} itself failed"
                    )
                    continue
                self._proposals.append(
                    Proposal(
                        group, name, task, task in self.tasks, grade.auto_score, points,
                        grade.manual_score, old.get(task), cell,
                    )
                )  # fmt: skip

    def _enter(self, group: str, name: str, found: list[Proposal]) -> None:
        """Puts one notebook's points into the gradebook and its outputs into the marked copy."""
        path = self._marked(group, name)
        marked = read_notebook(path)
        known = {
            "notebook": name, "assignment": self.sheet, "student": group,
            "db_url": self.course.db_url,
        }  # fmt: skip
        with gradebook_held():
            with self.course.gradebook() as gradebook:
                for one in found:
                    grade = gradebook.find_grade(one.task, name, self.sheet, group)
                    enter(gradebook.db, grade, one.new)
                gradebook.db.commit()
            for step in _steps(self.course, (AssignLatePenalties,)):
                step.preprocess(marked, {"nbgrader": known})
        new = {one.task: one.new for one in found}
        for cell in marked.cells:
            if grade_id(cell) in new:
                fresh = new[grade_id(cell)]
                cell.source, cell.outputs = fresh.source, fresh.outputs
                cell.execution_count = fresh.execution_count
                cell.metadata.nbgrader = fresh.metadata.nbgrader
                cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        write_whole(path, notebook_text(marked))
        record = read_record(self.course, self.sheet, group)
        record[name].master = self.digests[name]
        record[name].unsafe |= bool(self.course.config.TrustedExecute.get("unsafe", False))
        write_record(self.course, self.sheet, group, record)


def _notebooks_of(course: Course, sheet: str, tasks: Iterable[str]) -> frozenset[str]:
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


def _steps(course: Course, kinds: tuple[type[Any], ...]) -> list[Any]:
    """The course's preprocessors for marked notebooks that are of these kinds."""
    found = [import_item(str(step)) for step in course.config.Autograde.autograde_preprocessors]
    return [step(config=course.config) for step in found if issubclass(step, kinds)]


def _finished(course: Course, notebook: Any) -> Any:
    """A notebook that was run, as nbgrader would store it: points tidy, outputs harmless."""
    writers = (TrustedExecute, Execute, SaveAutoGrades, AssignLatePenalties)
    resources: dict[str, Any] = {"nbgrader": {}}
    done = copy.deepcopy(notebook)
    for name in course.config.Autograde.autograde_preprocessors:
        kind = import_item(str(name))
        if not issubclass(kind, writers):
            done, resources = kind(config=course.config)(done, resources)
    return done


def _failed(test: Any) -> bool:
    """Whether a test broke down, which says nothing about the answer."""
    return any(out.output_type == "error" and out.ename == TROUBLE for out in test.outputs)
