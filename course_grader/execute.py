"""Students' notebooks in nbgrader: run in the sandbox, marked by tests outside of it.

`TrustedExecute` takes the place of nbgrader's `Execute` in `c.Autograde.autograde_preprocessors`:
`nbgrader autograde`, the formgrader's button and `genlhc grade` all mark in the same way.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from course_grader.cells import is_test, secret_of
from course_grader.converting import gradebook_free
from course_grader.course import Course
from course_grader.handout import place, shown
from course_grader.imports import imported, imported_later
from course_grader.intake.beside import room_files
from course_grader.marking.budgets import budgets
from course_grader.marking.given import answers_of, given_for
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import server_for
from course_grader.release.masters import master_of
from course_grader.sandbox.bubblewrap import Limits, View

_executed: ContextVar[Mapping[str, Any] | None] = ContextVar("executed", default=None)


@contextmanager
def executed(notebooks: Mapping[str, Any]) -> Iterator[None]:
    """Within this block, notebooks that have been run already are not run again.

    Args:
        notebooks: those that were run, by name.
    """
    token = _executed.set(notebooks)
    try:
        yield
    finally:
        _executed.reset(token)


class TrustedExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Runs a notebook in a sandbox; the master's grade cells run outside, on remote answers."""

    call_seconds = Float(300.0, help="Seconds that one call of an answer by a test may take.").tag(
        config=True
    )
    cell_seconds = Float(600.0, help="Seconds that a cell, or a test, may take.").tag(config=True)
    notebook_seconds = Float(1800.0, help="Seconds for all cells of a notebook together.").tag(
        config=True
    )
    memory = Integer(4 << 30, help="Bytes of memory for a submission.").tag(config=True)
    disk = Integer(1 << 30, help="Bytes of scratch space for a submission.").tag(config=True)
    processes = Integer(64, help="Processes of a submission at a time.").tag(config=True)
    output = Integer(1 << 20, help="Bytes that a cell may show; the rest is cut.").tag(config=True)
    unsafe = Bool(False, help="Run without a sandbox, where there is no bubblewrap.").tag(
        config=True
    )

    @property
    def limits(self) -> Limits:
        """What a submission may use up."""
        return Limits(
            self.call_seconds, self.cell_seconds, self.notebook_seconds, self.memory, self.disk,
            self.processes, self.output,
        )  # fmt: skip

    def plan(self, course: Course, sheet: str, notebooks: Mapping[str, Any]) -> Plan:
        """How this course's submissions are run.

        Args:
            course: the course.
            sheet: the assignment, whose solutions may set other budgets.
            notebooks: the masters by name, whose imports are made ready.
        """
        modules: dict[bool, set[str]] = {False: set(), True: set()}
        for cell in (cell for notebook in notebooks.values() for cell in notebook.cells):
            if cell.cell_type == "code":
                modules[is_test(cell)] |= imported(cell.source)
        known = {
            name: master_of(course, sheet, name)
            for name in notebooks
            if (course.source / sheet / f"{name}.ipynb").is_file()
        }
        given = {name: given_for(solution.cells) for name, solution in known.items()}
        answers = {name: sorted(answers_of(solution.cells)) for name, solution in known.items()}
        pieces = [one for cells in given.values() for every in cells.values() for one in every]
        modules[True] = modules[True].union(*(imported(piece.source) for piece in pieces))
        hidden = tuple(Path(name).stem for name in course.settings.checks)
        view = View(shown(course, sheet), hidden, place(course, sheet))
        for names in modules.values():  # once for all submissions, also what is imported late
            names |= imported_later(names, course.root)
        needed, tested = (tuple(sorted(modules[kind])) for kind in (False, True))
        special = {name: budgets(solution) for name, solution in known.items()}
        secrets = {name: secret_of(solution) for name, solution in known.items()}
        return Plan(
            course.root, view, needed, tested, self.limits, special, secrets, given, answers,
            unsafe=self.unsafe,
        )  # fmt: skip

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Fills the outputs of the cells in place."""
        ready = (_executed.get() or {}).get(resources.get("unique_key", ""))
        if ready is not None and _code(ready) == _code(nb):
            for cell, done in zip(nb.cells, ready.cells, strict=True):
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = done.outputs, done.execution_count
            return nb, resources
        known = resources["nbgrader"]
        name, sheet = known["notebook"], known["assignment"]
        course = Course.open(Path.cwd())
        plan = self.plan(course, sheet, {name: nb})
        server = server_for(plan.root, plan.test_modules, self.memory)
        with gradebook_free(), room_files(course, sheet, known["student"]) as files:
            run_submission({name: nb}, plan, server, files=files)
        return nb, resources


def _code(notebook: Any) -> list[tuple[str, str]]:
    return [
        (cell.cell_type, cell.source if cell.cell_type == "code" else "") for cell in notebook.cells
    ]
