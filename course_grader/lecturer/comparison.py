"""The same hand-in under nbgrader's own execution: does each task get the same points?

nbgrader runs cells and tests in one kernel, with all rights of who runs it, so only a lecturer's
own answers may come here. Where the points differ, a test asks for something that does not travel
between an answer and a test, or finds what the test's kernel has and the sandbox has not.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade
from traitlets import Instance, Type

from course_grader.cells import is_test
from course_grader.console import Console
from course_grader.course import Course
from course_grader.execute import TrustedExecute
from course_grader.files import read_notebook
from course_grader.grading.autograde import sources, with_sources
from course_grader.results.report import Row, lost_points
from course_notebooks.executing import ThisPython, environment
from course_notebooks.terminal import Table


@dataclass(frozen=True)
class Compared:
    """A task that a test marks, by nbgrader and by us.

    Attributes:
        notebook: without suffix.
        task: its grade id.
        most: points that can be had.
        by_nbgrader: points under its own execution; `None` if the notebook did not run to the end.
        ours: points that the sandboxed answers got.
        reason: why they differ, or why points are missing in both.
    """

    notebook: str
    task: str
    most: float
    by_nbgrader: float | None
    ours: float | None
    reason: str

    @property
    def is_same(self) -> bool:
        """Whether both give the same points."""
        if self.by_nbgrader is None or self.ours is None:
            return False
        return abs(self.by_nbgrader - self.ours) < 1e-9


class _Execute(Execute):  # type: ignore[misc]
    """nbgrader's own, in a kernel of this very Python that finds the modules of the course."""

    kernel_manager_class = Type(ThisPython, klass=AsyncKernelManager)
    root = Instance(Path)

    def setup_kernel(self, **options: Any) -> AbstractContextManager[Any]:
        """Starts the kernel."""
        quiet = {"stdout": DEVNULL, "stderr": DEVNULL}
        kernel: AbstractContextManager[Any] = super().setup_kernel(
            env=environment(self.root), **quiet, **options
        )
        return kernel


Points = dict[tuple[str, str], tuple[float | None, str]]


def handed_in(course: Course, sheet: str, group: str) -> dict[str, Any]:
    """A group's notebooks, with the master's tests as the gradebook has them.

    Args:
        course: the course, with the sheet released.
        sheet: the assignment.
        group: whose they are.
    """
    folder = course.submitted / group / sheet
    return {
        name: with_sources(read_notebook(folder / f"{name}.ipynb"), sources(course, sheet, name))
        for name in course.notebooks(sheet)
    }


def by_nbgrader(course: Course, sheet: str, notebooks: Mapping[str, Any]) -> Points:
    """Points, and why some are missing, under nbgrader's own execution, by notebook and task.

    The notebooks run in a copy of the released folder. Points of one that could not be run to its
    end are `None`.

    Args:
        course: the course.
        sheet: the assignment.
        notebooks: trusted ones, see `handed_in`; their outputs are filled in.
    """
    found: Points = {}
    seconds = round(TrustedExecute(config=course.config).cell_seconds)
    with (
        tempfile.TemporaryDirectory(dir=course.root, prefix=".nbgrader-") as home,
        closing(ensure_event_loop()),  # of this thread, where nbgrader talks to kernels
    ):
        folder = shutil.copytree(course.release / sheet, Path(home, sheet))
        for name, notebook in notebooks.items():
            stopped = ""
            try:
                runs = _Execute(root=course.root, timeout=seconds)
                runs.preprocess(notebook, {"metadata": {"path": str(folder)}})
            except (RuntimeError, OSError) as error:  # such as a kernel that died
                stopped = f"nbgrader gave up: {error}"
            for cell in filter(is_test, notebook.cells):
                task = str(cell.metadata.nbgrader.grade_id)
                found[name, task] = (None, stopped) if stopped else _given(cell)
    return found


def _given(cell: Any) -> tuple[float | None, str]:
    """What nbgrader makes of a test that ran; it gives up if that is more than there is."""
    try:
        return float(determine_grade(cell)[0] or 0.0), lost_points(cell)
    except ValueError as error:
        return None, f"nbgrader gave up: {error}"


def compared(theirs: Points, ours: Iterable[Row]) -> list[Compared]:
    """Each task that a test marks, as nbgrader and as we mark it.

    Args:
        theirs: see `by_nbgrader`.
        ours: a group's rows; those of tasks that a tutor marks are left out.
    """
    return [
        Compared(row.notebook, row.task, row.max_score, points, row.score, row.reason or reason)
        for row in ours
        if (row.notebook, row.task) in theirs
        for points, reason in [theirs[row.notebook, row.task]]
    ]


def show(found: list[Compared], console: Console) -> None:
    """Says that all tasks have the same points, or prints a table of those that differ."""
    differing = [one for one in found if not one.is_same]
    if not differing:
        said = (
            f"The solution gets the same points under nbgrader's own execution: {len(found)} tasks."
        )
        console.say(said)
        return
    table = Table(title="Other points under nbgrader's own execution", title_justify="left")
    table.add_column("notebook, task", overflow="fold")
    table.add_column("most", justify="right", no_wrap=True)
    table.add_column("by nbgrader", justify="right", no_wrap=True)
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("reason", ratio=1)
    for one in differing:
        points = ("-" if given is None else f"{given:g}" for given in (one.by_nbgrader, one.ours))
        table.add_row(f"{one.notebook}, {one.task}", f"{one.most:g}", *points, one.reason)
    console.table(table)
