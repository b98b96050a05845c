"""Grading a sheet: every group, every notebook, each on its own.

A notebook is run again only when it, the solution it is marked with, or the hidden tests have
changed. Several groups run at the same time, each in a sandbox of its own; the gradebook is written
by one thread at a time.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from course_grader.bounded import at_a_time, get_ready
from course_grader.console import Console, Silent
from course_grader.converting import ConverterError, nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.execute import TrustedExecute
from course_grader.files import read_notebook
from course_grader.gradebook import one_engine
from course_grader.grading.autograde import (
    autograde,
    give_nothing,
    run_trouble,
    sources,
    with_sources,
)
from course_grader.grading.checks_digest import checks_digest
from course_grader.grading.classroom import Classroom, prepare
from course_grader.grading.handed import handed_in, is_registered, solutions_of
from course_grader.grading.job import NEW, GroupResult, Job
from course_grader.grading.lost import CONTAINED, contained, without_result
from course_grader.grading.state import (
    NAME,
    NotebookRecord,
    content_digest,
    read_record,
    write_record,
)
from course_grader.grading.timings import Outlook, Timings, kind_of
from course_grader.intake.beside import forget_files, room_files
from course_grader.intake.reading import READ
from course_grader.intake.submission import GRADED, UNGRADABLE, Handed, lay_out
from course_grader.marking.plain_cells import remark_on
from course_grader.release.release import generated
from course_grader.sandbox.bubblewrap import sandboxed

_KEPT = 20  # groups whose notebooks stay in memory until they are graded


class Grading:
    """One run over a sheet's submissions.

    Args:
        course: the course.
        sheet: the assignment.
        console: where progress is shown.
    """

    def __init__(self, course: Course, sheet: str, console: Console | None = None) -> None:
        self.course = course
        self.sheet = sheet
        self.console = console or Silent()
        self.timings = Timings(course, sheet)
        self.masters: dict[str, Any] = {}
        self.sources: dict[str, dict[str, str]] = {}
        self.digests: dict[str, str] = {}
        self.stopped = False

    def run(
        self,
        groups: Sequence[str] = (),
        *,
        force: bool = False,
        workers: int | None = None,
        scheduler: str = "",
    ) -> list[GroupResult]:
        """Grades what is new or changed.

        Args:
            groups: only these; by default all that handed something in.
            force: also what has not changed.
            workers: how many groups at a time; by default one a core, at most four.
            scheduler: address of a Dask scheduler that takes the place of workers here.

        Raises:
            CourseError: nothing handed in, an unknown group, or solutions that cannot be used.
        """
        there = self.course.groups(self.sheet)
        if not there and (misnamed := self.course.misnamed()):
            raise CourseError(misnamed[0])
        unknown = sorted(set(groups) - set(there))
        if unknown or not there:
            raise CourseError(
                f"no submission of {', '.join(unknown) or 'any group'} for {self.sheet}: expected "
                f"{self.course.submitted.name}/<group>/{self.sheet}/; "
                f"groups there: {', '.join(there) or 'none'}"
            )
        solutions = solutions_of(self.course, self.sheet)
        runs = TrustedExecute(config=self.course.config)
        plan = runs.plan(self.course, self.sheet, solutions)
        if not plan.unsafe:
            sandboxed(plan.view, plan.limits)  # before anything is touched
        if not scheduler:
            prepare(plan)  # it gets ready while the sheet is registered
        get_ready(READ)
        self._learn(solutions)
        with ThreadPoolExecutor(at_a_time()) as readers:
            every = enumerate(groups or there)
            jobs = list(readers.map(lambda one: self._known(one[1], force, one[0] < _KEPT), every))
        cells = {(job.group, name): known for job in jobs for name, known in job.cells.items()}
        workers = min(workers or at_a_time(), len(jobs))
        with (
            nbgrader_house(self.course.root),
            one_engine(),
            self.console.work(f"grading {self.sheet}", 1.0) as work,
            Classroom(plan, workers, scheduler) as room,
            ThreadPoolExecutor(room.workers + 1) as pool,
        ):
            outlook = Outlook(
                work, lambda key: self.timings.expect(key[1], *cells.get(key, NEW)), cells
            )
            longest_first = sorted(jobs, key=self._seconds, reverse=True)
            try:
                results = list(pool.map(lambda job: self._fetch(job, room, outlook), longest_first))
            except BaseException:
                self.stopped = True
                pool.shutdown(wait=False, cancel_futures=True)
                room.stop()
                raise
            finally:
                self.timings.save()
        return sorted(results, key=lambda result: result.group)

    def _learn(self, solutions: dict[str, Any]) -> None:
        """Registers the sheet as the solutions are now."""
        checks = checks_digest(self.course, solutions.values())
        with generated(self.course, self.sheet, register=True) as made:
            for name, solution in solutions.items():
                self.masters[name] = read_notebook(made / f"{name}.ipynb")
                self.sources[name] = sources(self.course, self.sheet, name)
                self.digests[name] = content_digest(solution, checks)

    def _job(self, group: str, force: bool) -> Job:
        handed = handed_in(self.course, self.sheet, group, self.masters)
        record = read_record(self.course, self.sheet, group)
        if not is_registered(self.course, self.sheet, group):
            record = {}
        todo = [one.name for one in handed if force or self._changed(group, one, record)]
        return Job(group, handed, todo, record)

    def _known(self, group: str, force: bool, keep: bool) -> Job:
        return self._job(group, force).look_over(self.masters, keep=keep)

    def _changed(self, group: str, one: Handed, record: dict[str, NotebookRecord]) -> bool:
        before = record.get(one.name)
        if before is None or not before.holds(one, self.digests[one.name]):
            return True
        return one.status == GRADED and not self._marked(group, one.name).is_file()

    def _marked(self, group: str, name: str) -> Path:
        return self.course.autograded / group / self.sheet / f"{name}.ipynb"

    def _fetch(self, job: Job, room: Classroom, outlook: Outlook) -> GroupResult:
        """Grades a group's notebooks, which are read again if they were put away."""
        try:
            job.handed = job.handed or handed_in(self.course, self.sheet, job.group, self.masters)
            return self._grade(job, room, outlook)
        except CONTAINED as error:
            self.course.log.exception("%s", job.group)
            return self._lost(job, contained(error))
        finally:
            job.handed = []

    def _lost(self, job: Job, reason: str) -> GroupResult:
        """A group that nothing could be done for; nothing is stored, so that it is tried again."""
        return GroupResult(job.group, without_result(self.course, self.sheet, job, reason))

    def _seconds(self, job: Job) -> float:
        known = job.cells.items()
        return sum(sum(self.timings.expect(name, *cells).values()) for name, cells in known)

    def _grade(self, job: Job, room: Classroom, outlook: Outlook) -> GroupResult:
        """Grades one group; whatever happens in it stays in it."""
        result = GroupResult(job.group, job.record)
        if job.todo:
            for name in job.todo:
                result.record.pop(name, None)  # if this is cut off, it is graded next time
            write_record(self.course, self.sheet, job.group, result.record)
            intake = lay_out(self.course, self.sheet, job.group, job.handed)
            for one in job.handed:
                if one.name in job.todo:
                    result.record[one.name] = NotebookRecord(
                        one.digest, one.files, self.digests[one.name], one.status, one.reason,
                        one.remarks, unsafe=room.plan.unsafe,
                    )  # fmt: skip
            forget_files(self.course.autograded / job.group / self.sheet, NAME)
            ready = self._run(job, room, intake, result, outlook)
            for one in job.to_run():
                self._mark(job.group, one, intake, ready, result)
            absent = [one.name for one in job.handed if one.status != GRADED]
            give_nothing(self.course, self.sheet, job.group, absent)
            write_record(self.course, self.sheet, job.group, result.record)
        return result

    def _run(
        self, job: Job, room: Classroom, intake: Path, result: GroupResult, outlook: Outlook
    ) -> dict[str, Any]:
        """Runs the notebooks of a group; if that fails, a person has to look at them."""
        ready = {one.name: with_sources(one.notebook, self.sources[one.name])
                 for one in job.to_run()}  # fmt: skip
        if not ready:
            return {}
        kinds = {name: kind_of(one, self.masters[name]) for name, one in ready.items()}

        def heard(name: str, cell: str, seconds: float, following: str) -> None:
            outlook.cell((job.group, name), cell, seconds, f"{job.group} {name}: {following}")
            self.timings.add(name, kinds[name], cell, seconds)

        for name in ready:
            outlook.begin((job.group, name), f"{job.group} {name}")
        try:
            laid = intake / job.group / self.sheet
            with room_files(self.course, self.sheet, job.group, laid) as files:
                done = room.run(job.group, ready, files, heard)
        except CourseError:
            raise
        except Exception as error:
            self.course.log.exception("%s", job.group)
            for one in job.to_run():
                one.status = result.record[one.name].status = UNGRADABLE
                text = f"{one.name}.ipynb could not be run: {type(error).__name__}: {error}"
                one.reason = result.record[one.name].reason = text
            return {}
        finally:
            for name in ready:
                outlook.end((job.group, name))
            if self.stopped:
                raise KeyboardInterrupt
        for text in result.note(done):
            self.course.log.warning("%s", text)
        return done.notebooks

    def _mark(
        self, group: str, one: Handed, intake: Path, ready: dict[str, Any], result: GroupResult
    ) -> None:
        """Lets nbgrader enter the points of a notebook that was run."""
        record = result.record[one.name]
        try:
            autograde(self.course, self.sheet, group, one.name, intake, ready)
            cells = read_notebook(self._marked(group, one.name)).cells
            record.trouble = record.trouble or run_trouble(cells)
            record.remarks += remark_on(cells)
            result.ran.append(one.name)
        except (ConverterError, OSError) as error:
            one.status = record.status = UNGRADABLE
            record.reason = one.reason = f"{one.name}.ipynb could not be graded: {error}"
        except BaseException:  # cut off: what nbgrader left there is not marked
            self._marked(group, one.name).unlink(missing_ok=True)
            raise
