"""Grading some tasks anew after their checks were mended: first what would change, then the change.

The notebooks run as always, since an answer needs the cells before it, but nothing is entered
before somebody has agreed, and then only what the named tests say. All other points, outputs and
everything that a tutor gave stay as they are.
"""

import copy
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade

from course_grader.cells import is_test
from course_grader.console import Console
from course_grader.converting import gradebook_held
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import notebook_text, read_notebook, write_whole
from course_grader.grading.classroom import Classroom
from course_grader.grading.grade import Grading
from course_grader.grading.handed import solutions_of
from course_grader.grading.job import GroupResult, Job
from course_grader.grading.proposals import Proposal, failed, finished, notebooks_of, steps
from course_grader.grading.state import read_record, write_record
from course_grader.grading.timings import Outlook
from course_grader.intake.submission import GRADED, grade_id, lay_out
from course_grader.marking.kept_marks import enter
from course_grader.naming import word


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
        self.notebooks = notebooks_of(course, sheet, self.tasks)
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
        super()._learn(solutions_of(self.course, self.sheet))
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
                and before.status == GRADED
                and before.is_of(one)
                and self._marked(group, one.name).is_file()
            ):
                job.todo.append(one.name)
            else:
                self.left.append(
                    f"{group} {one.name}: was not graded as it is now in "
                    f"{self.course.submitted.name}/; run `genlhc grade {word(self.sheet)}` for it"
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
        done = finished(self.course, notebook)
        old = {grade_id(cell): cell for cell in read_notebook(self._marked(group, name)).cells}
        with gradebook_held(), self.course.gradebook() as gradebook:
            for cell in (cell for cell in done.cells if is_test(cell)):
                task = grade_id(cell)
                grade = gradebook.find_grade(task, name, self.sheet, group)
                points = float(determine_grade(cell)[0])
                if task in self.tasks and points < (grade.auto_score or 0.0) and failed(cell):
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
            for step in steps(self.course, (AssignLatePenalties,)):
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
